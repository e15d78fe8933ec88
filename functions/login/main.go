// Command login starts signing in or up at Kinde: authorization code with PKCE.
// It defends the sign-in against being started by a prefetch, on a host that
// cannot finish it, or for a return URL that leads elsewhere; what the callback
// must find again is kept in a sealed cookie of its own.
package main

import (
	"kinde-functions/shared/config"
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/lambdahttp"
)

var function = endpoint.Function{
	Name:     "login",
	Settings: config.Of("login"),
	Build:    build,
}

func main() { lambdahttp.Start(function.Handler()) }

func build(s *config.Settings) (endpoint.Parts, error) {
	_, sessions, err := endpoint.ConnectSessions(s)
	if err != nil {
		return endpoint.Parts{}, err
	}
	after, err := sessions.Returns.OnSite(s.AfterLoginPath)
	if err != nil {
		return endpoint.Parts{}, config.Faults{{Name: config.AfterLogin.Name(), Why: err.Error()}}
	}
	l := login{sessions: sessions, after: after}
	return endpoint.Parts{
		Handlers: map[string]endpoint.Handler{
			"GET /auth/login":    {Serve: l.start, ErrorPage: sessions.ErrorPage},
			"GET /auth/register": {Serve: l.register, ErrorPage: sessions.ErrorPage},
		},
	}, nil
}
