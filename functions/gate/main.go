// Command gate gives a signed-in user's browser access to protected pages: it checks what a page
// requires and sets the pass that the edge checks. It defends against redirects to another
// site, against a pass for a user who lacks what a page requires, and against redirects
// without end, when the edge has other keys or the browser keeps no cookies.
package main

import (
	"time"

	kindefunctions "kinde-functions"
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/gate"
	"kinde-functions/shared/lambdahttp"
)

var function = endpoint.Page("gate", build(kindefunctions.GateFile))

func main() { lambdahttp.Start(function.Handler()) }

// build builds the handler for the rules in a file.
func build(file []byte) func(*endpoint.Services) (endpoint.Handlers, error) {
	return func(s *endpoint.Services) (endpoint.Handlers, error) {
		rules, err := gate.Parse(file)
		if err != nil {
			return nil, err
		}
		g := gatekeeper{sessions: s.Sessions, kinde: s.Kinde, rules: rules, keys: s.Settings.GateKeys, now: time.Now}
		return endpoint.Handlers{"GET /auth/gate": {Serve: g.open, ErrorPage: g.errorPage, OnRepeat: g.onRepeat}}, nil
	}
}
