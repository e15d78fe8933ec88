// Command callback ends a sign-in at Kinde: it redeems the code and puts the
// session into sealed cookies. It defends against a sign-in that this browser
// has not begun (state), a code meant for another (PKCE), an ID token that is
// old or foreign (nonce and every rule for tokens), and against repeating
// anything that came in the address.
package main

import (
	"kinde-functions/shared/config"
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/lambdahttp"
)

var function = endpoint.Function{
	Name:     "callback",
	Settings: config.Of("callback"),
	Build:    build,
}

func main() { lambdahttp.Start(function.Handler()) }

func build(s *config.Settings) (endpoint.Parts, error) {
	callers, sessions, err := endpoint.ConnectSessions(s)
	if err != nil {
		return endpoint.Parts{}, err
	}
	c := callback{sessions: sessions}
	return endpoint.Parts{
		Callers: callers,
		Handlers: map[string]endpoint.Handler{
			"GET /auth/callback": {Serve: c.end, ErrorPage: sessions.ErrorPage},
		},
	}, nil
}
