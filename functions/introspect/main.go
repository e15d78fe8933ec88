// Command introspect tells a signed-in person whether a token of theirs is in force,
// with the server's own credentials. It defends these credentials by keeping them on
// the server, and people by telling nobody about another's token who does not hold
// the permission for it.
package main

import (
	"kinde-functions/shared/config"
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/lambdahttp"
)

const name = "introspect"

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
	i := introspect{
		kinde: c.Kinde, verifier: c.Verifier, permission: s.IntrospectionPermission,
		machine: kinde.NewMachine(c.Kinde, s.M2MClientID, s.M2MClientSecret, c.Shared.Store, s.UpstreamTimeout),
	}
	return endpoint.Parts{
		Callers: c.Callers, Limiter: c.Limiter,
		Handlers: map[string]endpoint.Handler{"POST /api/introspect": {Serve: i.ask}},
	}, nil
}
