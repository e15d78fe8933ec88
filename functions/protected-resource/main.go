// Command protected-resource is a sample API that requires access tokens with certain
// scopes and accepts those of the device flow. It verifies each token itself and, on
// request, at Kinde, so that a revoked token is refused.
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
