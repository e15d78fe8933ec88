package kinde

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"kinde-functions/shared/problem"
)

// RefreshUserClaims is the Management API's scope for RefreshClaims.
const RefreshUserClaims = "update:user_refresh_claims"

// RefreshClaims makes the user's next access tokens carry the claims as they are now
// (POST /api/v1/users/{id}/refresh_claims). Without it, Kinde issues new tokens with the
// claims of the ones before. m is nil where there is no M2M application, which is an error.
func (c *Client) RefreshClaims(ctx context.Context, m *Machine, userID string) error {
	if m == nil {
		p := problem.New(problem.UpstreamMisconfigured, errors.New("no M2M application refreshes the claims"))
		p.Remedy = "set KINDE_M2M_CLIENT_ID and KINDE_M2M_CLIENT_SECRET; the application needs " + RefreshUserClaims
		return p
	}
	resp, err := c.manage(ctx, m, http.MethodPost, "/api/v1/users/"+url.PathEscape(userID)+"/refresh_claims", nil)
	if err != nil {
		return err
	}
	if !succeeded(resp) {
		return refusalOfMachine(resp, RefreshUserClaims)
	}
	return nil
}
