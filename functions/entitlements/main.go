// Command entitlements returns what the user's plans entitle them to, as a list or feature
// by feature. It asks Kinde with the caller's own token, and refuses a key that would lead
// to another path there.
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
