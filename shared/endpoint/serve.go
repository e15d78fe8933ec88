package endpoint

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"time"

	"kinde-functions/shared/audit"
	"kinde-functions/shared/auth"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/outbound"
	"kinde-functions/shared/problem"
	"kinde-functions/shared/route"
	"kinde-functions/shared/session"
	"kinde-functions/shared/text"
)

const (
	// reserve is kept of the Lambda's time, so that the caller gets this service's 504
	// and not a gateway's: 300 ms by contract and what rendering may take.
	reserve = 330 * time.Millisecond
	// ownLimit bounds a request where the platform sets no deadline.
	ownLimit = 10 * time.Second
)

// exchange is one request and its response so far.
type exchange struct {
	id       string
	begin    time.Time
	traffic  *outbound.Traffic
	cold     bool
	services *Services
	row      *row            // nil until path and method have matched
	header   http.Header     // of the response, whatever it is
	decision *audit.Decision // nil until credentials have been read
	failure  *problem.Error
	api      string // that the request was forwarded to, by its name in PROXY_APIS
}

type exchangeKey struct{}

// ServeHTTP responds to a request and writes its log lines.
func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{id: requestID(r.Header), begin: time.Now(), cold: e.requests.Add(1) == 1,
		header: http.Header{}, services: e.services}
	end := x.begin.Add(ownLimit)
	if platform, ok := r.Context().Deadline(); ok {
		end = platform.Add(-reserve)
	}
	ctx, cancel := context.WithDeadline(r.Context(), end)
	defer cancel()
	ctx, x.traffic = outbound.WithTraffic(ctx)

	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Request-Id", x.id)
	if strings.HasPrefix(e.settings.Site, "https://") {
		h.Set("Strict-Transport-Security", "max-age=63072000")
	}
	recorded := &statusWriter{ResponseWriter: w, status: http.StatusOK}
	e.chain.ServeHTTP(recorded, r.WithContext(context.WithValue(ctx, exchangeKey{}, x)))
	e.writeLog(x, r.Method, recorded.status)
}

// respond is the handler inside CORS.
func (e *endpoint) respond(w http.ResponseWriter, r *http.Request) {
	x := r.Context().Value(exchangeKey{}).(*exchange)
	response, err := recovering(func() (*Response, error) { return e.handle(x, r) })
	if err != nil {
		x.failure = problem.From(err)
		response = e.failureResponse(x, r)
	} else if response.Partial != nil {
		x.failure = response.Partial
	}
	response.write(w, x)
}

// handle finds the row, identifies the caller and calls the handler.
func (e *endpoint) handle(x *exchange, r *http.Request) (*Response, error) {
	if e.fault != nil {
		return nil, problem.New(problem.Misconfigured, e.fault)
	}
	row, params, err := match(e.rows, r)
	if err != nil {
		return nil, err
	}
	x.row = row
	if err := checkNavigation(row.Route, r.Header); err != nil {
		return nil, err
	}
	switch row.Access {
	case route.Anyone:
		if err := x.limit(r, auth.Caller{}); err != nil {
			return nil, err
		}
		return x.serve(r, params, auth.Caller{})
	case route.SignIn:
		return x.signIn(r, params)
	}
	x.decision = &audit.Decision{RequestID: x.id, Action: row.Name(), Outcome: audit.Denied}
	caller, early, err := x.authenticate(r, params)
	session.Merge(x.header, caller.SetCookies)
	if err != nil {
		return x.refuse(r, params, err)
	}
	x.decide(caller)
	if early == nil {
		if err := x.admit(r, caller); err != nil {
			return nil, err
		}
		early = &outcome{}
		early.response, early.err = x.serve(r, params, caller)
	}
	if early.tokenRefused() {
		return x.retryRefreshed(r, params, caller, early)
	}
	return early.response, early.err
}

// outcome is what a handler returned.
type outcome struct {
	response *Response
	err      error
}

// tokenRefused reports whether Kinde refused the caller's access token.
func (o *outcome) tokenRefused() bool {
	if o.err == nil {
		return o.response.TokenRefused
	}
	_, byKinde := errors.AsType[*kinde.Error](o.err)
	return byKinde && problem.From(o.err).Code == problem.InvalidToken
}

