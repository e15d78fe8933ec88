// Command health reports which settings are missing or malformed and what unset ones
// switch off. It responds to anyone, so it gives names and never values, and it serves
// whatever is wrong.
package main

import (
	"os"

	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/lambdahttp"
)

var function = endpoint.Function{Name: "health", Build: build, Tolerant: true, CORS: endpoint.AllowOrigins}

func main() { lambdahttp.Start(function.Handler()) }

func build(*endpoint.Services) (endpoint.Handlers, error) {
	return endpoint.Handlers{"GET /api/health": {Serve: health{os.LookupEnv}.report}}, nil
}
