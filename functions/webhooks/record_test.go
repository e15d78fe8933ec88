package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
)

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// receiver is the site's own server, which counts what it accepts.
type receiver struct {
	url      string
	accepted atomic.Int32
	status   atomic.Int32
	arrived  chan struct{}
	wait     chan struct{} // nil: responds at once
	mu       sync.Mutex
	body     string
	header   http.Header
}

func receive(t *testing.T, wait chan struct{}) *receiver {
	t.Helper()
	rec := &receiver{wait: wait, arrived: make(chan struct{}, 100)}
	rec.status.Store(204)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		rec.mu.Lock()
		rec.body, rec.header = string(body), r.Header
		rec.mu.Unlock()
		rec.arrived <- struct{}{}
		if rec.wait != nil {
			select {
			case <-rec.wait:
			case <-r.Context().Done():
			}
		}
		status := int(rec.status.Load())
		if status < 300 {
			rec.accepted.Add(1)
		}
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	rec.url = server.URL + "/hook"
	return rec
}

func (r *receiver) settings(more ...string) []string {
	return append(more, "WEBHOOK_FORWARD_URL", r.url, "WEBHOOK_FORWARD_SECRET", secret)
}

func TestEventIsForwardedSigned(t *testing.T) {
	rec := receive(t, nil)
	f := start(t, rec.settings()...)
	event := f.UserEvent("user.updated", user, kindetest.With("event_id", "event_7"))
	check(t, "an event", deliver(t, f, event), 200, "")
	wh, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := wh.Verify([]byte(rec.body), rec.header); err != nil {
		t.Error(err)
	}
	if rec.header.Get("webhook-id") != "event_7" || rec.header.Get("Content-Type") != "application/json" ||
		!strings.Contains(rec.body, `"type":"user.updated"`) || strings.Contains(rec.body, event) {
		t.Errorf("got %v %s", rec.header, rec.body)
	}
	if !strings.Contains(f.Log(), `"upstream_calls":`) || strings.Contains(f.Log(), rec.url) {
		t.Errorf("log %s, want the calls counted and no URL", f.Log())
	}
}

func TestForwardFailureIsTriedAgain(t *testing.T) {
	for name, redisURL := range map[string]string{"in memory": "", "in Redis": redis(t)} {
		rec := receive(t, nil)
		f := start(t, rec.settings("REDIS_URL", redisURL)...)
		event := f.UserEvent("user.updated", user)
		for _, status := range []int32{500, 301, 307, 404, 429} {
			rec.status.Store(status)
			check(t, name, deliver(t, f, event), 502, "upstream-failed")
		}
		rec.status.Store(200)
		for range 3 {
			check(t, name, deliver(t, f, event), 200, "")
		}
		if got := rec.accepted.Load(); got != 1 {
			t.Errorf("%s: forwarded %d times, want once", name, got)
		}
	}
}

func TestForwardIsBounded(t *testing.T) {
	rec := receive(t, make(chan struct{}))
	f := start(t, rec.settings("UPSTREAM_TIMEOUT", "200ms")...)
	begin := time.Now()
	check(t, "a server that hangs", deliver(t, f, f.UserEvent("user.updated", user)), 502, "upstream-failed")
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("took %v, want at most 5s", took)
	}
	down := start(t, "WEBHOOK_FORWARD_URL", "http://127.0.0.1:1/", "WEBHOOK_FORWARD_SECRET", secret)
	check(t, "no server", deliver(t, down, down.UserEvent("user.updated", user)), 502, "upstream-failed")
}

