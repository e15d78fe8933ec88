// Command device signs users in on devices without a browser, such as a terminal or a
// TV (RFC 8628), and renews their tokens. The client ID is the server's, so that the
// deployment serves no other application. It defends Kinde, and the plan's limits there,
// against devices that poll too often and against guessed codes.
package main

import (
	"kinde-functions/shared/config"
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/lambdahttp"
	"kinde-functions/shared/outbound"
	"kinde-functions/shared/store"
)

const name = "device"

var function = endpoint.Function{
	Name:     name,
	Settings: config.Of(name),
	Build:    build,
	CORS:     endpoint.AllowOrigins,
}

func main() { lambdahttp.Start(function.Handler()) }

func build(s *config.Settings) (endpoint.Parts, error) {
	shared, err := endpoint.Share(s)
	if err != nil {
		return endpoint.Parts{}, err
	}
	limiter, err := shared.Limiter(s, name)
	if err != nil {
		return endpoint.Parts{}, err
	}
	d := device{
		kinde: kinde.New(s.Issuer, s.Management, outbound.New(s.UpstreamTimeout)), client: s.DeviceClientID,
		scopes: s.Scopes, audiences: s.Audiences,
		pace: pace{shared: shared.Store, own: store.NewMemory(maxFlows, nil)},
	}
	return endpoint.Parts{
		Limiter: limiter,
		Handlers: map[string]endpoint.Handler{
			"POST /api/device/authorize": {Serve: d.authorize},
			"POST /api/device/token":     {Serve: d.token},
		},
	}, nil
}
