package endpoint

import (
	"context"
	"io"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"kinde-functions/shared/local/kindetest"
)

func TestRequestEvents(t *testing.T) {
	f := start(t, "user-profile", nil)
	f.signedIn("/api/user-profile")
	f.signedIn("/.netlify/functions/user-profile?secret-name=secret-value")
	f.get("/secret-path")
	lines := events(t, f.log.take(), "request")
	if len(lines) != 3 {
		t.Fatalf("got %d events, want 3", len(lines))
	}
	for i, want := range []map[string]any{
		{"route": "/api/user-profile", "status": 200.0, "cold": true, "upstream_calls": 1.0},
		{"route": "/api/user-profile", "status": 400.0, "cold": false, "upstream_calls": 0.0, "code": "invalid-parameter"},
		{"route": "", "status": 404.0, "cold": false, "code": "not-found"},
	} {
		for name, value := range want {
			if lines[i][name] != value {
				t.Errorf("event %d: %s = %v, want %v", i, name, lines[i][name], value)
			}
		}
		for _, name := range []string{"time", "level", "request_id", "function", "method", "duration_ms", "upstream_ms"} {
			if _, ok := lines[i][name]; !ok {
				t.Errorf("event %d: got no %s, want one", i, name)
			}
		}
	}
	if first := lines[0]; first["upstream_ms"].(float64) <= 0 ||
		first["duration_ms"].(float64) < first["upstream_ms"].(float64) {
		t.Errorf("got times %v, want upstream_ms within duration_ms", first)
	}
}

func TestRequestIDs(t *testing.T) {
	f := start(t, "user-profile", responding(`{}`))
	sane := "0b9f0a1e-8f5c-4f0a-9c51-5b6a3f0c9e11"
	if got := f.get("/nowhere", "X-Request-Id", sane).Header().Get("X-Request-Id"); got != sane {
		t.Errorf("well-formed id: got %q, want %q", got, sane)
	}
	seen := map[string]bool{}
	for _, id := range []string{"", "a b", "user@example.com", "eyJh.eyJz.c2ln", strings.Repeat("a", 65), "a\r\nb",
		"<b>"} {
		r := httptest.NewRequest("GET", "/nowhere", nil)
		r.Header["X-Request-Id"] = []string{id}
		got := f.send(r).Header().Get("X-Request-Id")
		if got == id || len(got) < 16 || seen[got] {
			t.Errorf("id %q: got %q, want a new one", id, got)
		}
		seen[got] = true
	}
	if log := f.log.take(); strings.Contains(log, "user@") || strings.Contains(log, "eyJh") {
		t.Errorf("a caller's id is in the log: %s", log)
	}
}

// Neither the log nor an error response holds a part of a credential, a query value or
// an e-mail address, whatever fails.
func TestLogHoldsNoSecrets(t *testing.T) {
	f := start(t, "user-profile", nil)
	email := kindetest.DemoUserByID(kindetest.DemoUser).Email
	tokens := []string{f.tenant.Mint(), f.tenant.Mint(kindetest.SignedBy(kindetest.ForeignKey)),
		f.tenant.Mint(kindetest.With("azp", "x")), "garbage-token-value"}
	for _, fault := range []kindetest.Fault{
		{}, {Status: 401, Body: kindetest.ErrorBody(kindetest.ShapeC, "invalid_token", email+" is unknown")}, {Status: 403},
		{Status: 404},
		{Status: 500, Body: email}, {Malformed: true}, {Truncated: true}, {Reset: true}, {Status: 302},
	} {
		f.tenant.ClearFaults()
		if fault.Status != 0 || fault.Malformed || fault.Truncated || fault.Reset {
			f.tenant.Fault("/oauth2/", fault)
		}
		for _, token := range tokens {
			for _, query := range []string{"", "?q=query-value", "?access_token=" + token} {
				w := f.get("/api/user-profile"+query, "Authorization", "Bearer "+token, "Cookie", "session=cookie-value",
					"User-Agent", "agent-value")
				log := f.log.take()
				if w.Code != 200 {
					log += w.Body.String()
				}
				for _, secret := range append(strings.Split(token, "."), email, "query-value", "cookie-value", "agent-value") {
					if strings.Contains(log, secret[:min(len(secret), 12)]) {
						t.Fatalf("%+v: %q is in the log: %s", fault, secret, log)
					}
				}
			}
		}
	}
}

