// Command refresh issues tokens with the user's current claims, without a new
// sign-in: after a plan was bought, for example. It refreshes the claims of the caller's
// own id alone, is limited by user, since it spends this service's credentials, and leaves
// the session usable whichever step fails.
package main

import (
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/lambdahttp"
)

var function = endpoint.Page("refresh", build)

func main() { lambdahttp.Start(function.Handler()) }

func build(s *endpoint.Services) (endpoint.Handlers, error) {
	set := s.Settings
	f := refresh{sessions: s.Sessions}
	if set.M2MClientID != "" {
		f.machine = kinde.NewMachine(s.Kinde, set.M2MClientID, set.M2MClientSecret, s.Shared.Store, set.UpstreamTimeout)
	}
	return endpoint.Handlers{"POST /auth/refresh": {Serve: f.serve}}, nil
}
