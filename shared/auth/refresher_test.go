package auth

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kinde-functions/shared/kinde"
	"kinde-functions/shared/session"
	"kinde-functions/shared/store"
)

// tenant rotates refresh tokens strictly: each serves once.
type tenant struct {
	mu    sync.Mutex
	used  map[string]bool
	calls atomic.Int32
	takes time.Duration
	fail  error
}

func (k *tenant) grant(_ context.Context, refresh string) (kinde.Grant, error) {
	n := k.calls.Add(1)
	time.Sleep(k.takes)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.fail != nil {
		return kinde.Grant{}, k.fail
	}
	if k.used[refresh] {
		return kinde.Grant{}, fmt.Errorf("tenant: %w", kinde.ErrInvalidGrant)
	}
	k.used[refresh] = true
	return kinde.Grant{Access: fmt.Sprint("access-", n), Refresh: fmt.Sprint("refresh-", n)}, nil
}

func testRefresher(k *tenant, shared store.Store) *refresher {
	return &refresher{grant: k.grant, shared: shared, refusals: store.NewMemory(100, nil),
		once: store.NewOnce[session.Tokens](shared, 10*time.Second)}
}

func newTenant() *tenant { return &tenant{used: map[string]bool{}, takes: 100 * time.Millisecond} }

// inParallel calls each refresher n times at once and counts the results.
func inParallel(ctx context.Context, n int, refreshers ...*refresher) map[string]int {
	var mu sync.Mutex
	var wg sync.WaitGroup
	came := map[string]int{}
	for i := range n {
		wg.Go(func() {
			tokens, err := refreshers[i%len(refreshers)].Refresh(ctx, session.Tokens{Access: "old", Refresh: "first"})
			mu.Lock()
			defer mu.Unlock()
			if errors.Is(err, errRefused) {
				came["refused"]++
			} else if err != nil {
				came[err.Error()]++
			} else {
				came[tokens.Refresh]++
			}
		})
	}
	wg.Wait()
	return came
}

func TestRefreshTokenIsRedeemedOnceInAProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newTenant()
		if came := inParallel(t.Context(), 25, testRefresher(k, nil)); came["refresh-1"] != 25 || k.calls.Load() != 1 {
			t.Errorf("got %v after %d calls, want refresh-1 for all 25 after one", came, k.calls.Load())
		}
	})
}

func TestInstancesWithAStoreRefreshOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, shared := newTenant(), store.NewMemory(100, nil)
		four := []*refresher{testRefresher(k, shared), testRefresher(k, shared), testRefresher(k, shared),
			testRefresher(k, shared)}
		if came := inParallel(t.Context(), 25, four...); came["refresh-1"] != 25 || k.calls.Load() != 1 {
			t.Errorf("got %v after %d calls, want refresh-1 for all 25 after one", came, k.calls.Load())
		}
		// A request that was under way comes with the old cookie, a little later.
		if came := inParallel(t.Context(), 4, four...); came["refresh-1"] != 4 || k.calls.Load() != 1 {
			t.Errorf("later: got %v after %d calls, want refresh-1 for all 4 and no call", came, k.calls.Load())
		}
		time.Sleep(2 * resultLife)
		if came := inParallel(t.Context(), 4, four...); came["refused"] != 4 {
			t.Errorf("after the result's life: got %v, want 4 refusals", came)
		}
	})
}

func TestInstancesWithoutAStoreRefreshOnceEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newTenant()
		came := inParallel(t.Context(), 24, testRefresher(k, nil), testRefresher(k, nil), testRefresher(k, nil),
			testRefresher(k, nil))
		if k.calls.Load() != 4 || came["refused"] != 18 {
			t.Errorf("got %v after %d calls, want 18 refusals after 4", came, k.calls.Load())
		}
	})
}

func TestRefusalIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, shared := newTenant(), store.NewMemory(100, nil)
		k.used["first"] = true
		if came := inParallel(t.Context(), 8, testRefresher(k, shared), testRefresher(k, shared)); came["refused"] != 8 ||
			k.calls.Load() != 1 {
			t.Errorf("got %v after %d calls, want 8 refusals after one", came, k.calls.Load())
		}
	})
}

// An instance that dies with the lease does not keep the others from trying.
func TestAbandonedLeaseEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, shared := newTenant(), store.NewMemory(100, nil)
		if _, ok, err := shared.Acquire(t.Context(), "lease:"+store.Digest("first"), 3*time.Second); !ok || err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		if came := inParallel(t.Context(), 1, testRefresher(k, shared)); came["refresh-1"] != 1 ||
			time.Since(begin) < 3*time.Second {
			t.Errorf("got %v after %v, want refresh-1 after at least 3s", came, time.Since(begin))
		}
	})
}

func TestWaiterKeepsItsOwnDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, shared := newTenant(), store.NewMemory(100, nil)
		if _, _, err := shared.Acquire(t.Context(), "lease:"+store.Digest("first"), time.Hour); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if came := inParallel(ctx, 2, testRefresher(k, shared)); came[context.DeadlineExceeded.Error()] != 2 ||
			k.calls.Load() != 0 {
			t.Errorf("got %v after %d calls, want two DeadlineExceeded and no call", came, k.calls.Load())
		}
	})
}

// down is a store that never responds.
type down struct{ store.Store }

func (down) Get(context.Context, string) ([]byte, bool, error) {
	return nil, false, store.ErrUnavailable
}
func (down) Set(context.Context, string, []byte, time.Duration) error { return store.ErrUnavailable }
func (down) Acquire(context.Context, string, time.Duration) (func(context.Context), bool, error) {
	return nil, false, store.ErrUnavailable
}

func TestUnavailableStoreIsSkipped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newTenant()
		if came := inParallel(t.Context(), 10, testRefresher(k, down{})); came["refresh-1"] != 10 {
			t.Errorf("got %v, want refresh-1 for all 10", came)
		}
	})
}

func TestFailureIsNotARefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, shared := newTenant(), store.NewMemory(100, nil)
		k.fail = errors.New("network")
		if came := inParallel(t.Context(), 4, testRefresher(k, shared)); came["network"] != 4 {
			t.Errorf("got %v, want the failure for all 4", came)
		}
		k.fail = nil
		if came := inParallel(t.Context(), 4, testRefresher(k, shared)); came["refresh-2"] != 4 {
			t.Errorf("after the failure: got %v, want refresh-2 for all 4", came)
		}
	})
}

func TestUnrotatedRefreshTokenIsKept(t *testing.T) {
	r := testRefresher(newTenant(), nil)
	r.grant = func(context.Context, string) (kinde.Grant, error) { return kinde.Grant{Access: "new"}, nil }
	if tokens, err := r.Refresh(t.Context(), session.Tokens{Access: "old", Refresh: "kept"}); err != nil ||
		tokens != (session.Tokens{Access: "new", Refresh: "kept"}) {
		t.Errorf("got %v, %v, want the new access token and the old refresh token", tokens, err)
	}
}

// A client that sends one refused refresh token over and over costs Kinde one call a
// minute.
func TestRefusedTokenIsNotTriedAgainForAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newTenant()
		k.used["first"] = true
		r := testRefresher(k, nil)
		for range 60 {
			if came := inParallel(t.Context(), 1, r); came["refused"] != 1 {
				t.Fatalf("%v, want a refusal", came)
			}
		}
		if got := k.calls.Load(); got != 1 {
			t.Errorf("%d calls, want 1", got)
		}
		time.Sleep(2 * resultLife)
		if inParallel(t.Context(), 1, r); k.calls.Load() != 2 {
			t.Errorf("%d calls after two minutes, want 2", k.calls.Load())
		}
	})
}
