//go:build realtools

package openapi

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/route"
	"kinde-functions/shared/session"
)

// echo returns the URL of an own API, which returns each request's body to the user's
// requests.
func echo(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ") {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = io.Copy(w, r.Body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// proxyScenarios are requests to the own API and such that are not forwarded.
var proxyScenarios = []scenario{
	toAPI("/api/proxy/echo"),
	toAPI("/api/proxy/unknown"),
	func(f *fixture, r *http.Request) {
		toAPI("/api/proxy/echo")(f, r)
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(strings.Repeat("x", 4<<20+1))), 4<<20+1
		r.Header.Del("Content-Length")
	},
	func(f *fixture, r *http.Request) {
		toAPI("/api/proxy/echo")(f, r)
		r.URL.Path, r.URL.RawPath = r.URL.Path+"/..", ""
	},
}

// toAPI sends a valid session to the API of that path.
func toAPI(prefix string) scenario {
	return func(f *fixture, r *http.Request) {
		f.setSession(r, session.Tokens{Access: f.Kinde.Mint()})
		rest := ""
		if strings.Count(r.URL.Path, "/") > 3 {
			rest = "/items"
		}
		r.URL.Path, r.URL.RawPath = prefix+rest, ""
	}
}

// withoutOrganization sends the token or session of a user in no organization.
func withoutOrganization(f *fixture, row route.Route, r *http.Request, _ int) {
	token := f.Kinde.Mint(kindetest.Without("org_code"), kindetest.Without("x-hasura-org-code"))
	if row.Access == route.Session || row.Access == route.OptionalSession {
		r.Header.Del("Authorization")
		f.setSession(r, session.Tokens{Access: token, Refresh: f.Kinde.MintRefresh()})
		return
	}
	r.Header.Set("Authorization", "Bearer "+token)
}

// withSession sends a session to the rows that accept no token as a credential.
func withSession(f *fixture, row route.Route, r *http.Request, _ int) {
	if row.Access == route.Session || row.Access == route.OptionalSession {
		r.Header.Del("Authorization")
		f.setSession(r, session.Tokens{Access: f.Kinde.Mint(), Refresh: f.Kinde.MintRefresh()})
	}
}
