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
	"kinde-functions/shared/outbound"
	"kinde-functions/shared/problem"
	"kinde-functions/shared/route"
	"kinde-functions/shared/token"
)

const (
	// reserve is kept of the Lambda's time, so that the caller gets our 504
	// and not a gateway's: 300 ms by contract and what rendering may take.
	reserve = 330 * time.Millisecond
	// ownLimit bounds a request where the platform sets no deadline.
	ownLimit = 10 * time.Second
)

// exchange is one request and what is found out about it on the way.
type exchange struct {
	id       string
	begin    time.Time
	traffic  *outbound.Traffic
	cold     bool
	row      *row // nil until the path and method have matched
	limiter  Limiter
	out      http.Header     // goes with the answer, whatever it is
	decision *audit.Decision // nil until credentials have been looked at
	failure  *problem.Error
}

type exchangeKey struct{}

// ServeHTTP answers a request and writes its log lines.
func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fromOrigin(r, e.origin)
	x := &exchange{id: requestID(r.Header), begin: time.Now(), cold: e.requests.Add(1) == 1, out: http.Header{}, limiter: e.limiter}
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
	out := &statusWriter{ResponseWriter: w, status: http.StatusOK}
	e.chain.ServeHTTP(out, r.WithContext(context.WithValue(ctx, exchangeKey{}, x)))
	e.report(x, r.Method, out.status, time.Since(x.begin))
}

// answer is the handler inside CORS.
func (e *endpoint) answer(w http.ResponseWriter, r *http.Request) {
	x := r.Context().Value(exchangeKey{}).(*exchange)
	reply, err := x.recovering(func() (*Reply, error) { return e.reply(x, r) })
	if err != nil {
		x.failure = problem.From(err)
		reply = x.failureReply(r)
	} else if reply.Partial != nil {
		x.failure = reply.Partial
	}
	reply.write(w, x)
}

// reply finds the row, then the caller, then the answer.
func (e *endpoint) reply(x *exchange, r *http.Request) (*Reply, error) {
	if e.misfit != nil {
		return nil, problem.New(problem.Misconfigured, e.misfit)
	}
	row, params, err := match(e.rows, r)
	if err != nil {
		return nil, err
	}
	x.row = row
	if row.Access == route.Anyone {
		if err := x.limit(r, Caller{}); err != nil {
			return nil, err
		}
		return row.serve(x, r, params, Caller{})
	}
	x.decision = &audit.Decision{RequestID: x.id, Action: row.Name(), Outcome: audit.Denied}
	if row.Access == route.Newcomer {
		return x.welcome(row, r, params)
	}
	found, err := e.callers.read(row, r, x.out)
	if err != nil {
		if problem.From(err).Code == problem.NoToken && e.callers.cookies() && fromElsewhere(row, r) {
			x.decision.Reason = "repeat-same-site"
			return row.repeat(r)
		}
		return x.turnedAway(row, r, params, err)
	}
	// Whoever must meet more than verify is not asked for beforehand.
	if row.ReadsOnly && !row.Limited && len(row.Scopes) == 0 && !found.slow && e.callers.mustFetch() {
		return x.overlapped(row, r, params, found)
	}
	caller, err := found.verify(r.Context())
	if err != nil {
		return x.turnedAway(row, r, params, err)
	}
	x.decide(caller, nil)
	if err := x.admit(r, caller); err != nil {
		return nil, err
	}
	return row.serve(x, r, params, caller)
}

// turnedAway is the end for a caller without a good credential, except where
// the row takes visitors and the credential is missing, or is a session that is
// over.
func (x *exchange) turnedAway(row *row, r *http.Request, params map[string]string, err error) (*Reply, error) {
	if limited := x.limit(r, Caller{}); limited != nil {
		err = limited // who guesses tokens is told no more about them
	}
	x.decide(Caller{}, err)
	code := problem.From(err).Code
	_, bearerErr := bearerToken(r.Header)
	bearer := bearerErr == nil || problem.From(bearerErr).Code != problem.NoToken
	over := code == problem.SessionExpired || code == problem.InvalidToken && !bearer
	if row.Access == route.Visitor && (code == problem.NoToken || over) {
		if code == problem.NoToken {
			x.decision = nil // nobody was turned away
		}
		return row.serve(x, r, params, Caller{})
	}
	return nil, err
}

