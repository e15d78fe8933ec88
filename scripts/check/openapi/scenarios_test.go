//go:build realtools

package openapi

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/route"
	"kinde-functions/shared/session"
)

// scenario changes a request, and may set faults at Kinde.
type scenario func(f *fixture, r *http.Request)

// asBrowser applies the nth scenario of a row to r. Rounds of all scenarios alternate
// between HTML and JSON.
func asBrowser(f *fixture, row route.Route, r *http.Request, n int) {
	f.Kinde.ClearFaults()
	scenarios := scenariosOf(row)
	r.Header.Set("Accept", "text/html")
	if n/len(scenarios)%2 == 0 {
		r.Header.Set("Accept", "application/json")
	}
	r.Header.Del("Authorization")
	r.Header.Del("Cookie")
	scenarios[n%len(scenarios)](f, r)
	if row.API() { // whose pages for navigations are not in the document
		r.Header.Del("Sec-Fetch-Mode")
	}
}

func scenariosOf(row route.Route) []scenario {
	scenarios := slices.Clip(commonScenariosOf(row))
	if !row.Proxied {
		scenarios = append(scenarios, largeBody)
	}
	if row.Method == http.MethodPost && row.Function != "connected-apps" { // connected-apps reads no body
		scenarios = append(scenarios, wrongContentType)
	}
	if row.API() && !row.Proxied {
		scenarios = append(scenarios, unknownParameter)
	}
	if row.Navigation != route.AnyRequest {
		scenarios = append(scenarios, withHeader("Sec-Purpose", "prefetch"))
	}
	return scenarios
}

func commonScenariosOf(row route.Route) []scenario {
	switch row.Function {
	case "login":
		return []scenario{unchanged, otherHost}
	case "callback":
		return callbacks
	case "logout":
		return []scenario{signOut("Origin", pagesOrigin), signOut("X-CSRF", "1"), signOut(),
			signOut("Origin", "https://elsewhere.example.com", "X-CSRF", "1")}
	case "health":
		return []scenario{unchanged}
	case "device":
		return deviceScenariosOf(row)
	case "webhooks":
		return events
	case "connected-apps":
		return slices.Concat(appScenariosOf(row), sessions, []scenario{longerPath})
	case "introspect":
		return append(slices.Clip(sessions), introspectOther)
	case "protected-resource":
		return append(slices.Clip(sessions), fewScopes)
	}
	if row.Proxied {
		return slices.Concat(sessions, proxyScenarios)
	}
	if strings.Contains(row.Pattern, "{") {
		return append(slices.Clip(sessions), longerPath)
	}
	return sessions
}

func unchanged(*fixture, *http.Request) {}

func longerPath(_ *fixture, r *http.Request) { r.URL.Path += "/more" }

// largeBody sends a valid session and a body that is too large.
func largeBody(f *fixture, r *http.Request) {
	f.setSession(r, session.Tokens{Access: f.Kinde.Mint()})
	setBody(r, `{"return_url":"`+strings.Repeat("/", 64<<10)+`"}`)
}

// setBody sets the request's body to JSON.
func setBody(r *http.Request, body string) {
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Content-Length", strconv.Itoa(len(body)))
}

// wrongContentType sends a valid session and a body of an unsupported type.
func wrongContentType(f *fixture, r *http.Request) {
	f.setSession(r, session.Tokens{Access: f.Kinde.Mint()})
	setBody(r, "{}")
	r.Header.Set("Content-Type", "text/plain")
}

// unknownParameter sends a valid session and a parameter that no row has.
func unknownParameter(f *fixture, r *http.Request) {
	f.setSession(r, session.Tokens{Access: f.Kinde.Mint()})
	r.URL.RawQuery = "user_id=" + kindetest.EmptyUser
}

// introspectOther sends another user's token, without the permission for it.
func introspectOther(f *fixture, r *http.Request) {
	f.setSession(r, session.Tokens{Access: f.Kinde.Mint(kindetest.For(kindetest.EmptyUser))})
	setBody(r, `{"token":"`+f.Kinde.Mint()+`"}`)
}

