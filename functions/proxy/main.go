// Command proxy forwards requests to the site's own APIs with the user's access token,
// which the browser never holds.
//
// It defends the APIs and the user against a path that leads out of the API's base, in
// any encoding; against headers and cookies of the client, of which only those that are
// listed are forwarded; against a response that sets cookies, is cached or redirects
// elsewhere; and against requests that another site causes, as every row under /api/.
package main

import (
	"net/http/httputil"
	"slices"

	"kinde-functions/shared/config"
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/lambdahttp"
	"kinde-functions/shared/outbound"
)

var function = endpoint.Function{
	Name: "proxy", Build: build, Connect: endpoint.ToKinde, CORS: endpoint.AllowOriginsToForward,
}

func main() { lambdahttp.Start(function.Handler()) }

func build(s *endpoint.Services) (endpoint.Handlers, error) {
	p := proxy{
		apis:    map[string]config.API{},
		headers: slices.Concat(requestHeaders, s.Settings.ProxyHeaders),
		forward: &httputil.ReverseProxy{
			Rewrite: rewrite, ModifyResponse: limitHeaders, ErrorHandler: keepError,
			Transport: outbound.New(s.Settings.UpstreamTimeout).Transport(),
		},
	}
	for _, api := range s.Settings.ProxyAPIs {
		p.apis[api.Name] = api
	}
	handler := endpoint.Handler{Serve: p.serve}
	return endpoint.Handlers{"ANY /api/proxy/{name}": handler, "ANY /api/proxy/{name}/{path+}": handler}, nil
}
