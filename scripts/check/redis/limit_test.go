//go:build realtools

package redis

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kinde-functions/shared/ratelimit"
	"kinde-functions/shared/store"
)

// callersEach is the number of parallel requests in one process.
const callersEach = 32

func newLimiter(t testing.TB, policy ratelimit.Policy, url string, warn func(error)) *ratelimit.Limiter {
	t.Helper()
	redis, err := store.NewRedis(url, warn)
	if err != nil {
		t.Fatal(err)
	}
	names, err := store.NewNames([][]byte{key}, site)
	if err != nil {
		t.Fatal(err)
	}
	l, err := ratelimit.New(policy, "device", redis, names.First)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// tally is the result of many requests.
type tally struct {
	Passed, Refused int64
	Slowest         time.Duration
}

func (a *tally) add(b tally) {
	a.Passed, a.Refused, a.Slowest = a.Passed+b.Passed, a.Refused+b.Refused, max(a.Slowest, b.Slowest)
}

// hammer makes callersEach requests at a time with each limiter until end.
func hammer(t *testing.T, caller string, end time.Time, limiters ...*ratelimit.Limiter) (all tally) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range callersEach * len(limiters) {
		wg.Go(func() {
			var own tally
			for time.Now().Before(end) {
				began := time.Now()
				if limiters[i%len(limiters)].Take(t.Context(), caller).Allowed {
					own.Passed++
				} else {
					own.Refused++
					time.Sleep(time.Millisecond) // what else a function does
				}
				own.Slowest = max(own.Slowest, time.Since(began))
			}
			mu.Lock()
			defer mu.Unlock()
			all.add(own)
		})
	}
	wg.Wait()
	return all
}

// Four processes with many parallel requests allow as many as one process would.
func TestProcessesShareOneLimit(t *testing.T) {
	policy := ratelimit.Policy{Requests: 300, Window: 3 * time.Second}
	if job := os.Getenv("LIMIT_TEST"); job != "" {
		parts := strings.Fields(job)
		begin, _ := time.Parse(time.RFC3339Nano, parts[1])
		end, _ := time.Parse(time.RFC3339Nano, parts[2])
		l := newLimiter(t, policy, parts[0], func(err error) { t.Error(err) })
		time.Sleep(time.Until(begin))
		json.NewEncoder(os.Stdout).Encode(hammer(t, "sub:kp_1", end, l))
		return
	}
	url, _ := startRedis(t)
	const duration = 4 * time.Second
	begin := time.Now().Add(time.Second)
	job := strings.Join([]string{url, begin.Format(time.RFC3339Nano), begin.Add(duration).Format(time.RFC3339Nano)}, " ")
	var all tally
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range processes {
		wg.Go(func() {
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.timeout=1m")
			child.Env = append(os.Environ(), "LIMIT_TEST="+job)
			output, err := child.Output()
			line, _, _ := strings.Cut(string(output), "\n")
			var own tally
			if err != nil || json.Unmarshal([]byte(line), &own) != nil {
				t.Errorf("%v\n%s", err, output)
			}
			mu.Lock()
			defer mu.Unlock()
			all.add(own)
		})
	}
	wg.Wait()
	want := float64(policy.Requests) * (1 + float64(duration)/float64(policy.Window))
	t.Logf("%d passed, one process allows %.0f; %d refused; slowest %v", all.Passed, want, all.Refused, all.Slowest)
	if got := float64(all.Passed); got > 1.02*want || got < 0.98*want {
		t.Errorf("got %d passed, want %.0f", all.Passed, want)
	}
}

// During an outage each process counts for itself; after it they share again.
func TestLimitContinuesWithoutRedis(t *testing.T) {
	url, stop := startRedis(t)
	policy := ratelimit.Policy{Requests: 60, Window: time.Minute}
	var warnings atomic.Int32
	warn := func(error) { warnings.Add(1) }
	a, b := newLimiter(t, policy, url, warn), newLimiter(t, policy, url, warn)
	for range 40 {
		a.Take(t.Context(), "sub:kp_1")
	}
	if r := b.Take(t.Context(), "sub:kp_1"); !r.Allowed || r.Remaining != 19 {
		t.Fatalf("got %+v, want 19 of a shared quota remaining", r)
	}
	stop()
	all := hammer(t, "sub:kp_2", time.Now().Add(time.Second), a, b)
	if all.Passed < 120 || all.Passed > 124 || all.Slowest > 1500*time.Millisecond {
		t.Errorf("without the Redis: got %+v, want a quota of 60 for each process", all)
	}
	if n := warnings.Load(); n != 2 {
		t.Errorf("got %d warnings, want one of each process", n)
	}
	runRedis(t, strings.TrimPrefix(url, "redis://"))
	time.Sleep(6 * time.Second) // the pause after a failure
	a.Take(t.Context(), "sub:kp_3")
	if r := b.Take(t.Context(), "sub:kp_3"); r.Remaining != 58 {
		t.Errorf("after the outage: got %+v, want 58 of a shared quota remaining", r)
	}
}

// The documented permissions are enough, for passwords with special characters too.
func TestPasswordUserAndPermissions(t *testing.T) {
	url, _ := startRedis(t, "--requirepass", "a p@ss",
		"--user", "app", "on", ">secret", "~kinde:*", "+get", "+set", "+del", "+eval", "+time", "+select")
	address := strings.TrimPrefix(url, "redis://")
	for _, credentials := range []string{":a%20p%40ss@", "default:a%20p%40ss@", "app:secret@"} {
		warn := func(err error) { t.Errorf("%s: %v", credentials, err) }
		r, err := store.NewRedis("redis://"+credentials+address+"/3", warn)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Set(t.Context(), "k", []byte(credentials), time.Minute); err != nil {
			t.Errorf("%s: Set: %v", credentials, err)
		}
		if value, _, err := r.Get(t.Context(), "k"); err != nil || string(value) != credentials {
			t.Errorf("%s: Get = %q, %v", credentials, value, err)
		}
		for range 2 {
			release, ok, err := r.Acquire(t.Context(), "lease", time.Minute)
			if err != nil || !ok {
				t.Fatalf("%s: Acquire = %t, %v; want it free", credentials, ok, err)
			}
			release(t.Context())
		}
		l := newLimiter(t, ratelimit.Policy{Requests: 2, Window: time.Minute}, "redis://"+credentials+address, warn)
		if first := l.Take(t.Context(), credentials); first.Remaining != 1 {
			t.Errorf("%s: Take = %+v, want 1 remaining", credentials, first)
		}
	}
}

func BenchmarkTake(b *testing.B) {
	url, _ := startRedis(b)
	l := newLimiter(b, ratelimit.Policy{Requests: 100, Window: time.Minute}, url, func(err error) { b.Error(err) })
	for b.Loop() {
		l.Take(b.Context(), "sub:kp_1")
	}
}
