// Command revoke ends a token at Kinde for a signed-in person, with the server's own
// credentials, which never leave it. Kinde ends no tokens but our application's; a
// token that could not be ended is never called ended.
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
	v := revoke{kinde: c.Kinde, app: kinde.App{ID: s.ClientID, Secret: s.ClientSecret}}
	return endpoint.Parts{
		Callers: c.Callers, Limiter: c.Limiter,
		Handlers: map[string]endpoint.Handler{"POST /api/revoke": {Serve: v.end}},
	}, nil
}
