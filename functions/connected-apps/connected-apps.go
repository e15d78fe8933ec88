package main

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/problem"
	"kinde-functions/shared/redirect"
	"kinde-functions/shared/session"
)

type apps struct {
	allowed []string
	cookies *session.Cookies
	returns *redirect.Policy
	kinde   *kinde.Client
	machine *kinde.Machine
}

// GET /api/connected-apps/{app}/connect?return_url=
//
// 200 {"url"} for sessions: the page navigates there. With an access token 302 there,
// or for callers who accept JSON 200 {"url", "connection"}: connection is what the
// cookie holds, for callers who have none.
func (a apps) connect(ctx context.Context, r *endpoint.Request) (*endpoint.Reply, error) {
	app, err := a.app(r)
	if err != nil {
		return nil, err
	}
	callback := ""
	if raw, given := r.Query["return_url"]; given {
		target, err := a.returns.Check(raw)
		if err != nil {
			return nil, problem.New(problem.InvalidReturnURL, err)
		}
		callback = target.Absolute()
	}
	kept, err := a.inUse(ctx, r, app)
	if err != nil {
		return nil, err
	}
	begun, err := a.kinde.Connect(ctx, a.machine, app, r.Caller.Subject, r.Caller.OrgCode, callback)
	if err != nil {
		return nil, err
	}
	a.cookies.Connect(r.Out, app, a.seal(r, app, append([]string{begun.SessionID}, kept...)...))
	answer := map[string]string{"url": begun.URL}
	switch {
	case r.Caller.ByCookie:
	case r.AcceptsJSON:
		answer["connection"] = a.seal(r, app, begun.SessionID)
	default:
		return endpoint.Redirect(begun.URL), nil
	}
	return asJSON(answer)
}

// inUse is the handle of what is connected already, which stays until the person has
// agreed anew. Of two, one was never agreed to, or has taken the other's place.
func (a apps) inUse(ctx context.Context, r *endpoint.Request, app string) ([]string, error) {
	kept := a.cookies.OpenConnection(app, r.Caller.Subject, a.cookies.Connection(r.HTTP, app))
	if len(kept) < 2 {
		return kept, nil
	}
	_, err := a.kinde.ConnectedToken(ctx, a.machine, kept[0])
	switch {
	case err == nil:
		return kept[:1], nil
	case problem.From(err).Code == problem.NotConnected:
		return kept[1:], nil
	}
	return nil, err
}

// GET /api/connected-apps/{app}/token?connection=
//
// 200 {"access_token", "access_token_expiry"}, or 404 `not-connected`: the person has
// not agreed yet, has taken it back, or it is another's connection.
func (a apps) token(ctx context.Context, r *endpoint.Request) (*endpoint.Reply, error) {
	app, handles, err := a.find(r)
	if err != nil {
		return nil, err
	}
	for i, handle := range handles {
		token, failure := a.kinde.ConnectedToken(ctx, a.machine, handle)
		if failure != nil {
			err = failure
			if problem.From(failure).Code == problem.NotConnected {
				continue
			}
			return nil, failure
		}
		if i == 0 {
			// The one before it is left to end by itself: third parties take the end of
			// one of a person's grants for the end of all.
			handles = handles[:1]
		}
		if _, given := r.Query["connection"]; !given {
			a.cookies.Connect(r.Out, app, a.seal(r, app, handles...)) // in use: 30 more days
		}
		return asJSON(token)
	}
	return nil, err
}

// POST /api/connected-apps/{app}/revoke?connection=
//
// 200 {}, and the cookie goes. When Kinde could not be asked, both stay.
func (a apps) revoke(ctx context.Context, r *endpoint.Request) (*endpoint.Reply, error) {
	app, handles, err := a.find(r)
	if err != nil {
		return nil, err
	}
	for _, handle := range handles {
		if err := a.kinde.Disconnect(ctx, a.machine, handle); err != nil {
			return nil, err
		}
	}
	a.cookies.Disconnect(r.Out, app)
	return asJSON(struct{}{})
}

// app is the path's app, if this deployment connects it.
func (a apps) app(r *endpoint.Request) (string, error) {
	if app := r.Path["app"]; slices.Contains(a.allowed, app) {
		return app, nil
	}
	return "", problem.New(problem.UnknownApp, nil)
}

// find opens the caller's connection to the path's app, from the parameter or else
// the cookie: the handle of the newest first, one at least.
func (a apps) find(r *endpoint.Request) (app string, handles []string, err error) {
	if app, err = a.app(r); err != nil {
		return "", nil, err
	}
	sealed, given := r.Query["connection"]
	if !given {
		sealed = a.cookies.Connection(r.HTTP, app)
	}
	if handles = a.cookies.OpenConnection(app, r.Caller.Subject, sealed); len(handles) == 0 {
		return "", nil, problem.New(problem.NotConnected, nil)
	}
	return app, handles, nil
}

func (a apps) seal(r *endpoint.Request, app string, handles ...string) string {
	return a.cookies.SealConnection(app, r.Caller.Subject, handles...)
}

func asJSON(value any) (*endpoint.Reply, error) {
	body, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	return endpoint.JSON(http.StatusOK, body), nil
}
