// Command logout ends a session: here, at Kinde, and in every instance that
// shares a store. It defends against being caused by another site, and against
// an address that leads elsewhere afterwards; it works for people whose session
// is already over.
package main

import (
	"kinde-functions/shared/config"
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/lambdahttp"
)

var function = endpoint.Function{
	Name:     "logout",
	Settings: config.Of("logout"),
	Build:    build,
}

func main() { lambdahttp.Start(function.Handler()) }

func build(s *config.Settings) (endpoint.Parts, error) {
	callers, sessions, err := endpoint.ConnectSessions(s)
	if err != nil {
		return endpoint.Parts{}, err
	}
	after, err := sessions.Returns.OnSite(s.AfterLogoutPath)
	if err != nil {
		return endpoint.Parts{}, config.Faults{{Name: config.AfterLogout.Name(), Why: err.Error()}}
	}
	l := logout{sessions: sessions, after: after}
	return endpoint.Parts{
		Callers:  callers,
		Handlers: map[string]endpoint.Handler{"POST /auth/logout": {Serve: l.end}},
	}, nil
}
