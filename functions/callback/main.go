// Command callback completes a sign-in at Kinde: it redeems the code and puts the
// session into sealed cookies. It defends against a sign-in that another browser
// began (state), a code of another sign-in (PKCE), an ID token that is old or of
// another client (nonce and the rules for tokens), against restarts without end,
// and against echoing anything of the URL.
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
	after, err := sessions.Returns.OnSite(s.AfterLoginPath)
	if err != nil {
		return endpoint.Parts{}, config.Faults{{Name: config.AfterLogin.Name(), Why: err.Error()}}
	}
	c := callback{sessions: sessions, after: after}
	return endpoint.Parts{
		Callers: callers,
		Handlers: map[string]endpoint.Handler{
			"GET /auth/callback": {Serve: c.end, ErrorPage: sessions.ErrorPage},
		},
	}, nil
}
