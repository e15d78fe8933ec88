package kinde

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"kinde-functions/shared/outbound"
)

// Introspect asks Kinde, as the machine, whether a token is active (RFC 7662). It
// returns Kinde's JSON as sent, or exactly {"active":false}: section 2.2 discloses
// nothing else about an inactive token. hint is access_token, refresh_token or empty.
func (c *Client) Introspect(ctx context.Context, m *Machine, token, hint string) (json.RawMessage, error) {
	form := url.Values{"token": {token}}
	if hint != "" {
		form.Set("token_type_hint", hint)
	}
	resp, err := m.do(ctx, outbound.Request{Method: http.MethodPost, URL: c.issuer + "/oauth2/introspect", Form: form})
	if err != nil {
		return nil, err
	}
	if !succeeded(resp) {
		return nil, refusalOfMachine(resp, "")
	}
	var sent struct{ Active *bool }
	if json.Unmarshal(resp.Body, &sent) != nil || sent.Active == nil {
		return nil, unusable("the introspection does not say whether the token is active")
	}
	if !*sent.Active {
		return json.RawMessage(`{"active":false}`), nil
	}
	return resp.Body, nil
}
