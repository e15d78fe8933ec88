package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/gomodule/redigo/redis"
)

// Prefixes of the keys in the Redis, which others may use too. An ACL for this
// package is: ~kinde:* +get +set +del +eval +time +ping +select
const (
	valuePrefix = "kinde:value:"
	leasePrefix = "kinde:lease:"
	cellPrefix  = "kinde:cell:"
)

// connections is how many connections there are at most, idle ones included.
const connections = 4

// giveBack deletes a lease if it still holds our token, in one step.
const giveBack = `if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("del", KEYS[1]) end return 0`

// Redis is a Shared in a Redis (6.0 or later, or what speaks as it does), for all
// processes that share it. A call takes at most 800 ms, 500 of which are for
// getting a connection, and less when its context ends before. It does not follow a
// cluster from one node to another.
type Redis struct {
	dialer *dialer
	pool   *redis.Pool
}

// NewRedis makes a Redis from redis[s]://[[user]:password@]host[:port][/database];
// with rediss the server's certificate must be valid by the system's roots. Nothing
// is connected or started before the first call. The error is CheckURL's.
func NewRedis(rawURL string) (*Redis, error) {
	s, err := parseURL(rawURL)
	if err != nil {
		return nil, fmt.Errorf("store: the Redis URL %w", err)
	}
	d := newDialer(s)
	return &Redis{dialer: d, pool: &redis.Pool{
		DialContext:         d.dial,
		TestOnBorrowContext: d.alive,
		MaxIdle:             connections,
		MaxActive:           connections,
		Wait:                true,
	}}, nil
}

// Get is Store's.
func (r *Redis) Get(ctx context.Context, key string) (value []byte, found bool, err error) {
	switch reply, err := r.do(ctx, "GET", valuePrefix+key); reply := reply.(type) {
	case []byte:
		return reply, true, nil
	case nil:
		return nil, false, err
	}
	return nil, false, down("GET", errUnexpected)
}

// Set is Store's.
func (r *Redis) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if err := check(key, value, ttl); err != nil {
		return err
	}
	reply, err := r.do(ctx, "SET", valuePrefix+key, value, "PX", milliseconds(ttl))
	if err == nil && reply != "OK" {
		err = down("SET", errUnexpected)
	}
	return err
}

// Delete is Store's.
func (r *Redis) Delete(ctx context.Context, key string) error {
	reply, err := r.do(ctx, "DEL", valuePrefix+key)
	if _, ok := reply.(int64); err == nil && !ok {
		err = down("DEL", errUnexpected)
	}
	return err
}

// Acquire is Store's.
func (r *Redis) Acquire(ctx context.Context, key string, ttl time.Duration) (release func(context.Context), ok bool, err error) {
	if err := check(key, nil, ttl); err != nil {
		return nil, false, err
	}
	token := rand.Text()
	reply, err := r.do(ctx, "SET", leasePrefix+key, token, "NX", "PX", milliseconds(ttl))
	switch {
	case err != nil || reply == nil:
		return nil, false, err
	case reply != "OK":
		return nil, false, down("SET", errUnexpected)
	}
	return func(ctx context.Context) {
		// Failing, it leaves the lease to its ttl, which is what that is for.
		_, _ = r.do(ctx, "EVAL", giveBack, 1, leasePrefix+key, token)
	}, true, nil
}

// do sends one command and gives its reply. The reply is nil when there is an error.
func (r *Redis) do(ctx context.Context, command string, args ...any) (any, error) {
	conn, err := r.borrow(ctx)
	if err != nil {
		return nil, failed(ctx, "connect", err)
	}
	defer conn.Close() // back to the pool, unless it has failed
	limited, cancel := context.WithTimeout(ctx, commandLimit)
	defer cancel()
	reply, err := redis.DoContext(conn, limited, command, args...)
	if err != nil {
		return nil, failed(ctx, command, err)
	}
	return reply, nil
}

func (r *Redis) borrow(ctx context.Context) (redis.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectLimit)
	defer cancel()
	return r.pool.GetContext(ctx)
}

// milliseconds rounds up: Redis refuses 0, and what ends a moment late harms less
// than what ends early.
func milliseconds(ttl time.Duration) int64 {
	return int64((ttl-1)/time.Millisecond) + 1
}
