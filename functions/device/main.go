// Command device signs users in on devices without a browser, such as a terminal or a
// TV (RFC 8628), and renews their tokens. The client ID is the server's, so that the
// deployment serves no other application. It defends Kinde, and the plan's limits there,
// against devices that poll too often and against guessed codes.
package main

import (
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/lambdahttp"
	"kinde-functions/shared/outbound"
	"kinde-functions/shared/store"
)

var function = endpoint.Function{Name: "device", Build: build, Connect: endpoint.ToStore, CORS: endpoint.AllowOrigins}

func main() { lambdahttp.Start(function.Handler()) }

func build(s *endpoint.Services) (endpoint.Handlers, error) {
	set := s.Settings
	d := device{
		kinde: kinde.New(set.Issuer, set.Management, outbound.New(set.UpstreamTimeout)), client: set.DeviceClientID,
		scopes: set.Scopes, audiences: set.Audiences,
		pace: pace{shared: s.Shared.Store, own: store.NewMemory(maxFlows, nil)},
	}
	return endpoint.Handlers{
		"POST /api/device/authorize": {Serve: d.authorize},
		"POST /api/device/token":     {Serve: d.token},
	}, nil
}