// fewScopes sends a token without the required scopes.
func fewScopes(f *fixture, r *http.Request) {
	f.setSession(r, session.Tokens{Access: f.Kinde.Mint(kindetest.Scopes("openid"))})
}

func otherHost(_ *fixture, r *http.Request) { r.Host = "preview--www.example.com" }

func withHeader(header ...string) scenario {
	return func(_ *fixture, r *http.Request) {
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
	}
}

func signOut(header ...string) scenario {
	return func(f *fixture, r *http.Request) {
		f.setSession(r, f.expired(f.Kinde.MintRefresh()))
		r.Header.Del("X-CSRF")
		withHeader(header...)(f, r)
	}
}

// sessions are the states of a session and the ways to send it, then requests without one.
var sessions = []scenario{
	func(f *fixture, r *http.Request) { f.setSession(r, f.expired(f.Kinde.MintRefresh())) },
	func(f *fixture, r *http.Request) { f.setSession(r, f.expired("revoked")) },
	func(f *fixture, r *http.Request) {
		f.setSession(r, f.expired("revoked"))
		marker := http.Header{}
		f.cookies.Mark(marker, "revoked")
		r.Header.Set("Cookie", r.Header.Get("Cookie")+"; "+functiontest.Kept(marker))
	},
	refreshFails(kindetest.Fault{Status: 500}),
	refreshFails(kindetest.Fault{Hang: true}),
	refreshFails(kindetest.Fault{Status: 429, Header: http.Header{"Retry-After": {"120"}}}),
	refreshFails(kindetest.Fault{Status: 401, Body: kindetest.ErrorBody(kindetest.ShapeC, "invalid_client", "d")}),
	func(f *fixture, r *http.Request) {
		f.setSession(r, f.expired(f.Kinde.MintRefresh()))
		f.setTokenResponse(f.tooLarge(), "")
	},
	withHeader("Cookie", "__Host-session=damaged", "X-CSRF", "1"),
	func(f *fixture, r *http.Request) {
		f.setSession(r, session.Tokens{Access: f.Kinde.Mint()})
		r.Header.Del("X-CSRF")
	},
	func(f *fixture, r *http.Request) {
		f.setSession(r, session.Tokens{Access: f.Kinde.Mint()})
		r.Header.Set("Sec-Fetch-Site", "cross-site")
	},
	func(f *fixture, r *http.Request) {
		f.setSession(r, session.Tokens{Access: f.Kinde.Mint()})
		r.Header.Set("X-Organization", "org_other")
	},
	withHeader("Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"),
	withHeader("Authorization", "Bearer unsigned"),
	withHeader("Authorization", "Bearer two words"),
}

func refreshFails(fault kindetest.Fault) scenario {
	return func(f *fixture, r *http.Request) {
		f.setSession(r, f.expired(f.Kinde.MintRefresh()))
		f.Kinde.Fault("/oauth2/token", fault)
	}
}

// callbacks are the requests with which Kinde returns the browser.
var callbacks = []scenario{
	func(f *fixture, r *http.Request) { a := f.begin(r); toCallback(r, a, "code", f.code(a)) },
	callback("error", "access_denied"),
	callback("error", "login_required"),
	callback("error", "login_link_expired", "reauth_state", "again"),
	callback("code", "unknown"),
	func(f *fixture, r *http.Request) {
		a := f.begin(r)
		toCallback(r, a, "code", "any")
		f.setTokenResponse(f.tooLarge(), f.Kinde.MintID(kindetest.Nonce(a.Nonce)))
	},
	unchanged, // without a sign-in of this browser
	func(_ *fixture, r *http.Request) { r.URL.RawQuery = "state=one&state=two" },
}

func callback(query ...string) scenario {
	return func(f *fixture, r *http.Request) { toCallback(r, f.begin(r), query...) }
}

func toCallback(r *http.Request, a session.Attempt, query ...string) {
	values := url.Values{"state": {a.State}}
	for i := 0; i < len(query); i += 2 {
		values.Set(query[i], query[i+1])
	}
	r.URL.RawQuery = values.Encode()
}
