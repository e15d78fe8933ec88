package lambdarun

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// maxResponse is MaxPayload with the margin that Lambda allows for responses.
const maxResponse = MaxPayload + 100

// invocation is one event in the Runtime API.
type invocation struct {
	id      string
	event   []byte
	timeout time.Duration
	handed  time.Time    // when it was sent to the process
	done    chan outcome // has room for one response
}

type outcome struct {
	payload []byte
	err     error
	took    time.Duration // from sending the event to receiving the response
}

func newInvocation(event []byte, timeout time.Duration) *invocation {
	return &invocation{id: requestID(), event: event, timeout: timeout, done: make(chan outcome, 1)}
}

// requestID returns a version 4 UUID (RFC 9562), which is what Lambda's
// request ids are.
func requestID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// runtimeAPI is the HTTP server that one process talks to.
type runtimeAPI struct {
	function  string
	listener  net.Listener
	server    *http.Server
	events    chan *invocation // received by a waiting "next"
	ready     chan struct{}    // closed at the first "next"
	readyOnce sync.Once
	initError chan error // has room for one

	mu      sync.Mutex
	current *invocation // delivered, without a response yet
}

func listen(function string) (*runtimeAPI, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	a := &runtimeAPI{
		function:  function,
		listener:  l,
		events:    make(chan *invocation),
		ready:     make(chan struct{}),
		initError: make(chan error, 1),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", a.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", a.response)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", a.failure)
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", a.initFailure)
	a.server = &http.Server{Handler: a.noBrowsers(mux), ReadHeaderTimeout: 5 * time.Second, ConnContext: withConn}
	go func() { _ = a.server.Serve(connListener{l}) }() // until close
	return a, nil
}

func (a *runtimeAPI) address() string { return a.listener.Addr().String() }

func (a *runtimeAPI) close() { a.server.Close() }

// noBrowsers refuses requests that a web page could send: a page that guesses the
// port could otherwise take an event from the function. Browsers send
// Sec-Fetch-Site or Origin, and DNS rebinding shows in Host.
func (a *runtimeAPI) noBrowsers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != a.address() || r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "" {
			http.Error(w, "this is a function's Runtime API", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// next responds with the next event, after any length of time.
func (a *runtimeAPI) next(w http.ResponseWriter, r *http.Request) {
	a.readyOnce.Do(func() { close(a.ready) })
	var inv *invocation
	select {
	case inv = <-a.events:
	case <-r.Context().Done():
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(inv.event)))
	h.Set("Lambda-Runtime-Aws-Request-Id", inv.id)
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(inv.timeout).UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:"+region+":"+account+":function:"+a.function)
	h.Set("Lambda-Runtime-Trace-Id", traceID())
	c := connOf(r)
	c.gather()
	w.Write(inv.event)
	_ = http.NewResponseController(w).Flush() // into c, where nothing fails
	a.mu.Lock()
	inv.handed = time.Now()
	a.current = inv
	a.mu.Unlock()
	c.send()
}

func (a *runtimeAPI) response(w http.ResponseWriter, r *http.Request) {
	payload, ok := a.read(w, r)
	if !ok {
		return
	}
	// A failed streamed response has the error in its trailers.
	if kind := r.Trailer.Get("Lambda-Runtime-Function-Error-Type"); kind != "" {
		body, _ := base64.StdEncoding.DecodeString(r.Trailer.Get("Lambda-Runtime-Function-Error-Body"))
		a.finish(w, r, outcome{err: functionError(kind, body)})
		return
	}
	a.finish(w, r, outcome{payload: payload})
}

func (a *runtimeAPI) failure(w http.ResponseWriter, r *http.Request) {
	if body, ok := a.read(w, r); ok {
		a.finish(w, r, outcome{err: functionError(r.Header.Get("Lambda-Runtime-Function-Error-Type"), body)})
	}
}

func (a *runtimeAPI) initFailure(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxResponse))
	if err != nil {
		refuse(w, http.StatusBadRequest, "InvalidRequest")
		return
	}
	select {
	case a.initError <- functionError(r.Header.Get("Lambda-Runtime-Function-Error-Type"), body):
	default: // the first one counts
	}
	w.WriteHeader(http.StatusAccepted)
}

// read returns the body of the current event's response, or responds with an error.
func (a *runtimeAPI) read(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	if !a.isCurrent(r.PathValue("id")) {
		refuse(w, http.StatusBadRequest, "InvalidRequestID")
		return nil, false
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxResponse))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		// The process only sees the 413; the caller gets this error.
		if inv := a.take(r.PathValue("id")); inv != nil {
			inv.done <- outcome{err: &FunctionError{
				Type:    "Function.ResponseSizeTooLarge",
				Message: fmt.Sprintf("the response exceeds %d bytes", maxResponse),
			}}
		}
		refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge")
		return nil, false
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, "InvalidRequest")
		return nil, false
	}
	return body, true
}

// finish passes the outcome to the waiting Invoke before it responds to the
// process, which may exit as soon as it has the response.
func (a *runtimeAPI) finish(w http.ResponseWriter, r *http.Request, o outcome) {
	responded := connOf(r).arrived.Load()
	inv := a.take(r.PathValue("id"))
	if inv == nil {
		refuse(w, http.StatusBadRequest, "InvalidRequestID")
		return
	}
	o.took = responded.Sub(inv.handed) // nothing arrives after a response until it has been taken
	inv.done <- o
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	io.WriteString(w, `{"status":"OK"}`)
}

func (a *runtimeAPI) isCurrent(id string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.current != nil && a.current.id == id
}

// take returns the current invocation, once, if it has that id.
func (a *runtimeAPI) take(id string) *invocation {
	a.mu.Lock()
	defer a.mu.Unlock()
	inv := a.current
	if inv == nil || inv.id != id {
		return nil
	}
	a.current = nil
	return inv
}

func refuse(w http.ResponseWriter, status int, kind string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"errorType":%q,"errorMessage":%q}`, kind, http.StatusText(status))
}

// functionError reads Lambda's error object; kind, from a header, fills in for
// bodies without a type.
func functionError(kind string, body []byte) *FunctionError {
	var e struct {
		Type    string `json:"errorType"`
		Message string `json:"errorMessage"`
	}
	if err := json.Unmarshal(body, &e); err != nil {
		e.Message = "the function reported an error that is not Lambda's JSON"
	}
	if e.Type == "" {
		e.Type = kind
	}
	return &FunctionError{Type: e.Type, Message: e.Message}
}
