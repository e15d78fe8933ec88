// Command webhooks receives Kinde's events. An event ends or refreshes the sessions of the
// user that it names, where instances share a store, and is forwarded to the site's own
// server.
//
// It defends against events that Kinde did not sign, tokens that Kinde signed for another
// purpose, events that are replayed, and an event that is lost: it is acknowledged only
// when everything has been done.
package main

import (
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/lambdahttp"
)

var function = endpoint.Function{Name: "webhooks", Build: build, Connect: endpoint.ToKinde}

func main() { lambdahttp.Start(function.Handler()) }

func build(s *endpoint.Services) (endpoint.Handlers, error) {
	forward, err := newForwarder(s.Settings)
	if err != nil {
		return nil, err
	}
	w := &webhooks{
		verifier: s.Verifier, sessions: s.Sessions, shared: s.Shared.Store != nil,
		handled: newRecord(s.Shared.Store), forward: forward, claims: claims{s.Kinde, s.Machine()},
	}
	return endpoint.Handlers{"POST /webhooks/kinde": {Serve: w.receive}}, nil
}
