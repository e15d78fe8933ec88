package main

import (
	"context"
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
// 200 {"url"} to callers with a session, whose page navigates there. Callers with an
// access token get 302, or 200 {"url", "connection"} if they accept JSON: connection is
// what the cookie holds, for callers without cookies.
func (a apps) connect(ctx context.Context, r *endpoint.Request) (*endpoint.Response, error) {
	app, err := a.app(r)
	if err != nil {
		return nil, err
	}
	callback, err := a.returns.ReturnURL(r.Query, redirect.Target{})
	if err != nil {
		return nil, err
	}
	kept, err := a.inUse(ctx, r, app)
	if err != nil {
		return nil, err
	}
	begun, err := a.kinde.Connect(ctx, a.machine, app, r.Caller.Subject, r.Caller.OrgCode, callback.Absolute())
	if err != nil {
		return nil, err
	}
	if err := a.keep(r, app, append([]string{begun.SessionID}, kept...)...); err != nil {
		return nil, err
	}
	body := map[string]string{"url": begun.URL}
	switch {
	case r.Caller.ByCookie:
	case r.AcceptsJSON:
		body["connection"] = a.cookies.SealConnection(app, owner(r), begun.SessionID)
	default:
		return endpoint.Redirect(begun.URL), nil
	}
	return endpoint.Encode(http.StatusOK, body)
}

// inUse returns the handle of the present connection, which stays in use until the user
// consents to the new one. Of two handles, one has no consent or has been replaced.
func (a apps) inUse(ctx context.Context, r *endpoint.Request, app string) ([]string, error) {
	kept := a.cookies.OpenConnection(app, owner(r), a.cookies.Connection(r.HTTP, app))
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
// 200 {"access_token", "access_token_expiry"}, or 404 `not-connected`: the user has not
// consented yet or has withdrawn the consent, or the connection is another owner's.
func (a apps) token(ctx context.Context, r *endpoint.Request) (*endpoint.Response, error) {
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
			// The replaced connection is left to expire: third parties take the
			// revocation of one of a user's grants for the revocation of all.
			handles = handles[:1]
		}
		if _, given := r.Query["connection"]; !given {
			if err := a.keep(r, app, handles...); err != nil { // for 30 more days
				return nil, err
			}
		}
		return endpoint.Encode(http.StatusOK, token)
	}
	return nil, err
}

// POST /api/connected-apps/{app}/revoke?connection=
//
// 200 {}, and the cookie is removed. If the call to Kinde fails, both stay.
func (a apps) revoke(ctx context.Context, r *endpoint.Request) (*endpoint.Response, error) {
	app, handles, err := a.find(r)
	if err != nil {
		return nil, err
	}
	for _, handle := range handles {
		if err := a.kinde.Disconnect(ctx, a.machine, handle); err != nil {
			return nil, err
		}
	}
	a.cookies.Disconnect(r.Header, app)
	return endpoint.Encode(http.StatusOK, struct{}{})
}

// app returns the path's app if CONNECTED_APPS lists it.
func (a apps) app(r *endpoint.Request) (string, error) {
	if app := r.Path["app"]; slices.Contains(a.allowed, app) {
		return app, nil
	}
	return "", problem.New(problem.UnknownApp, nil)
}

// find returns the handles of the caller's connection to the path's app, from the
// parameter or else from the cookie: at least one, the newest first.
func (a apps) find(r *endpoint.Request) (app string, handles []string, err error) {
	if app, err = a.app(r); err != nil {
		return "", nil, err
	}
	sealed, given := r.Query["connection"]
	if !given {
		sealed = a.cookies.Connection(r.HTTP, app)
	}
	if handles = a.cookies.OpenConnection(app, owner(r), sealed); len(handles) == 0 {
		return "", nil, problem.New(problem.NotConnected, nil)
	}
	return app, handles, nil
}

// keep sets the cookie of the caller's connection to the app.
func (a apps) keep(r *endpoint.Request, app string, handles ...string) error {
	return a.cookies.Connect(r.Header, r.HTTP, app, owner(r), handles...)
}

// owner is whose the caller's connections are.
func owner(r *endpoint.Request) session.Owner {
	return session.Owner{User: r.Caller.Subject, Organization: r.Caller.OrgCode}
}
