//go:build realtools

package openapi

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"kinde-functions/shared/functiontest"
	"kinde-functions/shared/kindetest"
	"kinde-functions/shared/route"
	"kinde-functions/shared/session"
)

// visit is a way in which a browser comes; it may spoil the tenant.
type visit func(p *party, r *http.Request)

// browse makes the nth request for a row a browser's, each time another visit's,
// and every other round one of a page's script, which asks for JSON.
func browse(p *party, row route.Route, r *http.Request, n int) {
	p.Kinde.ClearFaults()
	visits := visitsTo(row)
	r.Header.Set("Accept", "text/html")
	if n/len(visits)%2 == 0 {
		r.Header.Set("Accept", "application/json")
	}
	r.Header.Del("Authorization")
	r.Header.Del("Cookie")
	visits[n%len(visits)](p, r)
}

func visitsTo(row route.Route) []visit {
	visits := append(slices.Clip(usualVisitsTo(row)), burdened)
	if row.Method == http.MethodPost && row.Function != "connected-apps" { // which reads no body
		visits = append(visits, mislabelled)
	}
	if row.API() {
		visits = append(visits, nosy)
	}
	return visits
}

func usualVisitsTo(row route.Route) []visit {
	switch row.Function {
	case "login":
		return []visit{asItIs, with("Sec-Purpose", "prefetch"), elsewhere}
	case "callback":
		return returns
	case "logout":
		return []visit{leaving("Origin", pagesOrigin), leaving("X-CSRF", "1"), leaving(),
			leaving("Origin", "https://elsewhere.example.com", "X-CSRF", "1")}
	case "health":
		return []visit{asItIs}
	case "device":
		return devicesTo(row)
	case "webhooks":
		return events
	case "connected-apps":
		return slices.Concat(appsTo(row), sessions, []visit{deeper})
	case "introspect":
		return append(slices.Clip(sessions), asking)
	case "protected-resource":
		return append(slices.Clip(sessions), narrow)
	}
	if strings.Contains(row.Pattern, "{") {
		return append(slices.Clip(sessions), deeper)
	}
	return sessions
}

func asItIs(*party, *http.Request) {}

func deeper(_ *party, r *http.Request) { r.URL.Path += "/more" }

// burdened has a good session and brings too much.
func burdened(p *party, r *http.Request) {
	p.bring(r, session.Tokens{Access: p.Kinde.Mint()})
	carry(r, `{"return_url":"`+strings.Repeat("/", 64<<10)+`"}`)
}

// carry makes this JSON the request's body.
func carry(r *http.Request, body string) {
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Content-Length", strconv.Itoa(len(body)))
}

// mislabelled has a good session and says that its body is what nobody reads.
func mislabelled(p *party, r *http.Request) {
	p.bring(r, session.Tokens{Access: p.Kinde.Mint()})
	carry(r, "{}")
	r.Header.Set("Content-Type", "text/plain")
}

// nosy has a good session and a parameter that no row has.
func nosy(p *party, r *http.Request) {
	p.bring(r, session.Tokens{Access: p.Kinde.Mint()})
	r.URL.RawQuery = "user_id=" + kindetest.EmptyPerson
}

// asking is about another's token, without the permission for it.
func asking(p *party, r *http.Request) {
	p.bring(r, session.Tokens{Access: p.Kinde.Mint(kindetest.For(kindetest.EmptyPerson))})
	carry(r, `{"token":"`+p.Kinde.Mint()+`"}`)
}

// narrow has too few scopes.
func narrow(p *party, r *http.Request) {
	p.bring(r, session.Tokens{Access: p.Kinde.Mint(kindetest.Scopes("openid"))})
}

func elsewhere(_ *party, r *http.Request) { r.Host = "preview--www.example.com" }

func with(header ...string) visit {
	return func(_ *party, r *http.Request) {
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
	}
}

func leaving(header ...string) visit {
	return func(p *party, r *http.Request) {
		p.bring(r, p.expired(p.Kinde.MintRefresh()))
		r.Header.Del("X-CSRF")
		with(header...)(p, r)
	}
}

// sessions are the states that a session may be in, and how it may be brought;
// then what comes without one.
var sessions = []visit{
	func(p *party, r *http.Request) { p.bring(r, p.expired(p.Kinde.MintRefresh())) },
	func(p *party, r *http.Request) { p.bring(r, p.expired("revoked")) },
	func(p *party, r *http.Request) {
		p.bring(r, p.expired("revoked"))
		marker := http.Header{}
		p.cookies.Mark(marker, "revoked")
		r.Header.Set("Cookie", r.Header.Get("Cookie")+"; "+functiontest.Kept(marker))
	},
	refreshing(kindetest.Fault{Status: 500}),
	refreshing(kindetest.Fault{Hang: true}),
	refreshing(kindetest.Fault{Status: 429, Header: http.Header{"Retry-After": {"120"}}}),
	refreshing(kindetest.Fault{Status: 401, Body: kindetest.ErrorBody(kindetest.ShapeC, "invalid_client", "d")}),
	func(p *party, r *http.Request) {
		p.bring(r, p.expired(p.Kinde.MintRefresh()))
		p.grants(p.tooLarge(), "")
	},
	with("Cookie", "__Host-session=damaged", "X-CSRF", "1"),
	func(p *party, r *http.Request) {
		p.bring(r, session.Tokens{Access: p.Kinde.Mint()})
		r.Header.Del("X-CSRF")
	},
	func(p *party, r *http.Request) {
		p.bring(r, session.Tokens{Access: p.Kinde.Mint()})
		r.Header.Set("Sec-Fetch-Site", "cross-site")
	},
	with("Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"),
	with("Authorization", "Bearer unsigned"),
	with("Authorization", "Bearer two words"),
}

func refreshing(fault kindetest.Fault) visit {
	return func(p *party, r *http.Request) {
		p.bring(r, p.expired(p.Kinde.MintRefresh()))
		p.Kinde.Fault("/oauth2/token", fault)
	}
}

// returns are the ways in which Kinde sends a browser back.
var returns = []visit{
	func(p *party, r *http.Request) { a := p.begin(r); back(r, a, "code", p.code(a)) },
	returning("error", "access_denied"),
	returning("error", "login_required"),
	returning("error", "login_link_expired", "reauth_state", "again"),
	returning("code", "unknown"),
	func(p *party, r *http.Request) {
		a := p.begin(r)
		back(r, a, "code", "any")
		p.grants(p.tooLarge(), p.Kinde.MintID(kindetest.Nonce(a.Nonce)))
	},
	asItIs, // from a sign-in that this browser has not begun
	func(_ *party, r *http.Request) { r.URL.RawQuery = "state=one&state=two" },
}

func returning(query ...string) visit {
	return func(p *party, r *http.Request) { back(r, p.begin(r), query...) }
}

func back(r *http.Request, a session.Attempt, query ...string) {
	values := url.Values{"state": {a.State}}
	for i := 0; i < len(query); i += 2 {
		values.Set(query[i], query[i+1])
	}
	r.URL.RawQuery = values.Encode()
}
