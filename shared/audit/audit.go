// Package audit writes the log: one `request` event for each request and one `auth` event
// for each decision about a caller.
//
// It keeps secrets out of the log: events have a fixed set of fields for IDs and codes,
// and none for tokens, cookies, e-mail addresses or query values.
package audit

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"sync"
	"time"
)

// Log writes JSON objects, one a line. Safe for concurrent use.
type Log struct {
	slog *slog.Logger // writes to lines
	to   io.Writer

	mu    sync.Mutex
	lines bytes.Buffer
}

// New returns a Log that writes events of at least level to w. Every line has the
// function's name.
func New(w io.Writer, function string, level slog.Leveler) *Log {
	l := &Log{to: w}
	l.slog = logger(&l.lines, function, level)
	return l
}

// SetDefault sets log/slog's default logger to write to w in the same form.
func SetDefault(w io.Writer, function string, level slog.Leveler) {
	slog.SetDefault(logger(w, function, level))
}

func logger(w io.Writer, function string, level slog.Leveler) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})).With("function", function)
}

// Request describes a request and its response.
type Request struct {
	ID            string
	Method        string
	Route         string // the pattern, never the path; empty when no route matched
	Status        int
	Duration      time.Duration
	Upstream      time.Duration
	UpstreamCalls int
	Cold          bool   // the first request of this process
	API           string // the name of the API that the request was forwarded to; empty: none
	// Failure is the zero value for successful requests.
	Failure Failure
}

// Failure is the private side of a problem.
type Failure struct {
	Code   string
	Cause  string // an error's text, without secrets
	Remedy string // how the operator fixes the cause
}

// Outcome is the result of a decision about a caller.
type Outcome string

// The outcomes.
const (
	Allowed Outcome = "allowed"
	Denied  Outcome = "denied"
)

// Decision is a decision about a caller and its reason.
type Decision struct {
	RequestID string
	Action    string // the route's name
	Outcome   Outcome
	Reason    string // a fixed word, such as "ok", "no-token" or "expired"
	Subject   string
	OrgCode   string
	Scopes    []string
	Client    string
}

// Write writes the `auth` event, if d is not nil, and the `request` event in one write:
// each write wakes the host's log collector.
func (l *Log) Write(r Request, d *Decision) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines.Reset()
	if d != nil {
		l.auth(*d)
	}
	l.request(r)
	if l.lines.Len() > 0 {
		_, _ = l.to.Write(l.lines.Bytes()) // there is no other place to report an error
	}
}

// request writes the `request` event: at error level for status 500, at warn level for
// other statuses above 500 and failures with a remedy, else at info level.
func (l *Log) request(r Request) {
	level := slog.LevelInfo
	switch {
	case r.Status == 500:
		level = slog.LevelError
	case r.Status > 500 || r.Failure.Remedy != "":
		level = slog.LevelWarn
	}
	attrs := []slog.Attr{
		slog.String("request_id", r.ID), slog.String("method", method(r.Method)), slog.String("route", r.Route),
		slog.Int("status", r.Status), slog.Float64("duration_ms", milliseconds(r.Duration)),
		slog.Float64("upstream_ms", milliseconds(r.Upstream)), slog.Int("upstream_calls", r.UpstreamCalls),
		slog.Bool("cold", r.Cold),
	}
	for _, field := range [][2]string{{"api", r.API}, {"code", r.Failure.Code}, {"cause", r.Failure.Cause},
		{"remedy", r.Failure.Remedy}} {
		if field[1] != "" {
			attrs = append(attrs, slog.String(field[0], field[1]))
		}
	}
	l.slog.LogAttrs(context.Background(), level, "request", attrs...)
}

// auth writes the `auth` event.
func (l *Log) auth(d Decision) {
	level := slog.LevelInfo
	if d.Outcome == Denied {
		level = slog.LevelWarn
	}
	scopes := d.Scopes
	if scopes == nil {
		scopes = []string{}
	}
	l.slog.LogAttrs(context.Background(), level, "auth",
		slog.String("request_id", d.RequestID), slog.String("action", d.Action), slog.String("outcome", string(d.Outcome)),
		slog.String("reason", d.Reason), slog.String("sub", d.Subject), slog.String("org_code", d.OrgCode),
		slog.Any("scopes", scopes), slog.String("client", d.Client))
}

func milliseconds(d time.Duration) float64 {
	return float64(d.Round(10*time.Microsecond)) / float64(time.Millisecond)
}

// method returns m if it is a standard method. HTTP allows any token, which would let
// callers write into the log.
func method(m string) string {
	switch m {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT":
		return m
	}
	return "other"
}
