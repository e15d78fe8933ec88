// Command account hands a signed-in person several parts of their account in
// one round trip. It defends the whole against its parts: one that fails or is
// slow takes none of the others with it, and all share one deadline.
package main

import (
	"kinde-functions/shared/config"
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/lambdahttp"
)

var function = endpoint.Function{
	Name:     "account",
	Settings: config.Of("account"),
	Build:    build,
	CORS:     endpoint.AllowOrigins,
}

func main() { lambdahttp.Start(function.Handler()) }

func build(s *config.Settings) (endpoint.Parts, error) {
	callers, client, err := endpoint.Connect(s)
	return endpoint.Parts{
		Callers:  callers,
		Handlers: map[string]endpoint.Handler{"GET /api/account": {Serve: account{partsOf(client)}.show}},
	}, err
}
