// Command refresh issues tokens with the user's current claims, without a new
// sign-in: after a plan was bought, for example. It refreshes the claims of the caller's
// own id alone, is limited by user, since it spends this service's credentials, and leaves
// the session usable whichever step fails.
package main

import (
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/lambdahttp"
)

var function = endpoint.Page("refresh", build)

func main() { lambdahttp.Start(function.Handler()) }

func build(s *endpoint.Services) (endpoint.Handlers, error) {
	return endpoint.Handlers{"POST /auth/refresh": {Serve: refresh{s.Sessions, s.Machine()}.serve}}, nil
}
