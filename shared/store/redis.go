package store

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/gomodule/redigo/redis"
)

const (
	// connectTimeout bounds each of waiting for a connection, connecting and the TLS
	// handshake. commandTimeout bounds a command and its reply.
	connectTimeout = 500 * time.Millisecond
	commandTimeout = 300 * time.Millisecond
	// maxIdle is how long a pooled connection may be idle before it is replaced: it may
	// have been dropped silently while the process was frozen.
	maxIdle = 30 * time.Second
	// connections is the size of the pool.
	connections = 4
)

// releaseScript deletes a lease if it still holds the caller's token.
const releaseScript = `if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("del", KEYS[1]) end return 0`

// Redis is a Store in a Redis of version 6 or later, for all processes that use it. Its
// user there needs ~kinde:* +get +set +del +eval +time +select. It does not follow the
// redirections of a cluster.
type Redis struct {
	pool   *redis.Pool
	tls    *tls.Config
	now    func() time.Time
	warn   func(error)
	outage outage
}

// NewRedis returns a Redis at redis[s]://[[user]:password@]host[:port][/database].
// It connects at the first call. warn, which may be nil, gets the first error of each
// outage. The error is CheckURL's.
func NewRedis(rawURL string, warn func(error)) (*Redis, error) {
	address, err := parseURL(rawURL)
	if err != nil {
		return nil, fmt.Errorf("store: the Redis URL %w", err)
	}
	r := &Redis{now: time.Now, warn: warn, tls: &tls.Config{ClientSessionCache: tls.NewLRUClientSessionCache(1)}}
	dialer := &net.Dialer{Timeout: connectTimeout}
	r.pool = &redis.Pool{
		DialContext: func(ctx context.Context) (redis.Conn, error) {
			return redis.DialURLContext(ctx, address, redis.DialContextFunc(dialer.DialContext),
				redis.DialTLSConfig(r.tls), redis.DialTLSHandshakeTimeout(connectTimeout),
				redis.DialReadTimeout(commandTimeout), redis.DialWriteTimeout(commandTimeout))
		},
		TestOnBorrow: func(_ redis.Conn, lastUsed time.Time) error {
			// Abs: the clock may have been set back.
			if r.now().Round(0).Sub(lastUsed).Abs() > maxIdle {
				return errors.New("store: the connection was idle for too long")
			}
			return nil
		},
		MaxIdle: connections, MaxActive: connections, Wait: true,
	}
	return r, nil
}

// Get implements Store.
func (r *Redis) Get(ctx context.Context, key string) (value []byte, found bool, err error) {
	value, err = do(ctx, r, redis.Bytes, "GET", valuePrefix+key)
	if errors.Is(err, redis.ErrNil) {
		return nil, false, nil
	}
	return value, err == nil, err
}

// Set implements Store.
func (r *Redis) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if err := validate(value, ttl); err != nil {
		return err
	}
	_, err := do(ctx, r, redis.String, "SET", valuePrefix+key, value, "PX", milliseconds(ttl))
	return err
}

// Acquire implements Store.
func (r *Redis) Acquire(ctx context.Context, key string, ttl time.Duration) (func(context.Context), bool, error) {
	if err := validate(nil, ttl); err != nil {
		return nil, false, err
	}
	token := rand.Text()
	_, err := do(ctx, r, redis.String, "SET", leasePrefix+key, token, "NX", "PX", milliseconds(ttl))
	if errors.Is(err, redis.ErrNil) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	return func(ctx context.Context) {
		// If it fails, the lease ends with its ttl.
		_, _ = do(ctx, r, redis.Int64, "EVAL", releaseScript, 1, leasePrefix+key, token)
	}, true, nil
}

// Eval implements Evaluator. The script gets "kinde:" and key as KEYS[1] and returns a
// list of integers.
func (r *Redis) Eval(ctx context.Context, script, key string, args ...any) ([]int64, error) {
	return do(ctx, r, redis.Int64s, "EVAL", append([]any{script, 1, "kinde:" + key}, args...)...)
}

// do sends a command, unless an outage is known, and converts its reply. The error is
// redis.ErrNil for a nil reply, that of ctx if it ended, or else ErrUnavailable.
func do[T any](ctx context.Context, r *Redis, convert func(any, error) (T, error),
	command string, args ...any) (T, error) {
	if !r.outage.allow() {
		var zero T
		return zero, fmt.Errorf("%w: failed a moment ago", ErrUnavailable)
	}
	value, err := convert(r.try(ctx, command, args...))
	if errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		// The server closed the pooled connection while it was idle.
		value, err = convert(r.try(ctx, command, args...))
	}
	if errors.Is(err, redis.ErrNil) {
		r.outage.record(nil)
		return value, err
	}
	if err != nil {
		err = describe(ctx, command, err)
	}
	if r.outage.record(err) && r.warn != nil {
		r.warn(err)
	}
	return value, err
}

func (r *Redis) try(ctx context.Context, command string, args ...any) (any, error) {
	waiting, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	conn, err := r.pool.GetContext(waiting)
	if err != nil {
		return nil, err
	}
	defer conn.Close() // returns it to the pool, unless it failed
	return redis.DoContext(conn, ctx, command, args...)
}

// describe returns the error of ctx if that ended, which is no fault of the Redis,
// and otherwise ErrUnavailable with a reason. Of an error that Redis returned the reason
// holds the code alone, such as NOAUTH or OOM: Redis quotes keys and values in the rest.
func describe(ctx context.Context, command string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("store: %w", ctx.Err())
	}
	// A socket's timer may fire before the context's.
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) {
		return fmt.Errorf("store: %w", context.DeadlineExceeded)
	}
	reason := err.Error()
	if refusal, ok := errors.AsType[redis.Error](err); ok {
		reason, _, _ = strings.Cut(string(refusal), " ")
		if len(reason) > 20 || strings.Trim(reason, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			reason = "an error"
		}
		reason = "the Redis returned " + reason
	}
	return fmt.Errorf("%w: %s: %s", ErrUnavailable, command, reason)
}

// milliseconds rounds up: Redis refuses 0.
func milliseconds(ttl time.Duration) int64 { return int64((ttl-1)/time.Millisecond) + 1 }
