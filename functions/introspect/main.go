// Command introspect reports whether a token of a signed-in user is active, with the
// server's credentials. It keeps these credentials on the server, and introspects the
// tokens of other users only for a caller with a permission in the tokens' organization.
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
		kinde: c.Kinde, verifier: c.Verifier, clients: s.ClientIDs(), permission: s.IntrospectionPermission,
		machine: kinde.NewMachine(c.Kinde, s.M2MClientID, s.M2MClientSecret, c.Shared.Store, s.UpstreamTimeout),
	}
	return endpoint.Parts{
		Callers: c.Callers, Limiter: c.Limiter,
		Handlers: map[string]endpoint.Handler{"POST /api/introspect": {Serve: i.serve}},
	}, nil
}
