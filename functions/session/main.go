// Command session tells a page who is signed in: what the frontend may know, and no token.
// It refreshes a session whose access token has expired, as every function does.
package main

import (
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/lambdahttp"
)

var function = endpoint.API("session", build)

func main() { lambdahttp.Start(function.Handler()) }

func build(*endpoint.Services) (endpoint.Handlers, error) {
	return endpoint.Handlers{"GET /api/session": {Serve: show}}, nil
}
