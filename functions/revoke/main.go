// Command revoke revokes a token at Kinde for a signed-in user, with the credentials of
// the application that the token was issued to, which stay on the server. Kinde revokes
// that application's tokens alone. A token that was not revoked is never reported as
// revoked.
package main

import (
	"kinde-functions/shared/config"
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/lambdahttp"
)

const name = "revoke"

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
	v := revoke{
		kinde: c.Kinde, verifier: c.Verifier,
		app: kinde.App{ID: s.ClientID, Secret: s.ClientSecret}, device: kinde.App{ID: s.DeviceClientID},
	}
	return endpoint.Parts{
		Callers: c.Callers, Limiter: c.Limiter,
		Handlers: map[string]endpoint.Handler{"POST /api/revoke": {Serve: v.serve}},
	}, nil
}
