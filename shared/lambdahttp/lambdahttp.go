// Package lambdahttp turns Lambda events into net/http requests and what the
// handler writes into Lambda answers. It serves API Gateway payload 1.0
// (Netlify, REST APIs, HTTP APIs set to 1.0) and payload 2.0 (HTTP APIs,
// function URLs) from the same binary, and does nothing else.
//
// It defends the handler against an event that says something other than the
// client's request did:
//   - the payload format is read from the event's content, never from a header;
//   - a path stays a path: one that arrives decoded, as `/a?admin=1` or `/a#x`,
//     never becomes a query or a fragment;
//   - host and client IP come from the platform, never from a header that the
//     client writes, X-Forwarded-For and X-GoLambdaProxy-* included;
//   - header values keep their commas and their number, and cookies theirs;
//   - a broken event or body, a panic, or a handler that writes nothing is an
//     answer, not a function error, and never the end of the process;
//   - control characters in a handler's header never reach the wire.
//
// Answers go through api-proxy's core, which buffers the body and lays out both
// formats. Requests do not: core parses the path as part of a URL, splits
// headers on commas and prints paths of requests that it cannot convert, so all
// that it made would have to be overwritten.
package lambdahttp

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"runtime"
	"strconv"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

// Adapter serves Lambda events with an [http.Handler]. It holds no state
// between events and is safe for concurrent use.
type Adapter struct {
	handler http.Handler
	// afterAnswer gets what is to run once the answer is on its way; nil: it
	// runs before the answer is returned.
	afterAnswer func(func())
}

var _ lambda.Handler = (*Adapter)(nil)

// New returns an Adapter that serves events with h.
func New(h http.Handler) *Adapter {
	return &Adapter{handler: h}
}

// Start serves events from the Lambda Runtime API with h. It is called once,
// from main, and does not return.
func Start(h http.Handler) {
	limitProcs()
	a := New(h)
	if lambdacontext.MaxConcurrency() == 1 {
		api := &runtimeAPI{host: os.Getenv("AWS_LAMBDA_RUNTIME_API"), others: http.DefaultTransport}
		http.DefaultTransport = api
		a.afterAnswer = func(f func()) { api.afterWrite = f }
	}
	lambda.Start(a)
}

// fullCPUMegabytes is the memory size at which Lambda gives a function one
// whole processor. Below it, threads beyond the first only get in each other's
// way.
const fullCPUMegabytes = 1769

func limitProcs() {
	megabytes, err := strconv.Atoi(os.Getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"))
	if err != nil || megabytes <= 0 || megabytes >= fullCPUMegabytes || os.Getenv("GOMAXPROCS") != "" {
		return
	}
	runtime.GOMAXPROCS(1)
}

// Invoke serves one event: payload is its JSON, the result the JSON of the
// answer in the event's payload format. ctx, with Lambda's deadline, is the
// parent of the request's context. A payload that is no HTTP event is answered
// with 400, a panic of the handler with 500; the error is nil in both cases.
func (a *Adapter) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	e, err := decode(payload)
	// After a field of a wrong type, decode has still read the others: the
	// answer can take the right form.
	v2 := e.isV2()
	if err != nil || !validToken(e.method()) {
		w := newResponseWriter(v2, http.MethodGet)
		w.writeProblem(ctx, http.StatusBadRequest, "invalid-request", "The function was invoked with something other than an HTTP request event.")
		return w.answer()
	}
	r := e.request(ctx)
	w := newResponseWriter(v2, r.Method)
	defer a.runAfter(w)
	if !a.serve(w, r) {
		w = newResponseWriter(v2, r.Method)
		w.writeProblem(ctx, http.StatusInternalServerError, "internal", "Try again; if it persists, give the site's owner the request id.")
	}
	answer, err := w.answer()
	if len(answer) > maxAnswer {
		slog.LogAttrs(ctx, slog.LevelError, "answer too large", slog.String("request_id", requestID(ctx)), slog.Int("bytes", len(answer)))
		cookies := w.header["Set-Cookie"] // a renewed session must not be lost
		w = newResponseWriter(v2, r.Method)
		if len(cookies) > 0 {
			w.header["Set-Cookie"] = cookies
		}
		w.writeProblem(ctx, http.StatusInternalServerError, "internal", "The answer is larger than the platform can carry. Ask for less at a time.")
		return w.answer()
	}
	return answer, err
}

// runAfter runs what the handler has left for after its answer.
func (a *Adapter) runAfter(w *responseWriter) {
	switch {
	case w.after == nil:
	case a.afterAnswer != nil:
		a.afterAnswer(w.after)
	default:
		w.after()
	}
}

// AfterAnswer lets f run when the answer to the request behind w is on its way, so
// that nobody waits for it, and before the platform is asked for the next event,
// which is when Lambda may freeze the process. f must not panic. With a w that is
// not of this package f runs at once.
func AfterAnswer(w http.ResponseWriter, f func()) {
	if own, ok := w.(*responseWriter); ok {
		own.after = f
		return
	}
	f()
}

// serve runs the handler and reports whether it returned. What a panic is about
// may hold the request's data, so only its type and place are logged.
func (a *Adapter) serve(w http.ResponseWriter, r *http.Request) (returned bool) {
	defer func() {
		if value := recover(); value != nil {
			logPanic(r.Context(), value)
		}
	}()
	a.handler.ServeHTTP(w, r)
	return true
}
