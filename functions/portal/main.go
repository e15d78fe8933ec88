// Command portal sends a signed-in user's browser to Kinde's self-serve portal by a
// one-time link. It defends against open redirects in both directions: where the portal
// leads back to, and where the link leads.
package main

import (
	"kinde-functions/shared/config"
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/lambdahttp"
	"kinde-functions/shared/redirect"
)

var function = endpoint.Page("portal", build)

func main() { lambdahttp.Start(function.Handler()) }

func build(s *endpoint.Services) (endpoint.Handlers, error) {
	set := s.Settings
	returns, err := redirect.NewPolicy(set.Site, set.AllowedOrigins)
	if err != nil {
		return nil, err
	}
	after, err := returns.OnSite(set.AfterPortalPath)
	if err != nil {
		return nil, config.Faults{{Name: config.AfterPortal.Name(), Why: err.Error()}}
	}
	p := portal{kinde: s.Kinde, site: set.Site, returns: returns, after: after}
	return endpoint.Handlers{"GET /portal": {Serve: p.open, ErrorPage: p.errorPage}}, nil
}
