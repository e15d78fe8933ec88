package endpoint

import (
	"context"
	"errors"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"kinde-functions/shared/audit"
	"kinde-functions/shared/config"
	"kinde-functions/shared/secrets"
)

const (
	// retrySecrets is how long a function whose secrets could not be fetched responds
	// `misconfigured` before a request makes it try again.
	retrySecrets = 5 * time.Second
	// maxPreviews is how many previews a process keeps ready.
	maxPreviews = 8
)

// server serves a function for the sites of a deployment: its own, and by PREVIEW_ORIGINS
// those of its previews. A preview is a site of its own, with endpoints built from the
// same settings and another KINDE_SITE_URL: its cookies, callback and return URLs all
// follow from that.
type server struct {
	function Function
	requests atomic.Int64

	mu       sync.Mutex
	main     *endpoint
	retry    time.Time // when to fetch secrets again; zero: all have been fetched
	previews []*endpoint
}

// endpoint is a function as it serves one site.
type endpoint struct {
	settings *config.Settings
	lookup   config.Lookup // with secrets fetched
	services *Services
	rows     []row
	log      *audit.Log
	chain    http.Handler // CORS, then respond
	fault    error        // why every request is responded to with `misconfigured`
	requests *atomic.Int64
}

// Handler loads the settings, builds the handlers and returns the function's HTTP
// handler. It panics when handlers and table disagree, which is a mistake in the program
// and not in a deployment.
func (f Function) Handler() http.Handler {
	s := &server{function: f}
	s.load(context.Background())
	return s
}

// ServeHTTP serves a request as the site that it was made to.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e := s.loaded(r.Context())
	fromOrigin(r, e.settings.OriginSecret)
	if origin, ok := e.previewOf(r.Host); ok {
		e = s.preview(e, origin)
	}
	e.ServeHTTP(w, r)
}

// loaded returns the endpoint of the deployment's own site. Requests wait for one that
// fetches secrets again.
func (s *server) loaded(ctx context.Context) *endpoint {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.retry.IsZero() && !time.Now().Before(s.retry) {
		s.load(ctx)
	}
	return s.main
}

// load fetches the secrets and builds the endpoint of the deployment's own site.
func (s *server) load(ctx context.Context) {
	lookup := s.function.Lookup
	if lookup == nil {
		lookup = os.LookupEnv
	}
	lookup, faults := secrets.Fetch(ctx, lookup, config.Of(s.function.Name))
	s.main, s.previews, s.retry = s.build(lookup, faults), nil, time.Time{}
	if len(faults) > 0 {
		s.retry = time.Now().Add(retrySecrets)
	}
}

// preview returns the endpoint of a preview. The preview that was used longest ago makes
// room for a new one.
func (s *server) preview(main *endpoint, origin string) *endpoint {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.previews, func(e *endpoint) bool { return e.settings.Site == origin })
	var e *endpoint
	if i >= 0 {
		e = s.previews[i]
		s.previews = slices.Delete(s.previews, i, i+1)
	} else {
		e = s.build(func(name string) (string, bool) {
			if name == config.Site.Name() {
				return origin, true
			}
			return main.lookup(name)
		}, nil)
		if len(s.previews) == maxPreviews {
			s.previews = s.previews[1:]
		}
	}
	s.previews = append(s.previews, e)
	return e
}

// previewOf returns the origin of the preview that a request to host is for. Only the
// host that the platform gives counts.
func (e *endpoint) previewOf(host string) (origin string, ok bool) {
	if _, own, _ := strings.Cut(e.settings.Site, "://"); host == own {
		return "", false
	}
	for _, pattern := range e.settings.PreviewOrigins {
		if origin, ok := pattern.Match(host); ok {
			return origin, true
		}
	}
	return "", false
}

// build builds an endpoint. faults are those of secrets that could not be fetched.
func (s *server) build(lookup config.Lookup, faults config.Faults) *endpoint {
	f := s.function
	settings, err := config.Load(lookup, config.Of(f.Name)...)
	if len(faults) > 0 {
		others, _ := errors.AsType[config.Faults](err)
		err = append(slices.Clip(faults), others...)
	}
	e := &endpoint{settings: settings, lookup: lookup, requests: &s.requests}
	if f.Output != nil {
		e.log = audit.New(f.Output, f.Name, settings.LogLevel)
	} else {
		e.log = audit.New(os.Stdout, f.Name, settings.LogLevel)
		audit.SetDefault(os.Stdout, f.Name, settings.LogLevel)
	}
	e.chain = http.HandlerFunc(e.respond)
	if err == nil || f.Tolerant {
		err = e.connect(f)
	}
	e.fault = err
	return e
}

func (e *endpoint) connect(f Function) error {
	e.services = &Services{Settings: e.settings}
	if f.Connect != nil {
		if err := f.Connect(e.services, f.Name); err != nil {
			return err
		}
	}
	handlers, err := f.Build(e.services)
	if err != nil {
		return err
	}
	e.rows = bind(f.Name, handlers, e.services)
	return e.allow(f.CORS, e.settings.AllowedOrigins)
}
