package ratelimit

import (
	"context"
	"time"

	"kinde-functions/shared/store"
)

// A cell is GCRA's whole memory of a caller: when their quota will be whole again.

// period is how long it takes to restore one request.
func (p Policy) period() time.Duration { return p.Window / time.Duration(p.Requests) }

// window is how long it takes to restore all: Window without the nanoseconds that
// the division loses, as GCRA has it.
func (p Policy) window() time.Duration { return p.period() * time.Duration(p.Requests) }

// cells are a store's, of one policy.
type cells struct {
	store.Cells
	policy Policy
}

// GetWithTime is store.Cells'. A quota that would take more than a window to be
// whole again was counted before the clock was put back, or by whoever can write
// there: then it is as one that has just been used up.
func (c cells) GetWithTime(ctx context.Context, key string) (int64, time.Time, error) {
	for {
		whole, now, err := c.Cells.GetWithTime(ctx, key)
		most := now.Add(c.policy.window()).UnixNano()
		if err != nil || whole <= most {
			return whole, now, err
		}
		swapped, err := c.CompareAndSwapWithTTL(ctx, key, whole, most, c.policy.window())
		if err != nil || swapped {
			return most, now, err
		}
	}
}

// exhausted reports whether nothing is left, in a cell that no clock has spoilt.
func (p Policy) exhausted(whole int64, now time.Time) bool {
	left := time.Duration(whole - now.UnixNano())
	return p.window()-p.period() < left && left <= p.window()
}

// common are the cells that instances share. What was last seen of them is kept in
// the process's own, for two uses: a caller of whom it knows that nothing is left is
// refused without a round trip, as nothing can come back before its time; and when
// the store goes down, the count goes on from there. When it is back, it is right.
type common struct {
	all, own cells
}

// GetWithTime is store.Cells'.
func (c common) GetWithTime(ctx context.Context, key string) (int64, time.Time, error) {
	known, asked, _ := c.own.Cells.GetWithTime(ctx, key)
	if c.own.policy.exhausted(known, asked) {
		return known, asked, nil
	}
	whole, now, err := c.all.GetWithTime(ctx, key)
	if err != nil {
		return 0, now, trouble{err}
	}
	// From when it was asked: a slow answer must not make it seem more.
	c.learn(ctx, key, known, asked, time.Duration(whole-now.UnixNano()))
	return whole, now, nil
}

// SetIfNotExistsWithTTL is store.Cells'.
func (c common) SetIfNotExistsWithTTL(ctx context.Context, key string, whole int64, ttl time.Duration) (bool, error) {
	set, err := c.all.SetIfNotExistsWithTTL(ctx, key, whole, ttl)
	return c.changed(ctx, key, set, err)
}

// CompareAndSwapWithTTL is store.Cells'.
func (c common) CompareAndSwapWithTTL(ctx context.Context, key string, old, whole int64, ttl time.Duration) (bool, error) {
	swapped, err := c.all.CompareAndSwapWithTTL(ctx, key, old, whole, ttl)
	return c.changed(ctx, key, swapped, err)
}

// changed counts a request that passed in the own cell too.
func (c common) changed(ctx context.Context, key string, passed bool, err error) (bool, error) {
	if err != nil {
		return false, trouble{err}
	}
	if passed {
		known, now, _ := c.own.Cells.GetWithTime(ctx, key)
		left := max(0, time.Duration(known-now.UnixNano()))
		c.learn(ctx, key, known, now, left+c.own.policy.period())
	}
	return passed, nil
}

// learn puts left into the own cell, where known is. Losing to a parallel request
// leaves what that one has seen, which is as good.
func (c common) learn(ctx context.Context, key string, known int64, now time.Time, left time.Duration) {
	whole := now.Add(left).UnixNano()
	switch {
	case known > 0:
		left = max(left, 1) // to end at once is the way to go
		_, _ = c.own.CompareAndSwapWithTTL(ctx, key, known, whole, left)
	case left > 0:
		_, _ = c.own.SetIfNotExistsWithTTL(ctx, key, whole, left)
	}
}

// trouble is an error of the store's, or the caller's time being over, as against
// attempts used up.
type trouble struct{ error }
