// Command revoke revokes a token at Kinde for a signed-in user, with the credentials of
// the application that the token was issued to, which stay on the server. Kinde revokes
// that application's tokens alone. A token that was not revoked is never reported as
// revoked.
package main

import (
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/lambdahttp"
)

var function = endpoint.API("revoke", build)

func main() { lambdahttp.Start(function.Handler()) }

func build(s *endpoint.Services) (endpoint.Handlers, error) {
	set := s.Settings
	v := revoke{
		kinde: s.Kinde, verifier: s.Verifier,
		app: kinde.App{ID: set.ClientID, Secret: set.ClientSecret}, device: kinde.App{ID: set.DeviceClientID},
	}
	return endpoint.Handlers{"POST /api/revoke": {Serve: v.serve}}, nil
}
