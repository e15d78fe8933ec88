// Package audit writes the two kinds of log line there are: one `request` event
// for each request and one `auth` event for each decision about a caller.
//
// It defends the log against secrets by having a field for everything that may
// stand in it and no way to add others: ids and codes go in, tokens, cookies,
// e-mails and query values have no place to go.
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

// New makes a log that writes to w what is at least as grave as level; every
// line carries the function's name.
func New(w io.Writer, function string, level slog.Leveler) *Log {
	l := &Log{to: w}
	l.slog = logger(&l.lines, function, level)
	return l
}

// SetDefault lets what the program's other parts have to say, which is little,
// go to the same place at once (log/slog's default).
func SetDefault(w io.Writer, function string, level slog.Leveler) {
	slog.SetDefault(logger(w, function, level))
}

func logger(w io.Writer, function string, level slog.Leveler) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})).With("function", function)
}

// Request is what is said of a request once it is answered.
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
	// Failure says what went wrong and how to mend it, when something did.
	Failure Failure
}

// Failure is the private side of a problem.
type Failure struct {
	Code   string
	Cause  string // an error's text; its makers keep secrets out of it
	Remedy string // for the deployer
}

// Outcome is what was decided about a caller.
type Outcome string

// The outcomes.
const (
	Allowed Outcome = "allowed"
	Denied  Outcome = "denied"
)

// Decision is what was decided about a caller, and why.
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

// Write writes the `auth` event, if there was a decision, and the `request` event,
// both at once: each write wakes whoever collects the log.
func (l *Log) Write(r Request, d *Decision) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines.Reset()
	if d != nil {
		l.auth(*d)
	}
	l.request(r)
	if l.lines.Len() > 0 {
		_, _ = l.to.Write(l.lines.Bytes()) // there is no other place to say that it failed
	}
}

// request writes the `request` event: at error level for a failure of ours, at
// warn level when a remedy is due, else at info level.
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
	for _, field := range [][2]string{{"api", r.API}, {"code", r.Failure.Code}, {"cause", r.Failure.Cause}, {"remedy", r.Failure.Remedy}} {
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

// method keeps callers from writing into the log: HTTP lets a method be any
// token.
func method(m string) string {
	switch m {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT":
		return m
	}
	return "other"
}
