// Package endpoint serves one function's rows of the route table.
//
// It alone applies methods, credentials, CORS, parameters, the body cap, the
// deadline, headers, error rendering, recovery and the log lines, so that
// registering a handler is what protects it: a handler gets a verified caller
// and checked parameters, and returns a reply or an error. It defends against a
// route that forgot one of these, and against one person's request showing in
// another's: all state of a request lives in its exchange.
package endpoint

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"kinde-functions/shared/audit"
	"kinde-functions/shared/config"
	"kinde-functions/shared/problem"
	"kinde-functions/shared/route"
	"kinde-functions/shared/secrets"
)

// Function is what a binary is made of.
type Function struct {
	Name     string           // its folder, and its name in route.Table
	Settings []config.Setting // what it needs and uses
	// Build makes the parts, during init; its error becomes a `misconfigured`
	// answer to each request, its text goes to the log. It is called once, except
	// where a secret could not be fetched: then when it has been.
	Build func(*config.Settings) (Parts, error)
	// CORS is AllowOrigins where there are rows under /api/. It is handed in so that
	// a binary without such rows links none of it.
	CORS CORS
	// Tolerant functions serve with the settings that could be read.
	Tolerant bool
	Lookup   config.Lookup // nil: the process's environment
	Output   io.Writer     // of the log; nil: standard output
}

// Parts is what a function brings to its rows.
type Parts struct {
	// Handlers by route name, such as "GET /portal": one for each row.
	Handlers map[string]Handler
	// Callers finds out who calls; needed by rows that are not for anyone.
	Callers Callers
	// Limiter counts who has called how often; needed by limited rows.
	Limiter Limiter
}

// Handler answers one row.
type Handler struct {
	Serve Handle
	// Scopes must all be in the caller's token; none: any token will do.
	Scopes []string
	// ErrorPage, where it is set, gives the Location of the page that explains
	// a failure to callers who do not accept JSON. Nil, or "" from it: they get
	// the problem.
	ErrorPage func(*problem.Error) string
}

// Handle answers a request or returns an error, which is rendered as the
// *problem.Error in its chain, or else as an internal one. It runs in parallel
// with itself and must keep nothing of a request.
type Handle func(ctx context.Context, r *Request) (*Reply, error)

type endpoint struct {
	rows     []row
	callers  Callers
	limiter  Limiter
	origin   string // by which the site's distribution is known; empty: there is none
	log      *audit.Log
	chain    http.Handler // CORS, then answer
	misfit   error        // why every request is answered `misconfigured`
	requests atomic.Int64
}

type row struct {
	route.Route
	Handler
}

// Handler loads the settings, builds the parts and gives the function's HTTP
// handler. It panics when handlers and table disagree, which is a mistake in
// the program and not in a deployment.
func (f Function) Handler() http.Handler {
	e, unfetched := f.make(context.Background())
	if unfetched {
		return &later{function: f, current: e, next: time.Now().Add(laterPause)}
	}
	return e
}

// make is Handler once, and reports whether a secret could not be fetched, which
// may pass.
func (f Function) make(ctx context.Context) (e *endpoint, unfetched bool) {
	lookup := f.Lookup
	if lookup == nil {
		lookup = os.LookupEnv
	}
	uses := append(slices.Clip(f.Settings), config.OriginSecret)
	lookup, faults := secrets.Fetch(ctx, lookup, uses)
	settings, err := config.Load(lookup, uses...)
	if len(faults) > 0 {
		others, _ := errors.AsType[config.Faults](err)
		err = append(faults, others...)
	}
	e = &endpoint{origin: settings.OriginSecret}
	if f.Output != nil {
		e.log = audit.New(f.Output, f.Name, settings.LogLevel)
	} else {
		e.log = audit.New(os.Stdout, f.Name, settings.LogLevel)
		audit.SetDefault(os.Stdout, f.Name, settings.LogLevel)
	}
	e.chain = http.HandlerFunc(e.answer)
	if err == nil || f.Tolerant {
		var parts Parts
		if parts, err = f.Build(settings); err == nil {
			e.rows, e.callers, e.limiter = bind(f.Name, parts), parts.Callers, parts.Limiter
			err = e.allow(f.CORS, settings.AllowedOrigins)
		}
	}
	e.misfit = err
	return e, len(faults) > 0
}

// bind puts each handler to its row.
func bind(function string, parts Parts) []row {
	var rows []row
	for _, r := range route.Of(function) {
		handler, ok := parts.Handlers[r.Name()]
		if !ok || r.Access != route.Anyone && parts.Callers == nil {
			panic(fmt.Sprintf("endpoint: %s: no handler or no callers for %s", function, r.Name()))
		}
		if r.Limited && parts.Limiter == nil {
			panic(fmt.Sprintf("endpoint: %s: no limiter for %s", function, r.Name()))
		}
		rows = append(rows, row{r, handler})
	}
	if len(rows) == 0 || len(rows) != len(parts.Handlers) {
		panic(fmt.Sprintf("endpoint: %s: handlers %v are not its rows", function, slices.Sorted(maps.Keys(parts.Handlers))))
	}
	return rows
}
