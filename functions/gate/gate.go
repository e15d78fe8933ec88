package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"kinde-functions/shared/auth"
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/gate"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/problem"
	"kinde-functions/shared/redirect"
)

// skew is how far the clocks of the edge and of this function may differ. A pass that is
// about to expire may have expired at the edge.
const skew = time.Minute

type gatekeeper struct {
	sessions *auth.Sessions
	kinde    *kinde.Client
	rules    gate.Rules
	keys     gate.Keys
	now      func() time.Time
}

// GET /auth/gate?return_url=&pass=
//
// 302 to the page with a pass, or to Kinde for a navigation without a session.
func (g gatekeeper) open(ctx context.Context, r *endpoint.Request) (*endpoint.Response, error) {
	page, err := g.page(r.Query["return_url"])
	if err != nil {
		return nil, err
	}
	if g.sessions.Cookies.Probed(r.HTTP) {
		g.sessions.Cookies.ClearProbe(r.Header)
	}
	if !r.Caller.ByCookie {
		return g.signIn(r, page)
	}
	id := r.Caller.Session.ID
	if r.Query["pass"] == "refused" && g.holdsGoodPass(r.HTTP, id, page) {
		p := problem.New(problem.Misconfigured, errors.New("the edge refused a pass that is valid here"))
		p.Remedy = "GATE_KEYS and gate.json must be the same for the functions and the edge: deploy both again."
		return nil, p
	}
	met, err := g.met(ctx, r.Caller, page.rules)
	if err != nil {
		return nil, failure(err)
	}
	for _, rule := range page.rules {
		if !met.Has(rule) {
			return nil, problem.New(problem.NotAllowed, nil)
		}
	}
	pass := g.keys.Issue(id, page.rules, met, g.now().Add(gate.PassLife))
	g.sessions.Cookies.SetPass(r.Header, pass, gate.PassLife)
	return endpoint.Redirect(page.location), nil
}

// failure is the problem of a failure at Kinde. A refused token stays one, so that the
// session is refreshed.
func failure(err error) error {
	upstream := problem.From(err)
	if upstream.Code == problem.InvalidToken {
		return err
	}
	p := problem.New(problem.GateFailed, err)
	p.Remedy, p.RetryAfter = upstream.Remedy, upstream.RetryAfter
	return p
}

// signIn starts a sign-in that leads back to the page. Requests that are not navigations
// get 401: their response would not be shown.
func (g gatekeeper) signIn(r *endpoint.Request, page page) (*endpoint.Response, error) {
	if !r.Navigation() || r.AcceptsJSON {
		return nil, problem.New(problem.NoToken, nil)
	}
	if err := g.sessions.CheckHost(r.HTTP.Host); err != nil {
		return nil, err
	}
	if r.Repeated() && !g.sessions.Cookies.Probed(r.HTTP) {
		return nil, problem.New(problem.NoCookies, nil)
	}
	location, err := g.sessions.Start(r.Header, r.HTTP, page.target, nil)
	if err != nil {
		return nil, err
	}
	return endpoint.Redirect(location), nil
}

// onRepeat sets a cookie with the page that repeats a request, so that the second request
// shows whether the browser keeps cookies.
func (g gatekeeper) onRepeat(header http.Header) { g.sessions.Cookies.Probe(header) }

// holdsGoodPass reports whether the request has a pass that the edge should have accepted.
func (g gatekeeper) holdsGoodPass(r *http.Request, id string, page page) bool {
	pass, err := g.keys.Open(g.sessions.Cookies.Pass(r), g.now().Add(skew))
	return err == nil && pass.Belongs(id) && pass.Meets(page.rules)
}

// errorPage is the page that explains why a protected page stays closed.
func (g gatekeeper) errorPage(failed *problem.Error) string {
	code := problem.GateFailed
	switch failed.Code {
	case problem.NoToken, problem.WrongHost, problem.Misconfigured, problem.NotANavigation, problem.InvalidRequest:
		return "" // the response itself says so, with its status
	case problem.InvalidToken, problem.SessionExpired:
		code = problem.NoToken
	case problem.NotAllowed, problem.NoCookies, problem.InvalidReturnURL, problem.InvalidParameter,
		problem.OrganizationRequired, problem.RateLimited:
		code = failed.Code
	}
	return g.sessions.Site + "/access/?error=" + string(code)
}

// page is a protected page, checked.
type page struct {
	location string
	target   redirect.Target // of a sign-in that leads to it
	rules    gate.Rules      // that it must meet
}

// images is Netlify's Image CDN, which serves files of the site by their path in `url`.
const images = "/.netlify/images"

// page checks where the browser wants to go: a path or an absolute URL of this site.
func (g gatekeeper) page(raw string) (page, error) {
	checked := raw
	if strings.HasPrefix(raw, images+"?") {
		checked = strings.TrimPrefix(raw, "/.netlify")
	}
	target, err := g.sessions.Returns.Check(checked)
	if err != nil {
		return page{}, problem.New(problem.InvalidReturnURL, err)
	}
	path, ok := strings.CutPrefix(target.Absolute(), g.sessions.Site)
	if !ok || !strings.HasPrefix(path, "/") {
		return page{}, problem.New(problem.InvalidReturnURL, errors.New("not on this site"))
	}
	location := target.Absolute()
	if checked != raw {
		location, target = g.sessions.Site+raw, g.sessions.After
		if path, err = gate.ImagePath(path[strings.IndexByte(path, '?')+1:], g.sessions.Site); err != nil {
			return page{}, problem.New(problem.InvalidReturnURL, err)
		}
	}
	if end := strings.IndexAny(path, "?#"); end >= 0 {
		path = path[:end]
	}
	normal, err := gate.Normal(path, gate.Netlify)
	if err != nil {
		return page{}, problem.New(problem.InvalidReturnURL, err)
	}
	return page{location, target, g.rules.For(normal, gate.Netlify)}, nil
}
