// Command protected-resource is an API that accepts access tokens with the right
// scopes, those of the device flow among them: the sample that device clients call,
// and the one to copy for an API of your own. It defends what it protects by
// verifying each token by itself, here, and on request at Kinde as well.
package main

import (
	"kinde-functions/shared/config"
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/lambdahttp"
)

const name = "protected-resource"

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
	p := protected{kinde: c.Kinde}
	return endpoint.Parts{
		Callers: c.Callers, Limiter: c.Limiter,
		Handlers: map[string]endpoint.Handler{
			"GET /api/protected-resource": {Serve: p.show, Scopes: s.ProtectedScopes},
		},
	}, nil
}
