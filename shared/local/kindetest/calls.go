package kindetest

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// maxCalls is the most calls that are kept; the oldest are dropped first.
const maxCalls = 2000

// Call is a request that the tenant received, whether a fault replaced the response or not.
type Call struct {
	At           time.Time
	Method, Path string
	Host         string
	Query        url.Values
	Header       http.Header
	Form         url.Values // of the body; nil unless it was a form
}

type callLog struct {
	mu    sync.Mutex
	calls []Call
}

func (j *callLog) record(r *http.Request, at time.Time) {
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
	k.callLog.mu.Lock()
	defer k.callLog.mu.Unlock()
	var found []Call
	for _, call := range k.callLog.calls {
		if matches(pattern, call.Method, call.Path) {
			found = append(found, call)
		}
	}
	return found
}

// ForgetCalls drops the recorded calls.
func (k *Kinde) ForgetCalls() {
	k.callLog.mu.Lock()
	defer k.callLog.mu.Unlock()
	k.callLog.calls = nil
}
