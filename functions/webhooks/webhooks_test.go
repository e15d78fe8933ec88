package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
)

const (
	path = functiontest.Site + "/webhooks/kinde"
	user = kindetest.DemoUser
)

// updated is an event of the user.
func updated(f *functiontest.Fixture, claims ...kindetest.Claim) string {
	return f.UserEvent("user.updated", user, claims...)
}

func start(t *testing.T, settings ...string) *functiontest.Fixture {
	t.Helper()
	return functiontest.Start(t, function, kindetest.Options{}, settings...)
}

// deliver posts an event as Kinde does.
func deliver(t *testing.T, f *functiontest.Fixture, event string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(event))
	r.Header.Set("Content-Type", "application/jwt")
	w := f.Send(r, header...)
	if parts := strings.Split(event, "."); len(parts) == 3 && strings.Contains(f.Log(), parts[1]) {
		t.Errorf("the log holds the event: %s", f.Log())
	}
	return w
}

// check compares a response with a status and, for a failure, a code.
func check(t *testing.T, name string, w *httptest.ResponseRecorder, status int, code string) {
	t.Helper()
	var problem struct{ Code string }
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil {
			t.Errorf("%s: got %v in %s, want a problem", name, err, w.Body)
		}
	}
	if w.Code != status || problem.Code != code {
		t.Errorf("%s: got %d %s, want %d %s", name, w.Code, w.Body, status, code)
	}
}

func TestEventIsAcknowledged(t *testing.T) {
	f := start(t)
	w := deliver(t, f, updated(f), "webhook-id", "not the event's own")
	check(t, "an event", w, 200, "")
	if w.Body.Len() != 0 || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("got %q and %v, want no body and no-store", w.Body, w.Header())
	}
	for _, at := range []time.Duration{-71 * time.Hour, 20 * time.Second} {
		check(t, at.String(), deliver(t, f, updated(f, stamped(at))), 200, "")
	}
	if log := f.Log(); strings.Contains(log, "@") || strings.Contains(log, "Dana") {
		t.Errorf("the log holds data of the event: %s", log)
	}
}

// stamped gives an event a timestamp that far from now.
func stamped(from time.Duration) kindetest.Claim {
	return kindetest.With("timestamp", time.Now().Add(from).UTC().Format(time.RFC3339Nano))
}

func TestOtherRequestsAreRefused(t *testing.T) {
	f := start(t, functiontest.Sessions...)
	event := updated(f)
	first := strings.Index(event, ".")
	for name, row := range map[string]struct {
		body   string
		status int
		code   string
	}{
		"a foreign key":         {updated(f, kindetest.SignedBy(kindetest.ForeignKey)), 401, "invalid-token"},
		"alg none":              {updated(f, kindetest.SignedWith("none")), 401, "invalid-token"},
		"HS256":                 {updated(f, kindetest.SignedWith("HS256")), 401, "invalid-token"},
		"a changed payload":     {event[:first+5] + "A" + event[first+6:], 401, "invalid-token"},
		"another issuer":        {updated(f, kindetest.With("iss", "https://evil.example")), 401, "invalid-token"},
		"nothing":               {"", 401, "invalid-token"},
		"JSON":                  {`{"type":"user.deleted"}`, 401, "invalid-token"},
		"a session's cookie":    {strings.TrimPrefix(f.Session(tokens(f)), "__Host-session="), 401, "invalid-token"},
		"an access token":       {f.Mint(), 400, "invalid-request"},
		"an ID token":           {f.MintID(), 400, "invalid-request"},
		"an event with sub":     {updated(f, kindetest.With("sub", user)), 400, "invalid-request"},
		"an event with azp":     {updated(f, kindetest.With("azp", "x")), 400, "invalid-request"},
		"an event with scp":     {updated(f, kindetest.With("scp", []string{})), 400, "invalid-request"},
		"an event with nonce":   {updated(f, kindetest.With("nonce", "x")), 400, "invalid-request"},
		"no type":               {updated(f, kindetest.Without("type")), 400, "invalid-request"},
		"no event_id":           {updated(f, kindetest.Without("event_id")), 400, "invalid-request"},
		"an id of two lines":    {updated(f, kindetest.With("event_id", "a\nb")), 400, "invalid-request"},
		"a very long id":        {updated(f, kindetest.With("event_id", strings.Repeat("x", 300))), 400, "invalid-request"},
		"no data":               {updated(f, kindetest.Without("data")), 400, "invalid-request"},
		"over 72 hours old":     {updated(f, stamped(-73*time.Hour)), 400, "invalid-request"},
		"over 30 seconds ahead": {updated(f, stamped(time.Minute)), 400, "invalid-request"},
		"over 64 KiB":           {strings.Repeat("x", 64<<10+1), 413, "body-too-large"},
	} {
		w := deliver(t, f, row.body)
		check(t, name, w, row.status, row.code)
		if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
			t.Errorf("%s: got content type %q, want a problem", name, got)
		}
	}
}

func TestWebhooksRequireJWTMediaType(t *testing.T) {
	f := start(t)
	for _, media := range []string{
		"application/json", "text/plain", "application/x-www-form-urlencoded", "application/jwt, application/jwt", "",
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(updated(f)))
		r.Header.Set("Content-Type", media)
		check(t, media, f.Send(r), 415, "unsupported-media-type")
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(updated(f)))
	r.Header.Set("Content-Type", "Application/JWT; charset=utf-8")
	check(t, "a parameter", f.Send(r), 200, "")
	w := f.Get(path, "Accept", "text/html", "Sec-Fetch-Mode", "navigate")
	check(t, "a browser's visit", w, 405, "method-not-allowed")
	if w.Header().Get("Allow") != "POST" {
		t.Errorf("got Allow %q, want POST", w.Header().Get("Allow"))
	}
}

func TestEventWaitsForSigningKeys(t *testing.T) {
	f := start(t)
	f.Fault("/.well-known/", kindetest.Fault{Status: 500})
	check(t, "no keys", deliver(t, f, updated(f)), 503, "keys-unavailable")
}

func TestLogWarnsOnceWithoutStore(t *testing.T) {
	log := defaultLog(t)
	f := start(t, functiontest.Sessions...)
	for range 2 {
		check(t, "an event", deliver(t, f, f.UserEvent("user.deleted", user)), 200, "")
	}
	if got := strings.Count(log.String(), "REDIS_URL is not set"); got != 1 {
		t.Errorf("got %d lines about REDIS_URL, want 1: %s", got, log)
	}
}

func TestLogHoldsTypeAndIDsOnly(t *testing.T) {
	log := defaultLog(t)
	f := start(t, append(functiontest.Sessions, "REDIS_URL", redis(t))...)
	event := updated(f, kindetest.With("event_id", "event_7"))
	check(t, "an event", deliver(t, f, event), 200, "")
	var line struct {
		Msg, Type, Sessions string
		EventID             string `json:"event_id"`
		Users               []string
	}
	if err := json.Unmarshal([]byte(log.String()), &line); err != nil {
		t.Fatalf("%v in %s", err, log)
	}
	if line.Msg != "webhook" || line.Type != "user.updated" || line.EventID != "event_7" ||
		line.Sessions != "refresh-due" || len(line.Users) != 1 || line.Users[0] != user {
		t.Errorf("got %s", log)
	}
	if strings.Contains(log.String(), "@") {
		t.Errorf("the log holds an e-mail address: %s", log)
	}
}
