// Command connected-apps connects a signed-in person's account at a third party, such
// as their Google Drive, and hands their page short-lived tokens for it. It defends the
// machine's credentials, which stay here, and people against each other: whose
// connection it is comes from the verified token alone, and the handle by which Kinde
// knows one is only ever given out sealed for that person and that app.
package main

import (
	"kinde-functions/shared/config"
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/lambdahttp"
	"kinde-functions/shared/redirect"
)

var function = endpoint.Function{
	Name:     "connected-apps",
	Settings: config.Of("connected-apps"),
	Build:    build,
	CORS:     endpoint.AllowOrigins,
}

func main() { lambdahttp.Start(function.Handler()) }

func build(s *config.Settings) (endpoint.Parts, error) {
	c, err := endpoint.Open(s)
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
		Callers: c.Callers,
		Handlers: map[string]endpoint.Handler{
			"GET /api/connected-apps/{app}/connect": {Serve: a.connect},
			"GET /api/connected-apps/{app}/token":   {Serve: a.token},
			"POST /api/connected-apps/{app}/revoke": {Serve: a.revoke},
		},
	}, nil
}
