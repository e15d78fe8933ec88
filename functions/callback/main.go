// Command callback completes a sign-in at Kinde: it redeems the code and puts the
// session into sealed cookies. It defends against a sign-in that another browser
// began (state), a code of another sign-in (PKCE), an ID token that is old or of
// another client (nonce and the rules for tokens), against restarts without end,
// and against echoing anything of the URL.
package main

import (
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/lambdahttp"
)

var function = endpoint.Page("callback", build)

func main() { lambdahttp.Start(function.Handler()) }

func build(s *endpoint.Services) (endpoint.Handlers, error) {
	c := callback{s.Sessions}
	return endpoint.Handlers{"GET /auth/callback": {Serve: c.complete, ErrorPage: s.Sessions.ErrorPage}}, nil
}
