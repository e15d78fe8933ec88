// Command health reports which settings are missing or malformed and what unset ones
// switch off. It responds to anyone, so it gives names and never values, and it serves
// whatever is wrong.
package main

import (
	"os"

	"kinde-functions/shared/config"
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/lambdahttp"
)

var function = endpoint.Function{
	Name:     "health",
	Settings: config.Of("health"),
	Tolerant: true,
	Build:    build,
	CORS:     endpoint.AllowOrigins,
}

func main() { lambdahttp.Start(function.Handler()) }

func build(*config.Settings) (endpoint.Parts, error) {
	h := health{lookup: os.LookupEnv}
	return endpoint.Parts{Handlers: map[string]endpoint.Handler{"GET /api/health": {Serve: h.report}}}, nil
}
