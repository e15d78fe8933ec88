// Command connected-apps connects a user's account at a third party, such as Google
// Drive, and gives the user's page short-lived tokens for it. It defends the M2M
// application's credentials, which stay here, and users against each other: the owner of
// a connection comes from the verified token alone, and the handle by which Kinde finds
// the connection is given out only sealed for its user, organization and app. Links are
// rate-limited, since each spends the M2M application's credentials.
//
// Kinde does not bind a link to a browser. The user who consents at the third party gives
// access to the user who requested the link.
package main

import (
	"kinde-functions/shared/auth"
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/lambdahttp"
	"kinde-functions/shared/redirect"
)

var function = endpoint.API("connected-apps", build)

func main() { lambdahttp.Start(function.Handler()) }

func build(s *endpoint.Services) (endpoint.Handlers, error) {
	set := s.Settings
	cookies, err := auth.ConnectionCookies(set)
	if err != nil {
		return nil, err
	}
	returns, err := redirect.NewPolicy(set.Site, set.AllowedOrigins)
	if err != nil {
		return nil, err
	}
	a := apps{
		allowed: set.ConnectedApps, cookies: cookies, returns: returns, kinde: s.Kinde, machine: s.Machine(),
	}
	return endpoint.Handlers{
		"GET /api/connected-apps/{app}/connect": {Serve: a.connect},
		"GET /api/connected-apps/{app}/token":   {Serve: a.token},
		"POST /api/connected-apps/{app}/revoke": {Serve: a.revoke},
	}, nil
}
