// Command introspect reports whether a token of a signed-in user is active, with the
// server's credentials. It keeps these credentials on the server, and introspects the
// tokens of other users only for a caller with a permission in the tokens' organization.
package main

import (
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/lambdahttp"
)

var function = endpoint.API("introspect", build)

func main() { lambdahttp.Start(function.Handler()) }

func build(s *endpoint.Services) (endpoint.Handlers, error) {
	set := s.Settings
	i := introspect{
		kinde: s.Kinde, machine: s.Machine(), verifier: s.Verifier, clients: set.ClientIDs(),
		permission: set.IntrospectionPermission,
	}
	return endpoint.Handlers{"POST /api/introspect": {Serve: i.serve}}, nil
}
