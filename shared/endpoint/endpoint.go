// Package endpoint serves one function's rows of the route table.
//
// Registering a handler is what protects it: this package alone applies methods,
// credentials, CORS, parameters, limits, the body cap, the deadline, headers, error
// rendering, recovery and the log lines. A handler receives an identified caller and
// checked parameters, and returns a response or an error.
//
// The package defends against a route that lacks one of these, against one user's data in
// another's response (all state of a request is in its exchange), and against browsers
// that load pages ahead: a prefetch starts no sign-in and spends no portal link.
package endpoint

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"

	"kinde-functions/shared/auth"
	"kinde-functions/shared/config"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/problem"
	"kinde-functions/shared/route"
	"kinde-functions/shared/token"
)

// Function is one binary. Its settings are those that config.Of lists for its name.
type Function struct {
	// Name is its folder in functions/, and its name in route.Table.
	Name string
	// Build returns the handlers, during init. Its error becomes a `misconfigured`
	// response to each request; the text goes to the log. It is called once for each site
	// that is served: again after secrets that could not be fetched, and for previews.
	Build func(*Services) (Handlers, error)
	// Connect is ToKinde, ToStore or nil. It is a field so that a binary links only what
	// its rows need.
	Connect Connect
	// CORS is AllowOrigins where there are rows under /api/, else nil.
	CORS CORS
	// Tolerant functions serve with the settings that could be read.
	Tolerant bool
	Lookup   config.Lookup // nil: the process's environment
	Output   io.Writer     // of the log; nil: standard output
}

// API returns a function for users whose rows are under /api/.
func API(name string, build func(*Services) (Handlers, error)) Function {
	return Function{Name: name, Build: build, Connect: ToKinde, CORS: AllowOrigins}
}

// Page returns a function whose rows browsers navigate to, outside /api/.
func Page(name string, build func(*Services) (Handlers, error)) Function {
	return Function{Name: name, Build: build, Connect: ToKinde}
}

// Services are what a function's handlers are built from. Those that Connect does not
// provide are nil.
type Services struct {
	Settings *config.Settings
	Shared   *auth.Shared    // by ToKinde and ToStore
	Kinde    *kinde.Client   // by ToKinde, like the following
	Verifier *token.Verifier // of access and ID tokens
	Sessions *auth.Sessions  // nil also where SESSION_KEYS is unset

	auth    Authenticator
	limiter Limiter
}

// Machine returns a Machine with the M2M application's credentials, nil if there are none.
func (s *Services) Machine() *kinde.Machine {
	set := s.Settings
	if set.M2MClientID == "" {
		return nil
	}
	return kinde.NewMachine(s.Kinde, set.M2MClientID, set.M2MClientSecret, s.Shared.Store, set.UpstreamTimeout)
}

// Authenticator identifies callers; auth.Authenticator does.
type Authenticator interface {
	Authenticate(context.Context, route.Route, *http.Request) (auth.Caller, error)
	AuthenticateDuringKeyFetch(context.Context, route.Route, *http.Request,
		func(context.Context, auth.Caller)) (auth.Caller, error)
	RefreshRefused(context.Context, *http.Request, auth.Caller) (caller auth.Caller, ok bool, err error)
	UsesCookies() bool
}

// Handlers are a function's handlers by route name, such as "GET /portal": one for each
// row.
type Handlers map[string]Handler

// Handler serves one row.
type Handler struct {
	Serve Serve
	// Requires is what the caller's token and account must have.
	Requires Requirements
	// ErrorPage, if set, returns the Location of the page that explains a failure to
	// callers who do not accept JSON. If it returns "", they get a page from here.
	ErrorPage func(*problem.Error) string
	// OnRepeat, if set, adds header fields to the page that repeats a request.
	OnRepeat func(http.Header)
}

// Serve handles a request. An error is rendered as the *problem.Error in its chain, or
// else as an internal one. Serve is called concurrently and must not retain the request.
type Serve func(ctx context.Context, r *Request) (*Response, error)

type row struct {
	route.Route
	Handler
}

// bind finds the handler of each row.
func bind(function string, handlers Handlers, s *Services) []row {
	var rows []row
	for _, r := range route.Of(function) {
		handler, ok := handlers[r.Name()]
		if !ok || r.Access != route.Anyone && s.auth == nil {
			panic(fmt.Sprintf("endpoint: %s: no handler for %s, or no Connect", function, r.Name()))
		}
		if r.Limited && s.limiter == nil {
			panic(fmt.Sprintf("endpoint: %s: %s is limited and there is no Connect", function, r.Name()))
		}
		rows = append(rows, row{r, handler})
	}
	if len(rows) == 0 || len(rows) != len(handlers) {
		panic(fmt.Sprintf("endpoint: %s: handlers %v are not its rows", function, slices.Sorted(maps.Keys(handlers))))
	}
	return rows
}
