// Command user-profile hands a signed-in person their profile as Kinde has it.
// It defends against showing one person's profile to another by asking with the
// caller's own token, which it keeps nowhere.
package main

import (
	"kinde-functions/shared/config"
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/lambdahttp"
)

var function = endpoint.Function{
	Name:     "user-profile",
	Settings: config.Of("user-profile"),
	Build:    build,
	CORS:     endpoint.AllowOrigins,
}

func main() { lambdahttp.Start(function.Handler()) }

func build(s *config.Settings) (endpoint.Parts, error) {
	callers, client, err := endpoint.Connect(s)
	if err != nil {
		return endpoint.Parts{}, err
	}
	p := profile{kinde: client}
	return endpoint.Parts{
		Callers:  callers,
		Handlers: map[string]endpoint.Handler{"GET /api/user-profile": {Serve: p.show}},
	}, nil
}