func TestUpstreamFailureLogsRemedy(t *testing.T) {
	f := start(t, "user-profile", nil)
	f.tenant.Fault("/oauth2/",
		kindetest.Fault{Status: 404, Body: kindetest.ErrorBody(kindetest.ShapeB, "ROUTE_NOT_FOUND",
			"Incorrect API route or method")})
	w := f.signedIn("/api/user-profile")
	if w.Code != 502 || code(t, w) != "upstream-misconfigured" || strings.Contains(w.Body.String(), "ROUTE_NOT_FOUND") {
		t.Errorf("got %d %s, want 502 upstream-misconfigured", w.Code, w.Body)
	}
	line := events(t, f.log.take(), "request")[0]
	if remedy, _ := line["remedy"].(string); !strings.Contains(remedy, "KINDE_ISSUER_URL") ||
		!regexp.MustCompile("ROUTE_NOT_FOUND").MatchString(line["cause"].(string)) {
		t.Errorf("got %v, want a remedy with KINDE_ISSUER_URL and the cause", line)
	}
}

func TestCORS(t *testing.T) {
	const ally = "https://ally.example"
	f := start(t, "user-profile", responding(`{}`), "ALLOWED_ORIGINS", ally)
	preflight := func(origin string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(context.Background(), "OPTIONS", "/api/user-profile", nil)
		return f.send(r, "Origin", origin, "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers",
			"authorization")
	}
	w := preflight(ally)
	if w.Code/100 != 2 || w.Header().Get("Access-Control-Allow-Origin") != ally ||
		!strings.Contains(w.Header().Get("Access-Control-Allow-Headers"), "authorization") ||
		w.Header().Get("Access-Control-Allow-Credentials") != "" || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("got %d %v, want a preflight that allows %s without credentials", w.Code, w.Header(), ally)
	}
	if n := len(events(t, f.log.take(), "request")); n != 1 {
		t.Errorf("got %d events for a preflight, want 1", n)
	}
	for _, origin := range []string{"https://evil.example", "null", ally + ".evil.example", "http://ally.example",
		"https://ALLY.example"} {
		if got := preflight(origin).Header().Get("Access-Control-Allow-Origin"); got != "" {
			t.Errorf("preflight from %s: got Access-Control-Allow-Origin %q, want none", origin, got)
		}
		if got := f.signedIn("/api/user-profile", "Origin", origin).Header().Get("Access-Control-Allow-Origin"); got != "" {
			t.Errorf("request from %s: got Access-Control-Allow-Origin %q, want none", origin, got)
		}
	}
	for _, w := range []*httptest.ResponseRecorder{f.signedIn("/api/user-profile", "Origin", ally),
		f.get("/api/user-profile", "Origin", ally)} {
		if w.Header().Get("Access-Control-Allow-Origin") != ally || !strings.Contains(w.Header().Get("Vary"), "Origin") {
			t.Errorf("got %d %v, want %s allowed and Vary: Origin", w.Code, w.Header(), ally)
		}
	}
	f = start(t, "portal", responding(`{}`), "ALLOWED_ORIGINS", ally)
	if got := f.signedIn("/portal", "Origin", ally).Header().Get("Access-Control-Allow-Origin"); got != "" {
		t.Error("the portal allows CORS, want none outside /api/")
	}
}

func TestAPIWithoutCORSPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a function with rows under /api/ starts without CORS")
		}
	}()
	Function{
		Name: "health", Tolerant: true, Output: io.Discard, Lookup: func(string) (string, bool) { return "", false },
		Build: func(*Services) (Handlers, error) {
			return Handlers{"GET /api/health": {Serve: responding(`{}`)}}, nil
		},
	}.Handler()
}
