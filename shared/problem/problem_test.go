package problem

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestDocumentIsCompleteAndOmitsTheCause(t *testing.T) {
	for _, code := range Codes() {
		var doc map[string]any
		raw := New(code, errors.New("private-cause")).Document("req-1")
		if err := json.Unmarshal(raw, &doc); err != nil {
			t.Fatalf("%s: %v", code, err)
		}
		for _, member := range []string{"type", "title", "detail", "code", "request_id"} {
			if text, _ := doc[member].(string); text == "" {
				t.Errorf("%s: got no %s in %s", code, member, raw)
			}
		}
		if doc["status"] != float64(code.Status()) || code.Status() < 400 {
			t.Errorf("%s: got status %v, want %d", code, doc["status"], code.Status())
		}
		if strings.Contains(string(raw), "private-cause") {
			t.Errorf("%s: got the cause in %s", code, raw)
		}
	}
}

func TestFromReturnsWrappedErrorOrInternal(t *testing.T) {
	inner := New(NotFound, nil)
	if got := From(fmt.Errorf("around: %w", inner)); got != inner {
		t.Errorf("From(wrapped) = %v, want %v", got, inner)
	}
	plain := errors.New("boom")
	got := From(plain)
	if got.Code != Internal || !errors.Is(got, plain) {
		t.Errorf("From(plain) = %v, want internal with its cause", got)
	}
}

func TestHeaders(t *testing.T) {
	h := http.Header{}
	e := New(InvalidToken, nil)
	e.RetryAfter = 1200 * time.Millisecond
	e.Allow = "GET"
	e.SetHeader(h)
	want := map[string]string{"WWW-Authenticate": `Bearer error="invalid_token"`, "Retry-After": "2", "Allow": "GET"}
	for name, value := range want {
		if h.Get(name) != value {
			t.Errorf("%s: got %q, want %q", name, h.Get(name), value)
		}
	}
	h = http.Header{}
	New(NoToken, nil).SetHeader(h)
	if h.Get("WWW-Authenticate") != "Bearer" || len(h) != 1 {
		t.Errorf("no-token: got %v, want the challenge Bearer alone", h)
	}
}

func TestUnknownCodeHasStatus500(t *testing.T) {
	if got := Code("made-up").Status(); got != http.StatusInternalServerError {
		t.Errorf("got status %d, want 500", got)
	}
}
