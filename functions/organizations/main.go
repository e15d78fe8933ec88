// Command organizations returns the organizations that the user belongs to, and which one
// this session is in. They come from the ID token of the sign-in, sealed in the session,
// so that no caller can name one.
package main

import (
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/lambdahttp"
)

var function = endpoint.API("organizations", build)

func main() { lambdahttp.Start(function.Handler()) }

func build(*endpoint.Services) (endpoint.Handlers, error) {
	return endpoint.Handlers{"GET /api/organizations": {Serve: list}}, nil
}
