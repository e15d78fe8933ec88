// Command session tells a page who is signed in: what the frontend may know,
// and no token. It refreshes a session whose access token has expired, as every
// function does.
package main

import (
	"kinde-functions/shared/config"
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/lambdahttp"
)

var function = endpoint.Function{
	Name:     "session",
	Settings: config.Of("session"),
	Build:    build,
	CORS:     endpoint.AllowOrigins,
}

func main() { lambdahttp.Start(function.Handler()) }

func build(s *config.Settings) (endpoint.Parts, error) {
	callers, _, err := endpoint.ConnectSessions(s)
	if err != nil {
		return endpoint.Parts{}, err
	}
	return endpoint.Parts{
		Callers:  callers,
		Handlers: map[string]endpoint.Handler{"GET /api/session": {Serve: who}},
	}, nil
}
