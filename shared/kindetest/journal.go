package kindetest

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// maxCalls bounds what the journal keeps; the oldest calls go first.
const maxCalls = 2000

// Call is a request that came in, whether a fault took it or not.
type Call struct {
	At           time.Time
	Method, Path string
	Host         string
	Query        url.Values
	Header       http.Header
	Form         url.Values // of the body; nil unless it was a form
}

type journal struct {
	mu    sync.Mutex
	calls []Call
}

func (j *journal) record(r *http.Request, at time.Time) {
	call := Call{
		At: at, Method: r.Method, Path: r.URL.Path, Host: r.Host,
		Query: r.URL.Query(), Header: r.Header.Clone(), Form: maps.Clone(r.PostForm),
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.calls) >= maxCalls {
		j.calls = slices.Delete(j.calls, 0, maxCalls/2)
	}
	j.calls = append(j.calls, call)
}

// Calls returns the requests that match pattern (see Fault), the oldest
// first; "/" is all. Only the last thousand or so are kept.
func (k *Kinde) Calls(pattern string) []Call {
	k.journal.mu.Lock()
	defer k.journal.mu.Unlock()
	var found []Call
	for _, call := range k.journal.calls {
		if matches(pattern, call.Method, call.Path) {
			found = append(found, call)
		}
	}
	return found
}

// ForgetCalls empties the record.
func (k *Kinde) ForgetCalls() {
	k.journal.mu.Lock()
	defer k.journal.mu.Unlock()
	k.journal.calls = nil
}
