package main

import (
	"context"
	"errors"
	"net/http"

	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/problem"
	"kinde-functions/shared/redirect"
)

type portal struct {
	kinde   *kinde.Client
	site    string
	returns *redirect.Policy
	after   redirect.Target // the default return_url
}

// GET /portal?subnav=&return_url=
//
// 302 to the one-time link, or 200 {"url"} for callers who accept JSON.
func (p portal) open(ctx context.Context, r *endpoint.Request) (*endpoint.Response, error) {
	area, given := r.Query["subnav"]
	if given && !isArea(area) {
		return nil, problem.BadParameter("subnav", "must be an area of the portal, such as plan_selection")
	}
	back, err := p.returns.ReturnURL(r.Query, p.after)
	if err != nil {
		return nil, err
	}
	link, err := p.kinde.PortalLink(ctx, r.Caller.Token, area, back.Absolute())
	if err != nil {
		return nil, failure(err)
	}
	if !r.AcceptsJSON {
		return endpoint.Redirect(link), nil
	}
	return endpoint.Encode(http.StatusOK, map[string]string{"url": link})
}

// isArea reports whether area can be one of the portal's: a form and not a list,
// since Kinde adds new ones.
func isArea(area string) bool {
	for i := range len(area) {
		if c := area[i]; (c < 'a' || c > 'z') && (c != '_' || i == 0) {
			return false
		}
	}
	return area != "" && len(area) <= 64
}

// failure maps an upstream error to the portal's codes: the token is refused (whatever
// the body says), the portal is refused, the response has no usable link, or the fault is
// temporary.
func failure(err error) error {
	upstream := problem.From(err)
	code := problem.PortalError
	refusal, refused := errors.AsType[*kinde.Error](err)
	switch {
	case errors.Is(err, kinde.ErrUnusable):
		code = problem.InvalidResponse
	case refused && (refusal.Status == http.StatusUnauthorized || refusal.Status == http.StatusForbidden):
		code = problem.InvalidToken
	case refused && refusal.Status >= 400 && refusal.Status < 500 && refusal.Status != http.StatusTooManyRequests:
		code = problem.PortalFailed
	}
	p := problem.New(code, err)
	p.Remedy, p.RetryAfter = upstream.Remedy, upstream.RetryAfter
	return p
}

// errorPage is the page on the site that explains a failure in plain words. It
// knows fewer codes than callers who read problems.
func (p portal) errorPage(failed *problem.Error) string {
	code := problem.PortalError
	switch failed.Code {
	case problem.NoToken, problem.InvalidToken, problem.SessionExpired:
		code = problem.NoToken
	case problem.InvalidReturnURL, problem.InvalidParameter, problem.PortalFailed, problem.InvalidResponse,
		problem.OrganizationRequired, problem.RateLimited:
		code = failed.Code
	}
	return p.site + "/access/?error=" + string(code)
}
