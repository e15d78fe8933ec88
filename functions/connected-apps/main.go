// Command connected-apps connects a user's account at a third party, such as Google
// Drive, and gives the user's page short-lived tokens for it. It defends the M2M
// application's credentials, which stay here, and users against each other: the owner of
// a connection comes from the verified token alone, and the handle by which Kinde knows
// the connection is given out only sealed for its user, organization and app. Links are
// rate-limited, since each spends the M2M application's credentials.
//
// Kinde does not bind a link to a browser. The user who consents at the third party gives
// access to the user who asked for the link.
package main

import (
	"kinde-functions/shared/config"
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/lambdahttp"
	"kinde-functions/shared/redirect"
)

const name = "connected-apps"

var function = endpoint.Function{
	Name:     name,
	Settings: config.Of(name),
	Build:    build,
	CORS:     endpoint.AllowOrigins,
}

func main() { lambdahttp.Start(function.Handler()) }

func build(s *config.Settings) (endpoint.Parts, error) {
	c, err := endpoint.OpenLimited(s, name)
	if err != nil {
		return endpoint.Parts{}, err
	}
	cookies, err := endpoint.ConnectionCookies(s)
	if err != nil {
		return endpoint.Parts{}, err
	}
	returns, err := redirect.NewPolicy(s.Site, s.AllowedOrigins)
	if err != nil {
		return endpoint.Parts{}, err
	}
	a := apps{
		allowed: s.ConnectedApps, cookies: cookies, returns: returns, kinde: c.Kinde,
		machine: kinde.NewMachine(c.Kinde, s.M2MClientID, s.M2MClientSecret, c.Shared.Store, s.UpstreamTimeout),
	}
	return endpoint.Parts{
		Callers: c.Callers, Limiter: c.Limiter,
		Handlers: map[string]endpoint.Handler{
			"GET /api/connected-apps/{app}/connect": {Serve: a.connect},
			"GET /api/connected-apps/{app}/token":   {Serve: a.token},
			"POST /api/connected-apps/{app}/revoke": {Serve: a.revoke},
		},
	}, nil
}