// Kinde, or a thief with a copy of an event, sends it again: to any instance.
func TestEventIsHandledOnceAcrossInstances(t *testing.T) {
	rec := receive(t, nil)
	f := start(t, rec.settings("REDIS_URL", redis(t))...)
	other := f.Beside(function)
	event := f.UserEvent("user.updated", user)
	for _, instance := range []*functiontest.Fixture{f, other, other, f} {
		check(t, "an event", deliver(t, instance, event), 200, "")
	}
	if got := rec.accepted.Load(); got != 1 {
		t.Errorf("forwarded %d times, want once", got)
	}
	// The id is the signed one.
	check(t, "another event", deliver(t, f, f.UserEvent("user.updated", user), "webhook-id", "event_1"), 200, "")
	check(t, "another event", deliver(t, f, f.UserEvent("user.updated", user), "webhook-id", "event_1"), 200, "")
	if got := rec.accepted.Load(); got != 3 {
		t.Errorf("forwarded %d events, want 3", got)
	}
}

func TestEventUnderWayIsUnavailable(t *testing.T) {
	for name, redisURL := range map[string]string{"in memory": "", "in Redis": redis(t)} {
		wait := make(chan struct{})
		rec := receive(t, wait)
		f := start(t, rec.settings("REDIS_URL", redisURL, "UPSTREAM_TIMEOUT", "20s")...)
		second := f
		if redisURL != "" {
			second = f.Beside(function)
		}
		event := f.UserEvent("user.updated", user)
		first := make(chan *httptest.ResponseRecorder)
		go func() { first <- deliver(t, f, event) }()
		<-rec.arrived
		w := deliver(t, second, event)
		check(t, name, w, 503, "unavailable")
		if w.Header().Get("Retry-After") != "5" {
			t.Errorf("%s: got Retry-After %q, want 5", name, w.Header().Get("Retry-After"))
		}
		close(wait)
		check(t, name, <-first, 200, "")
		check(t, name, deliver(t, second, event), 200, "")
		if got := rec.accepted.Load(); got != 1 {
			t.Errorf("%s: forwarded %d times, want once", name, got)
		}
	}
}

func TestConcurrentDeliveriesAreForwardedOnce(t *testing.T) {
	rec := receive(t, nil)
	f := start(t, rec.settings("REDIS_URL", redis(t))...)
	instances := []*functiontest.Fixture{f, f.Beside(function), f.Beside(function)}
	event := f.UserEvent("user.updated", user)
	check(t, "another event", deliver(t, f, f.UserEvent("user.updated", user)), 200, "") // the keys are fetched
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			w := deliver(t, instances[i%len(instances)], event)
			if w.Code != 200 && w.Code != 503 {
				t.Errorf("got %d %s, want 200 or 503", w.Code, w.Body)
			}
		})
	}
	wg.Wait()
	check(t, "afterwards", deliver(t, f, event), 200, "")
	if got := rec.accepted.Load(); got != 2 {
		t.Errorf("forwarded %d events, want 2", got)
	}
}

func TestEventWaitsForTheStore(t *testing.T) {
	rec := receive(t, nil)
	server := startRedis(t)
	f := start(t, rec.settings("REDIS_URL", "redis://"+server.Addr())...)
	server.SetError("LOADING")
	w := deliver(t, f, f.UserEvent("user.updated", user))
	check(t, "Redis is down", w, 503, "unavailable")
	if got := rec.accepted.Load(); got != 0 {
		t.Errorf("forwarded %d events, want none", got)
	}
}

func TestEventCountsAsHandledForThreeDays(t *testing.T) {
	rec := receive(t, nil)
	server := startRedis(t)
	f := start(t, rec.settings("REDIS_URL", "redis://"+server.Addr())...)
	event := f.UserEvent("user.updated", user)
	check(t, "an event", deliver(t, f, event), 200, "")
	server.FastForward(72 * time.Hour)
	check(t, "after 72 hours", deliver(t, f, event), 200, "")
	if got := rec.accepted.Load(); got != 1 {
		t.Errorf("forwarded %d times, want once", got)
	}
	for _, key := range server.Keys() {
		value, err := server.Get(key)
		if err != nil || strings.Contains(key+value, "event_") || strings.Contains(key+value, user) {
			t.Errorf("Redis holds %q: %q in clear, %v", key, value, err)
		}
	}
}
