package outbound

import (
	"context"
	"errors"
	"sync"
	"time"

	"kinde-functions/shared/problem"
)

// maxConcurrent is the number of calls that one request may have in progress.
const maxConcurrent = 6

// Traffic holds the upstream calls of one request. It counts them, retries
// included, and the time in which at least one was in progress. It bounds their
// number, and after a 429 it delays all of them, since the upstream throttles
// the caller and not the call.
type Traffic struct {
	slots  chan struct{}
	mu     sync.Mutex
	calls  int
	active int
	since  time.Time
	spent  time.Duration
	resume time.Time // no call begins before
}

type trafficKey struct{}

// WithTraffic returns a context whose calls share a Traffic, and that Traffic.
func WithTraffic(ctx context.Context) (context.Context, *Traffic) {
	t := &Traffic{slots: make(chan struct{}, maxConcurrent)}
	return context.WithValue(ctx, trafficKey{}, t), t
}

// trafficOf returns the context's Traffic, or a new one.
func trafficOf(ctx context.Context) *Traffic {
	if t, ok := ctx.Value(trafficKey{}).(*Traffic); ok {
		return t
	}
	_, t := WithTraffic(ctx)
	return t
}

// Read returns the number of calls and the time spent in them so far.
func (t *Traffic) Read() (calls int, spent time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	spent = t.spent
	if t.active > 0 {
		spent += time.Since(t.since)
	}
	return t.calls, spent
}

// holdBack delays all calls by wait.
func (t *Traffic) holdBack(wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if resume := time.Now().Add(wait); resume.After(t.resume) {
		t.resume = resume
	}
}

// enter waits until a call may begin and returns a function that ends it. It
// fails at once when the context ends before that.
func (t *Traffic) enter(ctx context.Context) (leave func(), err error) {
	select {
	case t.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, failure(ctx.Err())
	}
	for wait := t.due(); wait > 0; wait = t.due() {
		if end, ok := ctx.Deadline(); ok && time.Until(end) < wait+leastRoom {
			<-t.slots
			p := problem.New(problem.UpstreamThrottled, errors.New("held back by an earlier 429"))
			p.RetryAfter = wait
			return nil, p
		}
		if err := sleep(ctx, wait); err != nil {
			<-t.slots
			return nil, err
		}
	}
	t.begin()
	return t.end, nil
}

func (t *Traffic) due() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return time.Until(t.resume)
}

func (t *Traffic) begin() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls++
	if t.active++; t.active == 1 {
		t.since = time.Now()
	}
}

func (t *Traffic) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.active--; t.active == 0 {
		t.spent += time.Since(t.since)
	}
	<-t.slots
}

func sleep(ctx context.Context, wait time.Duration) error {
	select {
	case <-ctx.Done():
		return failure(ctx.Err())
	case <-time.After(wait):
		return nil
	}
}
