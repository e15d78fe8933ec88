// Command user-profile returns the signed-in user's profile in Kinde. It calls Kinde with
// the caller's own token, so that no user sees another's.
package main

import (
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/lambdahttp"
)

var function = endpoint.API("user-profile", build)

func main() { lambdahttp.Start(function.Handler()) }

func build(s *endpoint.Services) (endpoint.Handlers, error) {
	return endpoint.Handlers{"GET /api/user-profile": {Serve: profile{s.Kinde}.show}}, nil
}
