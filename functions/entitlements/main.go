// Command entitlements returns the entitlements of the user's plans, as a list or by key.
// It calls Kinde with the caller's own token, and refuses keys that would change the path
// of that call.
package main

import (
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/lambdahttp"
	"kinde-functions/shared/listing"
)

var function = endpoint.API("entitlements", build)

func main() { lambdahttp.Start(function.Handler()) }

func build(s *endpoint.Services) (endpoint.Handlers, error) {
	return endpoint.Handlers{
		// GET /api/entitlements?page_size=&starting_after=&all=
		"GET /api/entitlements":       {Serve: listing.Handle(s.Kinde, kinde.Entitlements)},
		"GET /api/entitlements/{key}": {Serve: entitlements{s.Kinde}.one},
	}, nil
}
