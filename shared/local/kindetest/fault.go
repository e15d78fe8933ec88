package kindetest

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Fault is a way in which an endpoint fails. Delay and Header alone change
// the usual response; any other field replaces it.
type Fault struct {
	Status int         // of the response; 0: 200
	Header http.Header // added to the response
	Body   string      // ErrorBody makes Kinde's shapes
	Delay  time.Duration
	// Hang sends no response; it ends when the client gives up or the server closes.
	Hang bool
	// Reset breaks the connection without a response.
	Reset bool
	// Malformed sends text that claims to be JSON.
	Malformed bool
	// Truncated promises more bytes than it sends, then breaks the connection.
	Truncated bool
	// Huge sends valid JSON of this many bytes.
	Huge int
	// Times is how many requests fail before the fault is over; 0: every one
	// until ClearFaults.
	Times int
}

// Fault makes requests that match pattern fail. A pattern is a path, a path
// that ends in / and covers everything below it, or either of them after
// a method and a space. Faults are used up in the order in which they were
// set, so that two of one Time each are a sequence.
func (k *Kinde) Fault(pattern string, f Fault) {
	k.faults.mu.Lock()
	defer k.faults.mu.Unlock()
	k.faults.list = append(k.faults.list, &plannedFault{pattern, f, f.Times})
}

// ClearFaults ends every fault.
func (k *Kinde) ClearFaults() {
	k.faults.mu.Lock()
	defer k.faults.mu.Unlock()
	k.faults.list = nil
}

type plannedFault struct {
	pattern string
	fault   Fault
	left    int
}

type faultList struct {
	mu   sync.Mutex
	list []*plannedFault
}

// take returns the fault for a request and removes it when it is used up.
func (l *faultList) take(r *http.Request) (Fault, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, planned := range l.list {
		if !matches(planned.pattern, r.Method, r.URL.Path) {
			continue
		}
		if planned.fault.Times > 0 {
			if planned.left--; planned.left == 0 {
				l.list = append(l.list[:i:i], l.list[i+1:]...)
			}
		}
		return planned.fault, true
	}
	return Fault{}, false
}

func matches(pattern, method, path string) bool {
	if m, rest, found := strings.Cut(pattern, " "); found {
		if m != method {
			return false
		}
		pattern = rest
	}
	return path == pattern || strings.HasSuffix(pattern, "/") && strings.HasPrefix(path, pattern)
}

// play produces the fault and reports whether it replaced the response.
func (f Fault) play(w http.ResponseWriter, r *http.Request) (done bool) {
	if f.Hang {
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}
	if f.Delay > 0 {
		select {
		case <-time.After(f.Delay):
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	}
	if f.Reset {
		reset(w)
	}
	for name, values := range f.Header {
		w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	if f.Status == 0 && f.Body == "" && !f.Malformed && !f.Truncated && f.Huge == 0 {
		return false
	}
	f.respond(w)
	return true
}

func (f Fault) respond(w http.ResponseWriter) {
	status := f.Status
	if status == 0 {
		status = http.StatusOK
	}
	isJSON := f.Body == "" || f.Body[0] == '{' || f.Body[0] == '['
	if w.Header().Get("Content-Type") == "" && isJSON {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
	}
	switch {
	case f.Truncated:
		part := f.Body
		if part == "" {
			part = `{"data":{"org_code":"`
		}
		// net/http closes the connection when a handler writes less than it declared.
		w.Header().Set("Content-Length", strconv.Itoa(len(part)+1000))
		w.WriteHeader(status)
		_, _ = io.WriteString(w, part)
	case f.Huge > 0:
		w.WriteHeader(status)
		writeHuge(w, f.Huge)
	case f.Malformed:
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, `{"data": <html>this is not JSON`)
	default:
		w.WriteHeader(status)
		_, _ = io.WriteString(w, f.Body)
	}
}

// writeHuge writes n bytes of JSON, as one long string in an object.
func writeHuge(w io.Writer, n int) {
	const head, tail = `{"data":"`, `"}`
	chunk := strings.Repeat("x", 32<<10)
	_, _ = io.WriteString(w, head)
	for left := n - len(head) - len(tail); left > 0; {
		part := chunk[:min(left, len(chunk))]
		if _, err := io.WriteString(w, part); err != nil {
			return
		}
		left -= len(part)
	}
	_, _ = io.WriteString(w, tail)
}

// reset breaks the connection with a TCP RST where there is one to break.
func reset(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = conn.Close()
	}
	panic(http.ErrAbortHandler)
}
