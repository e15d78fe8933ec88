// Command logout ends a session: here, at Kinde, and in every instance that shares a store.
// It refuses requests that another site causes and addresses that lead elsewhere
// afterwards, and works for users whose session has ended.
package main

import (
	"kinde-functions/shared/config"
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/lambdahttp"
)

var function = endpoint.Page("logout", build)

func main() { lambdahttp.Start(function.Handler()) }

func build(s *endpoint.Services) (endpoint.Handlers, error) {
	after, err := s.Sessions.Returns.OnSite(s.Settings.AfterLogoutPath)
	if err != nil {
		return nil, config.Faults{{Name: config.AfterLogout.Name(), Why: err.Error()}}
	}
	l := logout{sessions: s.Sessions, after: after}
	return endpoint.Handlers{"POST /auth/logout": {Serve: l.signOut}}, nil
}
