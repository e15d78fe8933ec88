package audit

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"
)

func line(t *testing.T, level slog.Level, write func(*Log)) map[string]any {
	t.Helper()
	var out bytes.Buffer
	l := New(&out, "portal", level)
	write(l)
	out.Write(l.lines.Bytes())
	if out.Len() == 0 {
		return nil
	}
	if n := bytes.Count(out.Bytes(), []byte("\n")); n != 1 {
		t.Fatalf("got %d lines, want 1: %s", n, out.String())
	}
	fields := map[string]any{}
	if err := json.Unmarshal(out.Bytes(), &fields); err != nil {
		t.Fatal(err)
	}
	if fields["time"] == nil {
		t.Error("got no time")
	}
	delete(fields, "time")
	return fields
}

func TestRequestLine(t *testing.T) {
	got := line(t, slog.LevelInfo, func(l *Log) {
		l.request(Request{ID: "id", Method: "GET", Route: "/portal", Status: 302, Duration: 1234567 * time.Nanosecond,
			Upstream: time.Millisecond, UpstreamCalls: 2, Cold: true})
	})
	want := map[string]any{"level": "INFO", "msg": "request", "function": "portal", "request_id": "id",
		"method": "GET", "route": "/portal", "status": 302.0, "duration_ms": 1.23, "upstream_ms": 1.0, "upstream_calls": 2.0,
		"cold": true}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestFailureLevels(t *testing.T) {
	for _, row := range []struct {
		status int
		remedy string
		level  string
	}{{404, "", "INFO"}, {502, "", "WARN"}, {404, "fix it", "WARN"}, {500, "", "ERROR"}} {
		got := line(t, slog.LevelInfo, func(l *Log) {
			l.request(Request{Status: row.status, Failure: Failure{Code: "c", Cause: "why", Remedy: row.remedy}})
		})
		if got["level"] != row.level || got["code"] != "c" || got["cause"] != "why" ||
			row.remedy != "" && got["remedy"] != row.remedy {
			t.Errorf("%+v: got %v", row, got)
		}
	}
}

func TestAuthLine(t *testing.T) {
	got := line(t, slog.LevelInfo, func(l *Log) {
		l.auth(Decision{RequestID: "id", Action: "GET /portal", Outcome: Denied, Reason: "expired", Subject: "kp_1",
			OrgCode: "org_1", Client: "c"})
	})
	want := map[string]any{"level": "WARN", "msg": "auth", "function": "portal", "request_id": "id",
		"action": "GET /portal", "outcome": "denied", "reason": "expired", "sub": "kp_1", "org_code": "org_1",
		"scopes": []any{}, "client": "c"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestEventsBelowLevelAreNotWritten(t *testing.T) {
	if got := line(t, slog.LevelError, func(l *Log) { l.request(Request{Status: 200}) }); got != nil {
		t.Errorf("got %v, want no line", got)
	}
}

func TestUnknownMethodsAreNotLogged(t *testing.T) {
	if got := line(t, slog.LevelInfo, func(l *Log) { l.request(Request{Method: "SECRET"}) }); got["method"] != "other" {
		t.Errorf("got method %v, want other", got["method"])
	}
}

func TestEventsOfARequestAreOneWrite(t *testing.T) {
	var w writes
	l := New(&w, "portal", slog.LevelInfo)
	l.Write(Request{Status: 200}, &Decision{Outcome: Allowed})
	l.Write(Request{Status: 200}, nil)
	New(&w, "portal", slog.LevelError).Write(Request{Status: 200}, nil)
	if len(w) != 2 || strings.Count(w[0], "\n") != 2 || !strings.Contains(w[0], `"msg":"auth"`) ||
		strings.Count(w[1], "\n") != 1 {
		t.Errorf("got writes %q, want two events in one and a request event alone", w)
	}
}

type writes []string

func (w *writes) Write(p []byte) (int, error) {
	*w = append(*w, string(p))
	return len(p), nil
}
