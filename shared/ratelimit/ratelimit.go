// Package ratelimit limits how often each caller may call a function.
//
// It protects what a call costs, such as Kinde's own limits or a guess at a token or a
// code, against a caller who makes too many calls. Each caller has a quota for each
// function. Parallel requests pass in the number that one process would let pass,
// however many instances share a store. Instances that share a store use its clock, and
// a clock that is set back makes no caller wait longer than a window. A flood of callers
// uses a bounded amount of memory. While the store is unavailable, each process counts
// for itself.
package ratelimit

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"kinde-functions/shared/store"
)

// Policy is a quota: Requests at once, and one more after each Requests-th part of
// Window. The zero Policy limits nothing.
type Policy struct {
	Requests int
	Window   time.Duration
}

// period is the time in which one request is restored, in whole microseconds, as the
// Redis counts.
func (p Policy) period() time.Duration {
	return (p.Window / time.Duration(p.Requests)).Truncate(time.Microsecond)
}

// window is the time in which all requests are restored: Window without what the
// division loses.
func (p Policy) window() time.Duration { return p.period() * time.Duration(p.Requests) }

// Limiter limits the calls of one function. A nil Limiter allows every call. A Limiter
// is safe for concurrent use.
type Limiter struct {
	policy Policy
	name   func(caller string) string
	own    *memory
	shared store.Evaluator // nil: own alone
}

// New returns the limiter of a function, nil if the policy is zero. shared is where
// instances count together; nil means that each counts for itself. hash is a keyed hash
// of names, which hold user ids and IP addresses. Without shared it may be nil.
func New(policy Policy, function string, shared store.Evaluator, hash func(string) string) (*Limiter, error) {
	return newLimiter(policy, function, shared, hash, time.Now)
}

func newLimiter(policy Policy, function string, shared store.Evaluator, hash func(string) string,
	now func() time.Time) (*Limiter, error) {
	if policy == (Policy{}) {
		return nil, nil
	}
	if policy.Requests < 1 || policy.period() < time.Microsecond {
		return nil, errors.New("ratelimit: the policy must allow at least one request and at most one in a microsecond")
	}
	if shared != nil && hash == nil {
		return nil, errors.New("ratelimit: shared names must be hashed")
	}
	if hash == nil {
		hash = digest
	}
	// The policy is part of the name: deployments with different policies count apart.
	prefix := fmt.Sprintf("limit %d/%v %s ", policy.Requests, policy.Window, function)
	return &Limiter{policy: policy, shared: shared, own: newMemory(policy, now),
		name: func(caller string) string { return hash(prefix + caller) }}, nil
}

// digest bounds the memory of a name: a caller may choose a long one.
func digest(name string) string {
	sum := sha256.Sum256([]byte(name))
	return string(sum[:])
}

// Take counts a request of caller, such as sub:kp_1 or ip:192.0.2.1, and reports
// whether it is allowed. A refused request uses nothing up.
func (l *Limiter) Take(ctx context.Context, caller string) Result {
	if l == nil {
		return Result{Allowed: true}
	}
	name := l.name(caller)
	if l.shared != nil {
		if allowed, used, err := l.policy.takeShared(ctx, l.shared, name); err == nil {
			return l.policy.result(allowed, used)
		}
	}
	allowed, used := l.own.take(name)
	return l.policy.result(allowed, used)
}
