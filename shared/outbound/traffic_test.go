package outbound

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kinde-functions/shared/problem"
)

func TestTrafficCountsOverlappingTimeOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, traffic := WithTraffic(t.Context())
		first, _ := traffic.enter(ctx)
		time.Sleep(10 * time.Millisecond)
		second, _ := traffic.enter(ctx)
		time.Sleep(10 * time.Millisecond)
		first()
		time.Sleep(10 * time.Millisecond)
		second()
		time.Sleep(time.Hour)
		if calls, spent := traffic.Read(); calls != 2 || spent != 30*time.Millisecond {
			t.Errorf("got %d calls, %v, want 2 calls, 30ms", calls, spent)
		}
	})
}

// roundTripFunc is a RoundTripper for concurrent calls.
type roundTripFunc func(*http.Request) (*http.Response, error)

func (f roundTripFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestConcurrentCallsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int32
		slow := &script{steps: []step{{status: 200}}}
		client := newClient(time.Minute, roundTripFunc(func(r *http.Request) (*http.Response, error) {
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			defer now.Add(-1)
			time.Sleep(time.Second)
			return (&script{steps: slow.steps}).RoundTrip(r)
		}))
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		ctx, _ = WithTraffic(ctx)
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() { client.Do(ctx, Request{Method: "GET", URL: "https://k.example/"}) })
		}
		wg.Wait()
		if most.Load() != maxConcurrent {
			t.Errorf("got %d concurrent calls, want %d", most.Load(), maxConcurrent)
		}
	})
}

// A 429 delays all calls of its request, and none of another request.
func Test429DelaysAllCallsOfRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: []step{{status: 429, retryAfter: "3"}, {status: 200}}}
		client := newClient(time.Second, s)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		together, _ := WithTraffic(ctx)
		begin := time.Now()
		var wg sync.WaitGroup
		wg.Go(func() { client.Do(together, Request{Method: "GET", URL: "https://k.example/"}) })
		synctest.Wait()
		other, _ := WithTraffic(ctx)
		get := Request{Method: "GET", URL: "https://k.example/"}
		if _, err := client.Do(other, get); err != nil || time.Since(begin) != 0 {
			t.Errorf("another request: got delay %v, error %v, want none", time.Since(begin), err)
		}
		if _, err := client.Do(together, get); err != nil || time.Since(begin) < 3*time.Second {
			t.Errorf("call of the same request: got delay %v, error %v, want 3s", time.Since(begin), err)
		}
		wg.Wait()
	})
}

func TestDelayBeyondDeadlineFailsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(time.Second, &script{steps: []step{{status: 429, retryAfter: "60"}}})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		ctx, traffic := WithTraffic(ctx)
		begin := time.Now()
		if resp, err := client.Do(ctx, Request{Method: "GET", URL: "https://k.example/"}); err != nil || resp.Status != 429 {
			t.Fatalf("got %v, %v, want the 429 response", resp, err)
		}
		_, err := client.Do(ctx, Request{Method: "GET", URL: "https://k.example/"})
		p := problem.From(err)
		calls, _ := traffic.Read()
		if p.Code != problem.UpstreamThrottled || p.RetryAfter != time.Minute || calls != 1 || time.Since(begin) != 0 {
			t.Errorf("got %v, %d calls, after %v, want throttled at once after 1 call", err, calls, time.Since(begin))
		}
	})
}
