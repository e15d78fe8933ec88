package outbound

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kinde-functions/shared/problem"
)

// script responds to each call with its next step, and repeats the last. It is
// used inside synctest bubbles, where time is exact.
type script struct {
	steps []step

	mu    sync.Mutex
	calls []time.Duration // since the first call
	begin time.Time
}

type step struct {
	status     int
	retryAfter string
	err        error
	takes      time.Duration
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	now := s.next()
	select {
	case <-time.After(now.takes):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	if now.err != nil {
		return nil, now.err
	}
	h := http.Header{}
	if now.retryAfter != "" {
		h.Set("Retry-After", now.retryAfter)
	}
	return &http.Response{StatusCode: now.status, Header: h, Body: io.NopCloser(strings.NewReader("{}"))}, nil
}

func (s *script) next() step {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.calls) == 0 {
		s.begin = time.Now()
	}
	now := s.steps[min(len(s.calls), len(s.steps)-1)]
	s.calls = append(s.calls, time.Since(s.begin))
	return now
}

func TestRetries(t *testing.T) {
	reset := errors.New("connection reset")
	for name, row := range map[string]struct {
		method   string
		deadline time.Duration
		steps    []step
		calls    int
		status   int
		code     problem.Code
	}{
		"200 is not repeated":      {"GET", time.Minute, []step{{status: 200}}, 1, 200, ""},
		"500 is not repeated":      {"GET", time.Minute, []step{{status: 500}}, 1, 500, ""},
		"403 is not repeated":      {"GET", time.Minute, []step{{status: 403}}, 1, 403, ""},
		"503 then good":            {"GET", time.Minute, []step{{status: 503}, {status: 200}}, 2, 200, ""},
		"502, 504, good":           {"GET", time.Minute, []step{{status: 502}, {status: 504}, {status: 200}}, 3, 200, ""},
		"always 429: three calls":  {"GET", time.Minute, []step{{status: 429}}, 3, 429, ""},
		"reset then good":          {"GET", time.Minute, []step{{err: reset}, {status: 200}}, 2, 200, ""},
		"always resets":            {"GET", time.Minute, []step{{err: reset}}, 3, 0, problem.UpstreamFailed},
		"a POST is never repeated": {"POST", time.Minute, []step{{status: 503}, {status: 200}}, 1, 503, ""},
		"a POST after a reset": {"POST", time.Minute, []step{{err: reset}, {status: 200}}, 1, 0,
			problem.UpstreamFailed},
		"a timeout is not retried": {"GET", time.Minute, []step{{takes: time.Hour}, {status: 200}}, 1, 0,
			problem.UpstreamTimeout},
		"no time left":                    {"GET", 150 * time.Millisecond, []step{{status: 503}, {status: 200}}, 1, 503, ""},
		"Retry-After beyond the deadline": {"GET", 10 * time.Second, []step{{status: 429, retryAfter: "30"}}, 1, 429, ""},
		"deadline ends a slow second try": {"GET", 2 * time.Second, []step{{status: 503}, {takes: time.Hour}}, 2, 0,
			problem.UpstreamTimeout},
		"Retry-After as a date in the past": {"GET", time.Minute,
			[]step{{status: 503, retryAfter: "Mon, 01 Jan 1990 15:04:05 GMT"}, {status: 200}}, 2, 200, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{steps: row.steps}
				ctx, cancel := context.WithTimeout(t.Context(), row.deadline)
				defer cancel()
				ctx, traffic := WithTraffic(ctx)
				begin := time.Now()
				resp, err := newClient(5*time.Second, s).Do(ctx, Request{Method: row.method, URL: "https://k.example/"})
				if code(err) != row.code || err == nil && resp.Status != row.status {
					t.Errorf("got response %+v, error %v", resp, err)
				}
				if calls, _ := traffic.Read(); len(s.calls) != row.calls || calls != row.calls {
					t.Errorf("got %d calls, %d counted, want %d", len(s.calls), calls, row.calls)
				}
				if took := time.Since(begin); took > row.deadline {
					t.Errorf("took %v, want at most %v", took, row.deadline)
				}
			})
		})
	}
}

func TestRetryAfterDelaysRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: []step{{status: 429, retryAfter: "3"}, {status: 200}}}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if _, err := newClient(time.Second, s).Do(ctx, Request{Method: "GET", URL: "https://k.example/"}); err != nil {
			t.Fatal(err)
		}
		if s.calls[1] < 3*time.Second {
			t.Errorf("got retry after %v, want 3s", s.calls[1])
		}
	})
}

func TestRetryNeedsDeadline(t *testing.T) {
	s := &script{steps: []step{{status: 503, retryAfter: "3600"}}}
	_, err := newClient(time.Second, s).Do(t.Context(), Request{Method: "GET", URL: "https://k.example/"})
	if err != nil || len(s.calls) != 1 {
		t.Errorf("got %d calls, error %v, want 1", len(s.calls), err)
	}
}

func TestRetryAfterForms(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, row := range []struct {
		name, value string
		want        time.Duration
	}{
		{"Retry-After", "7", 7 * time.Second},
		{"RateLimit-Reset", "9", 9 * time.Second},
		{"Retry-After", now.Add(time.Minute).Format(http.TimeFormat), time.Minute},
		{"Retry-After", now.Add(-time.Minute).Format(http.TimeFormat), 0},
		{"Retry-After", "99999999", time.Hour},
		{"Retry-After", "-5", 0},
		{"Retry-After", "soon", 0},
		{"X-Other", "7", 0},
	} {
		r := &Response{Header: http.Header{}}
		r.Header.Set(row.name, row.value)
		if got := r.RetryAfter(now); got != row.want {
			t.Errorf("%s: %s: got %v, want %v", row.name, row.value, got, row.want)
		}
	}
}