// welcome serves a row that makes somebody a caller: the handler's reply says
// whom, its error that nobody.
func (x *exchange) welcome(row *row, r *http.Request, params map[string]string) (*Reply, error) {
	reply, err := row.serve(x, r, params, Caller{})
	switch {
	case err != nil:
		x.decide(Caller{}, err)
	case reply.Welcomed != nil:
		x.decide(*reply.Welcomed, nil)
	default:
		x.decision = nil // nothing is decided yet
	}
	return reply, err
}

// overlapped asks upstream while the signing keys are being fetched, and
// withholds the answer, whatever it is, until the signature has verified.
func (x *exchange) overlapped(row *row, r *http.Request, params map[string]string, found *candidate) (*Reply, error) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	type result struct {
		reply *Reply
		err   error
	}
	answered := make(chan result, 1)
	go func() {
		reply, err := x.recovering(func() (*Reply, error) { return row.serve(x, r.WithContext(ctx), params, found.unverified) })
		answered <- result{reply, err}
	}()
	caller, err := found.verify(r.Context())
	x.decide(caller, err)
	if err != nil {
		cancel()
		<-answered // ends at once, and nothing outlives its request
		return nil, err
	}
	withheld := <-answered
	return withheld.reply, withheld.err
}

func (x *exchange) decide(caller Caller, err error) {
	if err != nil {
		x.decision.Reason = reason(err)
		return
	}
	d := x.decision
	d.Outcome, d.Reason = audit.Allowed, "ok"
	d.Subject, d.OrgCode, d.Scopes, d.Client = caller.Subject, caller.OrgCode, caller.Scopes, caller.Client
}

// recovering turns a panic into an internal problem. Of the panic's value only
// what the runtime itself says goes to the log; others may hold data.
func (x *exchange) recovering(serve func() (*Reply, error)) (reply *Reply, err error) {
	defer func() {
		if v := recover(); v != nil {
			what := fmt.Sprintf("%T", v)
			if fault, ok := v.(runtime.Error); ok {
				what = fault.Error()
			}
			reply, err = nil, problem.New(problem.Internal, fmt.Errorf("panic: %s at %s", what, panickedAt()))
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

// report writes the log lines, once the answer is known.
func (e *endpoint) report(x *exchange, method string, status int, took time.Duration) {
	line := audit.Request{ID: x.id, Method: method, Status: status, Cold: x.cold, Duration: took}
	line.UpstreamCalls, line.Upstream = x.traffic.Read()
	if x.row != nil {
		line.Route = x.row.Pattern
	}
	if x.failure != nil {
		line.Failure = audit.Failure{Code: string(x.failure.Code), Remedy: x.failure.Remedy}
		if x.failure.Cause != nil {
			line.Failure.Cause = x.failure.Cause.Error()
		}
	}
	x.reconsider()
	e.log.Write(line, x.decision)
}

// reconsider turns the decision about a caller whose token was good and who was
// turned away for another reason.
func (x *exchange) reconsider() {
	d := x.decision
	if d == nil || d.Outcome != audit.Allowed || x.failure == nil {
		return
	}
	switch code := x.failure.Code; code {
	case problem.InvalidToken:
		d.Outcome, d.Reason = audit.Denied, "refused-by-kinde"
	case problem.InsufficientScope, problem.RateLimited, problem.NotYourToken:
		d.Outcome, d.Reason = audit.Denied, string(code)
	}
}

// reason is a fixed word for why a caller was turned away.
func reason(err error) string {
	if invalid, ok := errors.AsType[*token.InvalidError](err); ok {
		return invalid.Reason
	}
	return string(problem.From(err).Code)
}

// requestID keeps the caller's id when it is short and plain: long enough for
// a UUID, too short and too plain for a token or an e-mail.
func requestID(h http.Header) string {
	id := h.Get("X-Request-Id")
	plain := !strings.ContainsFunc(id, func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
	if id != "" && len(id) <= 64 && plain {
		return id
	}
	return rand.Text()
}
