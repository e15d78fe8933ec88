package store

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/alicebob/miniredis/v2/server"
)

func newRedis(t *testing.T, url string) *Redis {
	t.Helper()
	r, err := NewRedis(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.pool.Close() })
	return r
}

// calls are all calls of a Redis.
var calls = map[string]func(context.Context, *Redis) error{
	"Get": func(ctx context.Context, r *Redis) error { _, _, err := r.Get(ctx, "private-key"); return err },
	"Set": func(ctx context.Context, r *Redis) error {
		return r.Set(ctx, "private-key", []byte("private-value"), time.Minute)
	},
	"Acquire": func(ctx context.Context, r *Redis) error {
		_, _, err := r.Acquire(ctx, "private-lease", time.Minute)
		return err
	},
	"Eval": func(ctx context.Context, r *Redis) error {
		_, err := r.Eval(ctx, "return {1}", "private-key", "private-value")
		return err
	},
}

// wantUnavailable checks that each call of a Redis at url fails in time, with an error
// that contains reason and quotes nothing.
func wantUnavailable(t *testing.T, url, reason string, configure func(*Redis)) {
	t.Helper()
	var wg sync.WaitGroup
	for name, call := range calls {
		r := newRedis(t, url)
		if configure != nil {
			configure(r)
		}
		wg.Go(func() {
			began := time.Now()
			err := call(t.Context(), r)
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("%s took %v, want at most 2s", name, took)
			}
			if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), reason) ||
				strings.Contains(err.Error(), "private") {
				t.Errorf("%s: got %v, want ErrUnavailable with %q", name, err, reason)
			}
		})
	}
	wg.Wait()
}

// silentServer accepts connections and never replies.
func silentServer(t *testing.T) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener.Addr().String()
}

func TestFailuresAreBoundedAndQuoteNothing(t *testing.T) {
	silent := silentServer(t)
	t.Run("silent", func(t *testing.T) { wantUnavailable(t, "redis://"+silent, "timeout", nil) })
	t.Run("silent AUTH", func(t *testing.T) { wantUnavailable(t, "redis://:private@"+silent, "timeout", nil) })
	t.Run("silent TLS", func(t *testing.T) { wantUnavailable(t, "rediss://"+silent, "TLS handshake timeout", nil) })
	t.Run("refused", func(t *testing.T) {
		server := miniredis.RunT(t)
		address := server.Addr()
		server.Close()
		wantUnavailable(t, "redis://"+address, "connection refused", nil)
	})
	server := miniredis.RunT(t)
	url := "redis://" + server.Addr()
	for reply, reason := range map[string]string{
		"READONLY You can't write 'private-key'":                         "returned READONLY",
		"ERR unknown command, with args beginning with: 'private-value'": "returned ERR",
		"private text":          "returned an error",
		strings.Repeat("A", 30): "returned an error",
	} {
		server.SetError(reply)
		t.Run(reason, func(t *testing.T) { wantUnavailable(t, url, reason, nil) })
	}
	server.SetError("")
	server.RequireUserAuth("user", "right")
	t.Run("password", func(t *testing.T) {
		wantUnavailable(t, "redis://user:private@"+server.Addr(), "returned WRONGPASS", nil)
		wantUnavailable(t, url, "returned NOAUTH", nil)
		wantValue(t, newRedis(t, "redis://user:right@"+server.Addr()), "k", "")
	})
	t.Run("HTTP server", func(t *testing.T) {
		web := httptest.NewServer(nil)
		defer web.Close()
		wantUnavailable(t, "redis://"+web.Listener.Addr().String(), "", nil)
	})
}

func TestReplyOfAnotherTypeIsUnavailable(t *testing.T) {
	server := miniredis.RunT(t)
	r := newRedis(t, "redis://"+server.Addr())
	if _, err := r.Eval(t.Context(), `return "text"`, "k"); !errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
}

func TestContextErrorIsNotUnavailable(t *testing.T) {
	url := "redis://" + silentServer(t)
	r := newRedis(t, url)
	for range 5 { // timers race
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		err := calls["Get"](ctx, r)
		if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrUnavailable) {
			t.Errorf("got %v, want the context's error", err)
		}
		cancel()
		if err := calls["Get"](ctx, r); errors.Is(err, ErrUnavailable) {
			t.Errorf("got %v, want the context's error", err)
		}
	}
}

