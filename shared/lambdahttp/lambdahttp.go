// Package lambdahttp serves Lambda events with a net/http handler. It reads
// API Gateway payload 1.0 (Netlify, REST APIs, HTTP APIs set to 1.0) and
// payload 2.0 (HTTP APIs, function URLs) and writes the response in the
// event's format.
//
// It defends the handler against an event that differs from the client's
// request:
//   - The payload format is read from the event's content, never from a header.
//   - A decoded path such as `/a?admin=1` stays a path. It never becomes a
//     query or a fragment.
//   - Host and client address come from the platform, never from a header that
//     the client can set, X-Forwarded-For and X-GoLambdaProxy-* included.
//   - Headers keep their commas and their number of values.
//   - An invalid event, an invalid body, a panic, or a handler that writes
//     nothing is a response. It is never a function error or the end of the
//     process.
//   - Control characters in a response header are never sent.
//
// Responses are formed by api-proxy's package core. Requests are not: core
// parses the path as part of a URL, splits headers on commas and prints the
// paths that it cannot parse, so that every field would have to be overwritten.
package lambdahttp

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"runtime"
	"strconv"

	"github.com/aws/aws-lambda-go/lambda"

	"kinde-functions/shared/problem"
)

// Adapter serves Lambda events with an [http.Handler]. It holds no state
// between events and is safe for concurrent use.
type Adapter struct {
	handler http.Handler
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
	lambda.Start(New(h))
}

// fullCPUMegabytes is the memory size at which Lambda gives a function one
// full processor. With less, a second thread only adds scheduling.
const fullCPUMegabytes = 1769

func limitProcs() {
	megabytes, err := strconv.Atoi(os.Getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"))
	if err != nil || megabytes <= 0 || megabytes >= fullCPUMegabytes || os.Getenv("GOMAXPROCS") != "" {
		return
	}
	runtime.GOMAXPROCS(1)
}

// The details of the problems that this package reports itself.
const (
	detailNotHTTP  = "The function was invoked with something other than an HTTP request event."
	detailBalancer = "The function does not serve Application Load Balancers. " +
		"Invoke it through an API Gateway, a function URL or Netlify."
	detailTooLarge = "The response is larger than the platform can carry. Request less at a time."
)

// Invoke serves one event. payload is the event's JSON; the result is the
// response's JSON in the event's format. ctx carries Lambda's deadline and is
// the parent of the request's context. An event that is not an HTTP request
// gets a 400 response, a panic of the handler a 500; the error is nil in both
// cases.
func (a *Adapter) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	e, ok := decodeEvent(payload)
	switch {
	case e.RequestContext.ELB:
		return refuse(ctx, e.format(), "load balancer events are not supported", detailBalancer)
	case !ok || !validToken(e.method()):
		return refuse(ctx, e.format(), "not an HTTP request event", detailNotHTTP)
	}
	r := e.request(ctx)
	w := newResponseWriter(e.format(), r.Method)
	if !a.serve(w, r) {
		w = newResponseWriter(e.format(), r.Method)
		w.writeProblem(ctx, problem.New(problem.Internal, nil))
	}
	response, err := w.response()
	if len(response) > maxResponse {
		slog.LogAttrs(ctx, slog.LevelError, "response too large",
			slog.String("request_id", requestID(ctx)), slog.Int("bytes", len(response)))
		cookies := w.header["Set-Cookie"] // a refreshed session must not be lost
		w = newResponseWriter(e.format(), r.Method)
		if len(cookies) > 0 {
			w.header["Set-Cookie"] = cookies
		}
		w.writeProblem(ctx, problem.New(problem.Internal, nil).WithDetail(detailTooLarge))
		return w.response()
	}
	return response, err
}

// refuse returns a 400 response and logs the reason.
func refuse(ctx context.Context, f format, reason, detail string) ([]byte, error) {
	slog.LogAttrs(ctx, slog.LevelError, reason, slog.String("request_id", requestID(ctx)))
	w := newResponseWriter(f, http.MethodGet)
	w.writeProblem(ctx, problem.New(problem.InvalidRequest, nil).WithDetail(detail))
	return w.response()
}

// serve runs the handler and reports whether it returned. The value of a panic
// may hold data of the request, so only its type and its place are logged.
func (a *Adapter) serve(w http.ResponseWriter, r *http.Request) (returned bool) {
	defer func() {
		if value := recover(); value != nil {
			logPanic(r.Context(), value)
		}
	}()
	a.handler.ServeHTTP(w, r)
	return true
}
