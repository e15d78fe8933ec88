package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	testSite    = "https://site.example"
	testCode    = "private-device-code"
	testAccess  = "private-access-token"
	testRefresh = "private-refresh-token"
	resource    = "/api/protected-resource"
)

// The responses of a flow that succeeds.
const (
	began = `{"device_code":"` + testCode + `","user_code":"BCDFGHJK","verification_uri":"https://t.example/device",
		"verification_uri_complete":"https://t.example/device?user_code=BCDFGHJK","expires_in":600,"interval":5}`
	signedIn = `{"access_token":"` + testAccess + `","refresh_token":"` + testRefresh + `",
		"token_type":"Bearer","expires_in":86400}`
	granted = `{"message":"Access granted","user":{"sub":"kp_1","iss":"https://t.example","aud":["a","b"],"exp":946771800,
	"scp":["openid"],"scope":"openid","email":"dana@example.com",
	"org_code":"\u001b[2J` + "\u202e" + `","azp":"` + testAccess + `","roles":[{"id":"1","key":"editor"}]}}`
)

// respond returns a handler of a status, a body and headers as name and value.
func respond(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

// oauthError returns a handler of an error of RFC 6749 in a problem document.
func oauthError(code string) http.HandlerFunc {
	return respond(400, `{"error":"`+code+`","code":"invalid-request"}`, "Content-Type", "application/problem+json")
}

var (
	good    = respond(200, signedIn)
	pending = oauthError("authorization_pending")
	slow    = oauthError("slow_down")
	garbage = respond(200, "<html>")
	hang    = func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	broken  = func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
)

// inTurn returns a handler that uses one handler after the other, the last repeatedly.
func inTurn(handlers ...http.HandlerFunc) http.HandlerFunc {
	var mu sync.Mutex // a request that timed out may still be running
	return func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		next := handlers[0]
		if len(handlers) > 1 {
			handlers = handlers[1:]
		}
		mu.Unlock()
		next(w, r)
	}
}

// fakeSite is the transport to a site in the same process, so that time may be false.
type fakeSite struct {
	t        *testing.T
	handlers map[string]http.HandlerFunc

	mu    sync.Mutex
	polls []time.Time
}

func (s *fakeSite) RoundTrip(r *http.Request) (*http.Response, error) {
	s.check(r)
	w, done := httptest.NewRecorder(), make(chan error, 1)
	go func() {
		defer func() {
			if recover() != nil {
				done <- io.ErrUnexpectedEOF
			}
			close(done)
		}()
		s.handler(r.URL.Path)(w, r)
	}()
	select {
	case <-r.Context().Done():
		return nil, r.Context().Err()
	case err := <-done:
		resp := w.Result()
		resp.Request = r
		return resp, err
	}
}

func (s *fakeSite) handler(path string) http.HandlerFunc {
	if handler, ok := s.handlers[path]; ok {
		return handler
	}
	switch path {
	case authorizePath:
		return respond(200, began)
	case tokenPath:
		return good
	case resource:
		return respond(200, granted)
	}
	return respond(404, `{"code":"not-found","detail":"Check the path."}`)
}

// check fails the test for requests that the program must not send.
func (s *fakeSite) check(r *http.Request) {
	if r.URL.Scheme+"://"+r.URL.Host != testSite {
		s.t.Errorf("got a request to %s, want %s alone", r.URL, testSite)
	}
	switch authorization := r.Header.Get("Authorization"); {
	case r.Method == "GET" && authorization != "Bearer "+testAccess, r.Method == "POST" && authorization != "":
		s.t.Errorf("%s %s: got Authorization %q", r.Method, r.URL, authorization)
	}
	if r.URL.Path == tokenPath {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.polls = append(s.polls, time.Now())
	}
}

// newFlow returns a flow at a fake site.
func newFlow(t *testing.T, scope string, handlers map[string]http.HandlerFunc) (*Flow, *fakeSite) {
	t.Helper()
	f, err := NewFlow(testSite, scope)
	if err != nil {
		t.Fatal(err)
	}
	site := &fakeSite{t: t, handlers: handlers}
	f.http.Transport = whole{site}
	return f, site
}

func wantNoSecrets(t *testing.T, text string) {
	t.Helper()
	if strings.Contains(text, "private-") {
		t.Errorf("got a secret in %q", text)
	}
}