// A server that restarts, or a freeze during which it closes its connections, costs no
// call: not even one that changes something.
func TestClosedPooledConnectionLosesNoCall(t *testing.T) {
	server := miniredis.RunT(t)
	r := newRedis(t, "redis://"+server.Addr())
	for name, call := range calls {
		for range 5 {
			if err := call(t.Context(), r); err != nil {
				t.Fatalf("%s: got %v, want nil", name, err)
			}
			server.Close()
			if err := server.Restart(); err != nil {
				t.Fatal(err)
			}
			if err := call(t.Context(), r); err != nil {
				t.Errorf("%s after a restart: got %v, want nil", name, err)
			}
		}
	}
}

func TestConnectionIdleForLongIsReplaced(t *testing.T) {
	server := miniredis.RunT(t)
	r := newRedis(t, "redis://"+server.Addr())
	for _, step := range []struct {
		idle time.Duration
		want int
	}{{0, 1}, {maxIdle - time.Second, 1}, {maxIdle + time.Second, 2}, {0, 2}, {-time.Hour, 3}} {
		r.now = func() time.Time { return time.Now().Add(step.idle) }
		wantValue(t, r, "k", "")
		if got := server.TotalConnectionCount(); got != step.want {
			t.Errorf("after %v: got %d connections, want %d", step.idle, got, step.want)
		}
	}
}

func TestTLSVerifiesCertificate(t *testing.T) {
	web := httptest.NewTLSServer(nil) // its certificate is for 127.0.0.1
	defer web.Close()
	server, err := miniredis.RunTLS(&tls.Config{Certificates: web.TLS.Certificates})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	url := "rediss://:private@" + server.Addr()
	server.RequireAuth("private")
	trust := func(r *Redis) {
		r.tls.RootCAs = x509.NewCertPool()
		r.tls.RootCAs.AddCert(web.Certificate())
	}
	r := newRedis(t, url)
	trust(r)
	wantValue(t, r, "k", "")
	wantUnavailable(t, url, "certificate signed by unknown authority", nil)
	wantUnavailable(t, url, "certificate is valid for", func(r *Redis) {
		trust(r)
		r.tls.ServerName = "redis.example.org"
	})
}

func TestOutageIsCalledOncePerPauseAndWarnedOfOnce(t *testing.T) {
	redis := miniredis.RunT(t)
	var down atomic.Bool
	var commands atomic.Int32
	redis.Server().SetPreHook(func(peer *server.Peer, _ string, _ ...string) bool {
		commands.Add(1)
		if down.Load() {
			peer.WriteError("LOADING")
		}
		return down.Load()
	})
	var warnings []error
	r, err := NewRedis("redis://"+redis.Addr(), func(err error) { warnings = append(warnings, err) })
	if err != nil {
		t.Fatal(err)
	}
	defer r.pool.Close()
	fail := func(want int32) {
		t.Helper()
		before := commands.Load()
		for range 5 {
			if err := calls["Set"](t.Context(), r); !errors.Is(err, ErrUnavailable) {
				t.Errorf("got %v, want ErrUnavailable", err)
			}
		}
		if got := commands.Load() - before; got != want {
			t.Errorf("5 calls sent %d commands, want %d", got, want)
		}
	}
	wantValue(t, r, "k", "")
	down.Store(true)
	fail(1)
	r.outage.retry = time.Now()
	fail(1)
	if len(warnings) != 1 || !strings.Contains(warnings[0].Error(), "LOADING") {
		t.Errorf("got warnings %v, want one", warnings)
	}
	down.Store(false)
	fail(0)
	r.outage.retry = time.Now()
	set(t, r, "k", "v", time.Minute)
	wantValue(t, r, "k", "v")
	down.Store(true)
	fail(1)
	if len(warnings) != 2 {
		t.Errorf("got %d warnings, want one for each outage", len(warnings))
	}
}

func TestOutagePause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var o outage
		allow := func(want bool, when string) {
			t.Helper()
			if got := o.allow(); got != want {
				t.Errorf("%s: allow() = %t, want %t", when, got, want)
			}
		}
		allow(true, "before an outage")
		allow(true, "before an outage")
		if o.record(context.Canceled) {
			t.Error("a canceled call was recorded as an outage")
		}
		allow(true, "after a canceled call")
		if !o.record(ErrUnavailable) || o.record(ErrUnavailable) {
			t.Error("record did not report the outage exactly once")
		}
		time.Sleep(outagePause - time.Nanosecond)
		allow(false, "during the pause")
		time.Sleep(time.Nanosecond)
		allow(true, "after the pause")
		allow(false, "after the pause, a second time")
		o.retry = time.Now().Add(time.Hour)
		allow(true, "after the clock was set back")
		o.record(nil)
		allow(true, "after the outage")
		allow(true, "after the outage")
	})
}
