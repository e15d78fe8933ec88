package endpoint

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// laterPause is how long a function whose secrets could not be fetched answers
// `misconfigured` before a request makes it try again.
const laterPause = 5 * time.Second

// later is a function some of whose secrets could not be fetched during init: it
// is made anew until they can, so that a passing fault does not last as long as
// the process.
type later struct {
	function Function

	mu      sync.Mutex
	current *endpoint
	next    time.Time // when to try again; zero: never, nothing is missing any more
}

func (l *later) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.made(r.Context()).ServeHTTP(w, r)
}

// made is the endpoint to serve with. Requests wait for the one that tries.
func (l *later) made(ctx context.Context) *endpoint {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.next.IsZero() || time.Now().Before(l.next) {
		return l.current
	}
	e, unfetched := l.function.make(ctx)
	e.requests.Store(l.current.requests.Load())
	l.current, l.next = e, time.Time{}
	if unfetched {
		l.next = time.Now().Add(laterPause)
	}
	return e
}
