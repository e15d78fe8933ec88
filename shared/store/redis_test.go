package store

import (
	"context"
	"io"
	"net"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"
)

func TestRedisCommands(t *testing.T) {
	f := newFake(t, byCommand(map[string]string{
		"GET": "$3\r\na\r\n\r\n", "DEL": ":1\r\n", "EVAL": ":1\r\n",
	}))
	r := f.redis(t)
	if f.connected() != 0 {
		t.Fatal("connected before the first call")
	}
	holds(t, r, "k", "a\r\n")
	set(t, r, "k", "v\r\n$", 1500*time.Microsecond) // rounded up
	if err := r.Delete(t.Context(), "k"); err != nil {
		t.Error(err)
	}
	acquire(t, r, "k", time.Nanosecond, true)(t.Context())
	sent := f.sent()
	if len(sent) != 5 {
		t.Fatalf("sent %q", sent)
	}
	token := strings.Fields(sent[3])[2]
	want := []string{
		"GET kinde:value:k",
		"SET kinde:value:k v\r\n$ PX 2",
		"DEL kinde:value:k",
		"SET kinde:lease:k " + token + " NX PX 1",
		"EVAL " + giveBack + " 1 kinde:lease:k " + token,
	}
	if !slices.Equal(sent, want) {
		t.Errorf("sent %q\nwant %q", sent, want)
	}
	if !regexp.MustCompile(`^[A-Z2-7]{26}$`).MatchString(token) {
		t.Errorf("token %q", token)
	}
	if f.connected() != 1 {
		t.Errorf("%d connections", f.connected())
	}
}

func TestRedisSaysNil(t *testing.T) {
	r := newFake(t, always("$-1\r\n")).redis(t)
	holds(t, r, "k", "")
	acquire(t, r, "k", time.Minute, false)
}

func TestRedisGreeting(t *testing.T) {
	for in, want := range map[string][]string{
		"":               nil,
		":pa%20ss@":      {"AUTH pa ss"},
		"user:pa%3Ass@":  {"AUTH user pa:ss"},
		"user:pass@ /7":  {"AUTH user pass", "SELECT 7"},
		" /0":            nil,
		":p@ /123456789": {"AUTH p", "SELECT 123456789"},
	} {
		f := newFake(t, byCommand(map[string]string{"GET": "$-1\r\n"}))
		before, after, _ := strings.Cut(in, " ")
		r := newRedis(t, "redis://"+before+f.listener.Addr().String()+after)
		holds(t, r, "k", "")
		holds(t, r, "k", "") // greeted once
		want = append(want, "GET kinde:value:k", "GET kinde:value:k")
		if sent := f.sent(); !slices.Equal(sent, want) {
			t.Errorf("%q: sent %q, want %q", in, sent, want)
		}
	}
}

func TestConnectionsAreFew(t *testing.T) {
	f := newFake(t, func(conn net.Conn, _ []string) {
		time.Sleep(time.Millisecond)
		io.WriteString(conn, "$-1\r\n")
	})
	r := f.redis(t)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() { holds(t, r, "k", "") })
	}
	wg.Wait()
	if n := f.connected(); n > connections {
		t.Errorf("%d connections", n)
	}
}

func TestPooledConnectionsAgeByTheWallClock(t *testing.T) {
	const get, ping = "GET kinde:value:k", "PING"
	for _, c := range []struct {
		name        string
		idle        time.Duration
		pong        string
		closed      bool
		connections int
		sent        []string
	}{
		{name: "just used", idle: 4 * time.Second, connections: 1, sent: []string{get, get}},
		{name: "a while ago", idle: 6 * time.Second, pong: "+PONG\r\n", connections: 1, sent: []string{get, ping, get}},
		{name: "not its answer", idle: 6 * time.Second, pong: "+OK\r\n", connections: 2, sent: []string{get, ping, get}},
		{name: "refused", idle: 6 * time.Second, pong: "-NOAUTH\r\n", connections: 2, sent: []string{get, ping, get}},
		{name: "silent", idle: 6 * time.Second, connections: 2, sent: []string{get, ping, get}},
		{name: "closed meanwhile", idle: 6 * time.Second, closed: true, connections: 2, sent: []string{get, get}},
		{name: "long ago", idle: time.Hour, pong: "+PONG\r\n", connections: 2, sent: []string{get, get}},
		{name: "clock put back", idle: -time.Hour, pong: "+PONG\r\n", connections: 2, sent: []string{get, get}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFake(t, byCommand(map[string]string{"GET": "$-1\r\n", "PING": c.pong}))
			r := f.redis(t)
			holds(t, r, "k", "")
			if c.closed {
				f.hangUp()
			}
			r.dialer.now = func() time.Time { return time.Now().Add(c.idle) }
			began := time.Now()
			holds(t, r, "k", "")
			if took := time.Since(began); took > commandLimit {
				t.Errorf("took %v", took)
			}
			if sent := f.sent(); !slices.Equal(sent, c.sent) || f.connected() != c.connections {
				t.Errorf("sent %q over %d connections", sent, f.connected())
			}
		})
	}
}

func TestCommandLimitIsForSendingAndWaitingTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRedis(t, "redis://localhost")
		near, far := net.Pipe() // sending takes as long as reading it there
		r.pool.DialContext = func(context.Context) (redis.Conn, error) {
			return redis.NewConn(&guard{Conn: near, socket: near}, commandLimit, commandLimit), nil
		}
		go func() {
			time.Sleep(commandLimit / 2)
			io.Copy(io.Discard, far)
		}()
		began := time.Now()
		wantOnly(t, "Get", calls["Get"](t.Context(), r), ErrDown, context.DeadlineExceeded)
		if took := time.Since(began); took != commandLimit {
			t.Errorf("took %v", took)
		}
	})
}

func TestCallersTimeIsNotTheStoresFault(t *testing.T) {
	r := newFake(t, always("")).redis(t)
	for name, c := range map[string]struct {
		make func() (context.Context, context.CancelFunc)
		want error
	}{
		"deadline": {func() (context.Context, context.CancelFunc) {
			return context.WithTimeout(t.Context(), 30*time.Millisecond)
		}, context.DeadlineExceeded},
		"cancelled": {func() (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(30*time.Millisecond, cancel)
			return ctx, cancel
		}, context.Canceled},
		"over before": {func() (context.Context, context.CancelFunc) {
			return context.WithTimeout(t.Context(), -1)
		}, context.DeadlineExceeded},
	} {
		for range 5 { // timers race
			ctx, cancel := c.make()
			began := time.Now()
			err := r.Delete(ctx, "k")
			if took := time.Since(began); took > 200*time.Millisecond {
				t.Errorf("%s: took %v", name, took)
			}
			wantOnly(t, name, err, c.want, ErrDown)
			cancel()
		}
	}
}
