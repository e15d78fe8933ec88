// Package ratelimit counts who has called how often, and says who must wait.
//
// It defends what a call costs (Kinde's own limits, another tenant's patience, a
// guess at a token or a code) against a caller who makes too many, and the callers
// against each other: everybody has a quota of their own for each function.
//
// It defends the limit against parallel requests, which pass in the number that one
// process would let pass, however many instances there are; against clocks, since
// instances that share a store share its clock too, and one that is put back makes
// nobody wait longer than a whole window; and against floods of callers, which cost
// a fixed amount of memory and wipe out no one's debt. A store that is down makes
// every process count for itself: nobody is let through unseen, nobody is refused
// for it, and no error comes of it.
package ratelimit

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/throttled/throttled/v2"

	"kinde-functions/shared/store"
)

// callers is how many callers a process remembers at most, at up to 350 bytes each:
// 3.5 MB, which only a flood fills. One too many drops the caller whose quota would
// have been whole again soonest. So a flood of callers with a request each drops its
// own; to have a debt of n requests forgotten, one needs 10,000 callers more, each
// of whom has made n requests in less time than those take to be restored.
const callers = 10_000

// patience is how long the shared store may take over one request in all. It is
// above what one call of a store may take, so that an outage is seen as one.
const patience = time.Second

// spare is how many attempts at a cell may be lost to something else than another
// request that passed: to the cell's end between being read and being changed.
const spare = 10

// Policy is a quota: Requests at once, each of which is restored, one after another,
// in a Window's Requests-th part. Whoever has used everything up and waits for a
// Window has everything again; who keeps calling gets Requests in each Window. The
// zero Policy limits nothing.
type Policy struct {
	Requests int
	Window   time.Duration
}

// Limiter limits the calls of one function. A nil one lets everything pass. It is
// safe for concurrent use.
type Limiter struct {
	policy Policy
	name   func(caller string) string
	own    *throttled.GCRARateLimiterCtx // in this process
	shared *throttled.GCRARateLimiterCtx // nil: own alone
	turns  turns
}

// New makes the limiter of a function, nil when the policy is zero. shared is where
// instances count together (nil: each counts for itself), and hash what names look
// like there: a keyed one, since they hold user ids and IP addresses. Without a
// shared store it may be nil.
func New(policy Policy, function string, shared store.Cells, hash func(string) string) (*Limiter, error) {
	return newLimiter(policy, function, shared, hash, nil)
}

func newLimiter(policy Policy, function string, shared store.Cells, hash func(string) string, now func() time.Time) (*Limiter, error) {
	if policy == (Policy{}) {
		return nil, nil
	}
	if policy.Requests < 1 || policy.period() < time.Microsecond {
		return nil, errors.New("ratelimit: the policy must allow a request at least, and at most one in a microsecond")
	}
	if shared != nil && hash == nil {
		return nil, errors.New("ratelimit: callers' names must be hashed where they are shared")
	}
	// With the policy in the name, deployments that differ in it do not meet.
	prefix := fmt.Sprintf("limit %d/%v %s ", policy.Requests, policy.Window, function)
	l := &Limiter{policy: policy, name: func(caller string) string { return short(prefix + caller) }}
	if hash != nil {
		l.name = func(caller string) string { return short(hash(prefix + caller)) }
	}
	own := cells{store.NewMemory(callers, now), policy}
	var err error
	// Every attempt lost in memory is another's that passed: their number is bounded
	// by the quota, and each takes less than a microsecond.
	if l.own, err = newGCRA(policy, own, math.MaxInt); err != nil {
		return nil, err
	}
	if shared == nil {
		return l, nil
	}
	l.turns = newTurns()
	if l.shared, err = newGCRA(policy, common{cells{shared, policy}, own}, policy.Requests+spare); err != nil {
		return nil, err
	}
	return l, nil
}

func newGCRA(policy Policy, in throttled.GCRAStoreCtx, attempts int) (*throttled.GCRARateLimiterCtx, error) {
	gcra, err := throttled.NewGCRARateLimiterCtx(in, throttled.RateQuota{
		MaxRate:  throttled.PerDuration(policy.Requests, policy.Window),
		MaxBurst: policy.Requests - 1,
	})
	if err == nil {
		gcra.SetMaxCASAttemptsLimit(attempts)
	}
	return gcra, err
}

// short bounds what a caller takes in memory: whoever makes tokens chooses sub.
func short(name string) string {
	if len(name) <= 96 {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return string(sum[:])
}

// Take counts a request of caller, such as sub:kp_1 or ip:192.0.2.1, and says
// whether it may pass. A refused one takes nothing. It costs two round trips to the
// shared store for a request that passes, and none for one that is refused again.
func (l *Limiter) Take(ctx context.Context, caller string) Result {
	if l == nil {
		return Result{Allowed: true}
	}
	name := l.name(caller)
	if l.shared != nil {
		if r, ok := l.together(ctx, name); ok {
			return r
		}
	}
	refused, state, err := l.own.RateLimitCtx(ctx, name, 1)
	if err != nil { // memory has no troubles
		return l.policy.spent()
	}
	return l.policy.result(refused, state)
}

// together asks the shared store; ok is false when that does not answer in time.
func (l *Limiter) together(ctx context.Context, name string) (r Result, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	done, err := l.turns.take(ctx, name)
	if err != nil {
		return Result{}, false
	}
	defer done()
	refused, state, err := l.shared.RateLimitCtx(ctx, name, 1)
	if err == nil {
		return l.policy.result(refused, state), true
	}
	if _, ok := errors.AsType[trouble](err); ok {
		return Result{}, false
	}
	// The attempts are used up. Each was lost to another request of this caller: a
	// whole quota of them has passed since this one came.
	return l.policy.spent(), true
}
