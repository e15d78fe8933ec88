// Command entitlements hands a signed-in person what their plans give them, as
// a list or feature by feature. It defends against showing them another's by
// asking Kinde with the caller's own token, and against a key that would lead
// to another path.
package main

import (
	"kinde-functions/shared/config"
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/lambdahttp"
	"kinde-functions/shared/listing"
)

var function = endpoint.Function{
	Name:     "entitlements",
	Settings: config.Of("entitlements"),
	Build:    build,
	CORS:     endpoint.AllowOrigins,
}

func main() { lambdahttp.Start(function.Handler()) }

func build(s *config.Settings) (endpoint.Parts, error) {
	callers, client, err := endpoint.Connect(s)
	return endpoint.Parts{
		Callers: callers,
		Handlers: map[string]endpoint.Handler{
			// GET /api/entitlements?page_size=&starting_after=&all=
			"GET /api/entitlements":       {Serve: listing.Handle(client, kinde.Entitlements)},
			"GET /api/entitlements/{key}": {Serve: entitlements{client}.one},
		},
	}, err
}
