// Command session shows a page who is signed in, without tokens.
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
