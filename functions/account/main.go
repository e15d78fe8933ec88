// Command account returns several parts of the user's account in one round trip. It calls
// Kinde with the caller's own token, so that no user sees another's, and a part that fails
// or times out does not affect the others.
package main

import (
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/lambdahttp"
)

var function = endpoint.API("account", build)

func main() { lambdahttp.Start(function.Handler()) }

func build(s *endpoint.Services) (endpoint.Handlers, error) {
	return endpoint.Handlers{"GET /api/account": {Serve: account{partsOf(s.Kinde)}.show}}, nil
}
