package kinde

import (
	"context"
	"net/http"
	"net/url"
)

// refreshUserClaims is the Management API's scope for RefreshClaims.
const refreshUserClaims = "update:user_refresh_claims"

// RefreshClaims makes the user's next access tokens carry the claims as they are now
// (POST /api/v1/users/{id}/refresh_claims). Without it, Kinde issues new tokens with the
// claims of the ones before.
func (c *Client) RefreshClaims(ctx context.Context, m *Machine, userID string) error {
	resp, err := c.manage(ctx, m, http.MethodPost, "/api/v1/users/"+url.PathEscape(userID)+"/refresh_claims", nil)
	if err != nil {
		return err
	}
	if !succeeded(resp) {
		return refusalOfMachine(resp, refreshUserClaims)
	}
	return nil
}