// authenticate identifies the caller. For a row that does nothing but read, a process
// without signing keys runs the handler while it fetches them: early is its outcome, which
// counts only when err is nil. A caller who must meet more than that is not read for
// beforehand.
func (x *exchange) authenticate(r *http.Request, params map[string]string) (caller auth.Caller, early *outcome,
	err error) {
	if !x.row.ReadsOnly || x.row.Limited || !x.row.Requires.none() {
		caller, err = x.services.auth.Authenticate(r.Context(), x.row.Route, r)
		return caller, nil, err
	}
	serve := func(ctx context.Context, unverified auth.Caller) {
		response, err := recovering(func() (*Response, error) { return x.serve(r.WithContext(ctx), params, unverified) })
		early = &outcome{response, err}
	}
	caller, err = x.services.auth.AuthenticateDuringKeyFetch(r.Context(), x.row.Route, r, serve)
	return caller, early, err
}

// retryRefreshed refreshes the session of a caller whose token Kinde has refused, and
// calls the handler again.
func (x *exchange) retryRefreshed(r *http.Request, params map[string]string, caller auth.Caller,
	refused *outcome) (*Response, error) {
	refreshed, again, err := x.services.auth.RefreshRefused(r.Context(), r, caller)
	session.Merge(x.header, refreshed.SetCookies)
	if err != nil {
		return nil, err
	}
	if !again {
		return refused.response, refused.err
	}
	x.decide(refreshed)
	return x.serve(r, params, refreshed)
}

// refuse is the end for a caller without a valid credential, except where the row serves
// callers without one: then a session that has ended counts as none.
func (x *exchange) refuse(r *http.Request, params map[string]string, err error) (*Response, error) {
	code := problem.From(err).Code
	if code == problem.NoToken && x.services.auth.UsesCookies() && mayRepeat(x.row.Route, r) {
		x.decision.Reason = "repeat-same-site"
		if x.row.OnRepeat != nil {
			x.row.OnRepeat(x.header)
		}
		return x.row.repeat(r)
	}
	if limited := x.limit(r, auth.Caller{}); limited != nil {
		err, code = limited, problem.RateLimited // a caller who guesses tokens learns no more
	}
	x.decision.Reason = auth.Reason(err)
	ended := code == problem.SessionExpired || code == problem.InvalidToken && !auth.HasBearer(r.Header)
	optional := x.row.Access == route.Optional || x.row.Access == route.OptionalSession
	if optional && (code == problem.NoToken || ended) {
		if code == problem.NoToken && x.row.Access == route.Optional {
			x.decision = nil // no one was refused
		}
		return x.serve(r, params, auth.Caller{})
	}
	return nil, err
}

// signIn serves a row that completes a sign-in. The handler's response names the user, and
// its error says that there is none.
func (x *exchange) signIn(r *http.Request, params map[string]string) (*Response, error) {
	x.decision = &audit.Decision{RequestID: x.id, Action: x.row.Name(), Outcome: audit.Denied}
	response, err := x.serve(r, params, auth.Caller{})
	switch {
	case err != nil:
		x.decision.Reason = auth.Reason(err)
	case response.SignedIn != nil:
		x.decide(*response.SignedIn)
	default:
		x.decision = nil // nothing is decided yet
	}
	return response, err
}

func (x *exchange) decide(caller auth.Caller) {
	d := x.decision
	d.Outcome, d.Reason = audit.Allowed, "ok"
	d.Subject, d.OrgCode, d.Scopes, d.Client = caller.Subject, caller.OrgCode, caller.Scopes, caller.Client
}

// recovering turns a panic into an internal problem. Of the panic's value only what the
// runtime itself says goes to the log; others may contain data.
func recovering(serve func() (*Response, error)) (response *Response, err error) {
	defer func() {
		if v := recover(); v != nil {
			what := fmt.Sprintf("%T", v)
			if fault, ok := v.(runtime.Error); ok {
				what = fault.Error()
			}
			response, err = nil, problem.New(problem.Internal, fmt.Errorf("panic: %s at %s", what, panickedAt()))
		}
	}()
	return serve()
}

// panickedAt names the innermost frame of this module.
func panickedAt() string {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	for {
		frame, more := frames.Next()
		if !strings.HasPrefix(frame.Function, "runtime.") {
			return fmt.Sprintf("%s:%d", frame.Function, frame.Line)
		}
		if !more {
			return "unknown"
		}
	}
}

// requestID keeps the caller's id if it is short and plain: long enough for a UUID, too
// short and too plain for a token or an e-mail.
func requestID(h http.Header) string {
	if id := h.Get("X-Request-Id"); text.IsPlain(id, 64, "-_") {
		return id
	}
	return rand.Text()
}
