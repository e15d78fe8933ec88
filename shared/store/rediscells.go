package store

import (
	"context"
	"strconv"
	"time"
)

// Scripts, so that a call is one round trip. Numbers are compared as the text they
// are kept as: Lua's have 53 bits.
const (
	readCell = `local now = redis.call("time") return {redis.call("get", KEYS[1]), now[1], now[2]}`
	swapCell = `if redis.call("get", KEYS[1]) ~= ARGV[1] then return 0 end redis.call("set", KEYS[1], ARGV[2], "PX", ARGV[3]) return 1`
)

// GetWithTime is Cells'. The clock is the Redis's.
func (r *Redis) GetWithTime(ctx context.Context, key string) (number int64, now time.Time, err error) {
	reply, err := r.do(ctx, "EVAL", readCell, 1, cellPrefix+key)
	if err != nil {
		return none, time.Time{}, err
	}
	parts, _ := reply.([]any)
	if len(parts) != 3 {
		return none, time.Time{}, down("EVAL", errUnexpected)
	}
	seconds, okSeconds := positive(parts[1])
	micros, okMicros := positive(parts[2])
	now = time.Unix(seconds, micros*1000)
	number, ok := int64(none), true
	if parts[0] != nil {
		number, ok = positive(parts[0])
		ok = ok && number > 0
	}
	// A time from 1970 to 2260 has nanoseconds that fit.
	if !ok || !okSeconds || !okMicros || seconds == 0 || seconds > 9e9 || micros >= 1e6 {
		return none, time.Time{}, down("EVAL", errUnexpected)
	}
	return number, now, nil
}

// SetIfNotExistsWithTTL is Cells'.
func (r *Redis) SetIfNotExistsWithTTL(ctx context.Context, key string, number int64, ttl time.Duration) (set bool, err error) {
	if err := checkCell(key, number, ttl); err != nil {
		return false, err
	}
	reply, err := r.do(ctx, "SET", cellPrefix+key, number, "NX", "PX", milliseconds(ttl))
	switch {
	case err != nil || reply == nil:
		return false, err
	case reply != "OK":
		return false, down("SET", errUnexpected)
	}
	return true, nil
}

// CompareAndSwapWithTTL is Cells'.
func (r *Redis) CompareAndSwapWithTTL(ctx context.Context, key string, old, new int64, ttl time.Duration) (swapped bool, err error) {
	if err := checkCell(key, new, ttl); err != nil {
		return false, err
	}
	reply, err := r.do(ctx, "EVAL", swapCell, 1, cellPrefix+key, old, new, milliseconds(ttl))
	if err != nil {
		return false, err
	}
	if reply != int64(0) && reply != int64(1) {
		return false, down("EVAL", errUnexpected)
	}
	return reply == int64(1), nil
}

// positive reads a number of zero or more in the one form in which we write it:
// another would never compare as equal.
func positive(part any) (int64, bool) {
	text, _ := part.([]byte)
	n, err := strconv.ParseInt(string(text), 10, 64)
	return n, err == nil && n >= 0 && strconv.FormatInt(n, 10) == string(text)
}
