//go:build realtools

package store

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
)

// startRedis starts a redis-server on loopback that keeps nothing on disk, and gives
// its address. It fails where there is no redis-server.
func startRedis(t *testing.T, options ...string) string {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	_, port, _ := net.SplitHostPort(address)
	server := exec.Command("redis-server", append([]string{
		"--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no", "--dir", t.TempDir(),
	}, options...)...)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	for range 200 {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return address
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("redis-server does not listen")
	return ""
}

func TestRealValues(t *testing.T) {
	r := newRedis(t, "redis://"+startRedis(t))
	holds(t, r, "k", "")
	set(t, r, "k", "one\r\n\x00", 50*time.Millisecond)
	holds(t, r, "k", "one\r\n\x00")
	time.Sleep(60 * time.Millisecond)
	holds(t, r, "k", "")
	set(t, r, "k", strings.Repeat("v", MaxValue), time.Minute)
	holds(t, r, "k", strings.Repeat("v", MaxValue))
	set(t, r, "k", "two", time.Nanosecond) // Redis itself refuses 0 ms
	acquire(t, r, "k", time.Minute, true)  // a lease has a key of its own
	for range 2 {
		if err := r.Delete(t.Context(), "k"); err != nil {
			t.Error(err)
		}
	}
	acquire(t, r, "k", time.Minute, false)
}

func TestRealLeaseIsReleasedOnlyByItsHolder(t *testing.T) {
	address := startRedis(t)
	a, b := newRedis(t, "redis://"+address), newRedis(t, "redis://"+address)
	first := acquire(t, a, "k", 50*time.Millisecond, true)
	acquire(t, b, "k", time.Minute, false)
	time.Sleep(60 * time.Millisecond)
	second := acquire(t, b, "k", time.Minute, true)
	first(t.Context()) // b's now
	acquire(t, a, "k", time.Minute, false)
	second(t.Context())
	acquire(t, a, "k", time.Minute, true)
}

// Four processes count together, each reading and writing the number in two steps:
// it comes out right only if no two ever hold the lease at once.
func TestRealLeaseExcludesOtherProcesses(t *testing.T) {
	const processes, each = 4, 50
	if url := os.Getenv("STORE_TEST_COUNT_IN"); url != "" {
		r := newRedis(t, url)
		for range each {
			count(t, r)
		}
		return
	}
	url := "redis://" + startRedis(t)
	var wg sync.WaitGroup
	for range processes {
		wg.Go(func() {
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.timeout=1m")
			child.Env = append(os.Environ(), "STORE_TEST_COUNT_IN="+url)
			if output, err := child.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, output)
			}
		})
	}
	wg.Wait()
	holds(t, newRedis(t, url), "count", strconv.Itoa(processes*each))
}

func count(t *testing.T, r *Redis) {
	t.Helper()
	for {
		release, ok, err := r.Acquire(t.Context(), "counting", 10*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			time.Sleep(time.Millisecond)
			continue
		}
		defer release(t.Context())
		value, _, err := r.Get(t.Context(), "count")
		if err != nil {
			t.Fatal(err)
		}
		n, _ := strconv.Atoi(string(value))
		set(t, r, "count", strconv.Itoa(n+1), time.Minute)
		return
	}
}

func TestRealPasswordUserAndDatabase(t *testing.T) {
	address := startRedis(t, "--requirepass", "rkv pass",
		"--user", "app", "on", ">rkvapp", "~kinde:*", "+get", "+set", "+del", "+eval", "+time", "+ping", "+select")
	for in, want := range map[string]string{
		":rkv%20pass@": "", "default:rkv%20pass@": "", "app:rkvapp@": "", ":wrong@": "WRONGPASS", "": "NOAUTH",
	} {
		r := newRedis(t, "redis://"+in+address+"/3")
		r.dialer.now = func() time.Time { return time.Now().Add(10 * time.Second) } // so that PING is asked
		for name, call := range calls {
			err := call(t.Context(), r)
			if want == "" && err != nil || want != "" && (!errors.Is(err, ErrDown) || !strings.Contains(err.Error(), want)) {
				t.Errorf("%q %s: %v", in, name, err)
			}
		}
		if want == "" {
			set(t, r, "k", in, time.Minute)
			release := acquire(t, r, "lease", time.Minute, true)
			release(t.Context())
			acquire(t, r, "lease", time.Minute, true)(t.Context())
			for name, call := range cellCalls {
				if err := call(t.Context(), r); err != nil {
					t.Errorf("%q %s: %v", in, name, err)
				}
			}
		}
	}
	if r := newRedis(t, "redis://:rkv%20pass@"+address); !t.Failed() {
		holds(t, r, "k", "") // it is in database 3
	}
}

func TestRealServerThatStopsAndComesBack(t *testing.T) {
	address := startRedis(t)
	r := newRedis(t, "redis://"+address)
	holds(t, r, "k", "")
	if _, err := newRedis(t, "redis://"+address).do(t.Context(), "CLIENT", "KILL", "TYPE", "normal"); err != nil {
		t.Fatal(err) // r's connection, and not the one that asks
	}
	r.dialer.now = func() time.Time { return time.Now().Add(10 * time.Second) }
	holds(t, r, "k", "") // over a new connection
	if _, err := r.do(t.Context(), "SHUTDOWN", "NOSAVE"); !errors.Is(err, ErrDown) {
		t.Errorf("shut down: %v", err)
	}
	if err := r.Delete(t.Context(), "k"); !errors.Is(err, ErrDown) {
		t.Errorf("gone: %v", err)
	}
}

func TestRealCells(t *testing.T) {
	r := newRedis(t, "redis://"+startRedis(t))
	cellsBehave(t, r)
	if now := cell(t, r, "never", -1); time.Since(now).Abs() > 2*time.Second {
		t.Errorf("the server's time is %v", now)
	}
	if _, err := r.do(t.Context(), "SET", cellPrefix+"text", "rkv"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.GetWithTime(t.Context(), "text"); !errors.Is(err, ErrDown) {
		t.Error(err)
	}
}

// Others may use the pool for commands of their own, several at a time.
func TestRealPipelines(t *testing.T) {
	r := newRedis(t, "redis://"+startRedis(t))
	conn := r.pool.Get()
	defer conn.Close()
	for i := range 50 {
		if err := errors.Join(conn.Send("TIME"), conn.Send("GET", "kinde:value:k"), conn.Flush()); err != nil {
			t.Fatal(i, err)
		}
		if now, err := redis.Values(conn.Receive()); err != nil || len(now) != 2 {
			t.Fatal(i, now, err)
		}
		if value, err := conn.Receive(); value != nil || err != nil {
			t.Fatal(i, value, err)
		}
	}
}
