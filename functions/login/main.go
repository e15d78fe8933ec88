// Command login starts signing in or up at Kinde: authorization code with PKCE. It refuses
// to start a sign-in for a prefetch, on a host that cannot complete it, or with a return
// URL that leads elsewhere. What the callback must find again is kept in a sealed cookie
// of its own.
package main

import (
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/lambdahttp"
)

var function = endpoint.Page("login", build)

func main() { lambdahttp.Start(function.Handler()) }

func build(s *endpoint.Services) (endpoint.Handlers, error) {
	l := login{s.Sessions}
	return endpoint.Handlers{
		"GET /auth/login":    {Serve: l.start, ErrorPage: s.Sessions.ErrorPage},
		"GET /auth/register": {Serve: l.register, ErrorPage: s.Sessions.ErrorPage},
	}, nil
}
