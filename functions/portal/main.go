// Command portal sends a signed-in person's browser to Kinde's self-serve
// portal by a link that works once. It defends against open redirects in both
// directions: where the portal sends people back to, and where the link leads.
package main

import (
	"kinde-functions/shared/config"
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/lambdahttp"
	"kinde-functions/shared/redirect"
)

var function = endpoint.Function{
	Name:     "portal",
	Settings: config.Of("portal"),
	Build:    build,
}

func main() { lambdahttp.Start(function.Handler()) }

func build(s *config.Settings) (endpoint.Parts, error) {
	callers, client, err := endpoint.Connect(s)
	if err != nil {
		return endpoint.Parts{}, err
	}
	returns, err := redirect.NewPolicy(s.Site, s.AllowedOrigins)
	if err != nil {
		return endpoint.Parts{}, err
	}
	after, err := returns.OnSite(s.AfterPortalPath)
	if err != nil {
		return endpoint.Parts{}, config.Faults{{Name: config.AfterPortal.Name(), Why: err.Error()}}
	}
	p := portal{kinde: client, site: s.Site, returns: returns, after: after}
	return endpoint.Parts{
		Callers:  callers,
		Handlers: map[string]endpoint.Handler{"GET /portal": {Serve: p.open, ErrorPage: p.errorPage}},
	}, nil
}
