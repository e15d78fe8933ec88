package kinde

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"kinde-functions/shared/outbound"
)

// Introspect asks whether a token is in force (RFC 7662), as the machine. The
// answer is Kinde's JSON as sent, or exactly {"active":false} (RFC 7662 section 2.2:
// no more is said of such a token). hint is access_token, refresh_token or empty.
func (c *Client) Introspect(ctx context.Context, m *Machine, token, hint string) (json.RawMessage, error) {
	form := url.Values{"token": {token}}
	if hint != "" {
		form.Set("token_type_hint", hint)
	}
	resp, err := m.do(ctx, outbound.Request{Method: http.MethodPost, URL: c.issuer + "/oauth2/introspect", Form: form})
	if err != nil {
		return nil, err
	}
	if resp.Status < 200 || resp.Status > 299 {
		return nil, refusalOfMachine(resp, "")
	}
	var answer struct{ Active *bool }
	if json.Unmarshal(resp.Body, &answer) != nil || answer.Active == nil {
		return nil, unusable("the introspection does not say whether the token is active")
	}
	if !*answer.Active {
		return json.RawMessage(`{"active":false}`), nil
	}
	return resp.Body, nil
}
