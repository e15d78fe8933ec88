// Command protected-resource is an API that accepts access tokens with the right
// scopes, those of the device flow among them: the sample that device clients call,
// and the one to copy for an API of your own. It defends what it protects by
// verifying each token by itself, here, and on request at Kinde as well.
package main

import (
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/lambdahttp"
)

var function = endpoint.API("protected-resource", build)

func main() { lambdahttp.Start(function.Handler()) }

func build(s *endpoint.Services) (endpoint.Handlers, error) {
	requires := endpoint.Requirements{Scopes: s.Settings.ProtectedScopes}
	return endpoint.Handlers{"GET /api/protected-resource": {Serve: protected{s.Kinde}.show, Requires: requires}}, nil
}
