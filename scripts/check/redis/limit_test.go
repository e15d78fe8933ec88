//go:build realtools

package redis

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kinde-functions/shared/ratelimit"
	"kinde-functions/shared/store"
)

const (
	callersEach = 32 // parallel requests in one process
	outage      = time.Second
)

func hashed(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:])
}

// lost is the context's key of how many attempts a request has lost.
type lost struct{}

// observed is what instances share, and what that has cost.
type observed struct {
	store.Shared
	trips, failed, missed atomic.Int64
}

func (o *observed) note(err error) {
	o.trips.Add(1)
	if err != nil {
		o.failed.Add(1)
	}
}

func (o *observed) GetWithTime(ctx context.Context, key string) (int64, time.Time, error) {
	number, now, err := o.Shared.GetWithTime(ctx, key)
	o.note(err)
	return number, now, err
}

func (o *observed) SetIfNotExistsWithTTL(ctx context.Context, key string, number int64, ttl time.Duration) (bool, error) {
	set, err := o.Shared.SetIfNotExistsWithTTL(ctx, key, number, ttl)
	o.attempted(ctx, set, err)
	return set, err
}

func (o *observed) CompareAndSwapWithTTL(ctx context.Context, key string, old, new int64, ttl time.Duration) (bool, error) {
	swapped, err := o.Shared.CompareAndSwapWithTTL(ctx, key, old, new, ttl)
	o.attempted(ctx, swapped, err)
	return swapped, err
}

func (o *observed) attempted(ctx context.Context, done bool, err error) {
	o.note(err)
	if n, ok := ctx.Value(lost{}).(*int); ok && !done {
		o.missed.Add(1)
		*n++
	}
}

// instance is a limiter as a function has it, on a Redis.
func instance(t testing.TB, policy ratelimit.Policy, url string, warn func(error)) (*ratelimit.Limiter, *observed) {
	t.Helper()
	redis, err := store.NewRedis(url)
	if err != nil {
		t.Fatal(err)
	}
	o := &observed{Shared: store.Breaker(redis, outage, warn)}
	l, err := ratelimit.New(policy, "device", o, hashed)
	if err != nil {
		t.Fatal(err)
	}
	return l, o
}

// tally is what hammering came to.
type tally struct {
	Passed, Refused, Trips, Failed, Lost int64
	MostLost                             int
	Slowest                              time.Duration
}

// hammer makes callersEach requests at a time until end.
func hammer(ctx context.Context, l *ratelimit.Limiter, caller string, end time.Time) tally {
	var all tally
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range callersEach {
		wg.Go(func() {
			var own tally
			for time.Now().Before(end) {
				missed, began := 0, time.Now()
				if l.Take(context.WithValue(ctx, lost{}, &missed), caller).Allowed {
					own.Passed++
				} else {
					own.Refused++
					time.Sleep(100 * time.Microsecond) // what else a function does
				}
				own.Slowest, own.MostLost = max(own.Slowest, time.Since(began)), max(own.MostLost, missed)
			}
			mu.Lock()
			defer mu.Unlock()
			all.add(own)
		})
	}
	wg.Wait()
	return all
}

func (a *tally) add(b tally) {
	a.Passed, a.Refused = a.Passed+b.Passed, a.Refused+b.Refused
	a.Trips, a.Failed, a.Lost = a.Trips+b.Trips, a.Failed+b.Failed, a.Lost+b.Lost
	a.MostLost, a.Slowest = max(a.MostLost, b.MostLost), max(a.Slowest, b.Slowest)
}

// Four processes with many requests at a time let one caller pass as often as one
// process would.
func TestProcessesLimitAsOne(t *testing.T) {
	for _, policy := range []ratelimit.Policy{
		{Requests: 300, Window: 3 * time.Second},
		{Requests: 30, Window: time.Second},
		{Requests: 5000, Window: 5 * time.Second},
	} {
		if job := os.Getenv("LIMIT_TEST"); job != "" {
			if rest, ok := strings.CutPrefix(job, strconv.Itoa(policy.Requests)+" "); ok {
				hammerAsProcess(t, policy, rest)
			}
			continue
		}
		url, stop := startRedis(t)
		const lasting = 4 * time.Second
		begin := time.Now().Add(time.Second)
		end := begin.Add(lasting)
		var all tally
		var mu sync.Mutex
		var wg sync.WaitGroup
		for range processes {
			wg.Go(func() {
				child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.timeout=1m")
				child.Env = append(os.Environ(), "LIMIT_TEST="+strings.Join([]string{strconv.Itoa(policy.Requests), url,
					begin.Format(time.RFC3339Nano), end.Format(time.RFC3339Nano)}, " "))
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
		stop()
		want := float64(policy.Requests) + float64(lasting)/float64(policy.Window)*float64(policy.Requests)
		t.Logf("%d in %v: %d passed, one would let %.0f pass (%+.2f %%); %d refused; %.2f round trips for each that passed; attempts lost %d, by one request %d; slowest %v",
			policy.Requests, policy.Window, all.Passed, want, 100*(float64(all.Passed)/want-1), all.Refused,
			float64(all.Trips)/float64(all.Passed), all.Lost, all.MostLost, all.Slowest)
		if got := float64(all.Passed); got > 1.02*want || got < 0.98*want || all.Failed > 0 {
			t.Errorf("%d in %v: %d passed instead of %.0f, %d calls of the store failed", policy.Requests, policy.Window, all.Passed, want, all.Failed)
		}
	}
}

func hammerAsProcess(t *testing.T, policy ratelimit.Policy, job string) {
	parts := strings.Fields(job)
	begin, _ := time.Parse(time.RFC3339Nano, parts[1])
	end, _ := time.Parse(time.RFC3339Nano, parts[2])
	l, o := instance(t, policy, parts[0], func(err error) { t.Error(err) })
	time.Sleep(time.Until(begin))
	all := hammer(t.Context(), l, "sub:kp_1", end)
	all.Trips, all.Failed, all.Lost = o.trips.Load(), o.failed.Load(), o.missed.Load()
	json.NewEncoder(os.Stdout).Encode(all)
}

// A Redis that goes down in the middle is noticed by nobody but the log: each
// process counts on from what it knows, and shares again once it can.
func TestALimitOutlivesItsRedis(t *testing.T) {
	url, stop := startRedis(t)
	policy := ratelimit.Policy{Requests: 60, Window: time.Minute}
	var warnings atomic.Int32
	warn := func(error) { warnings.Add(1) }
	a, _ := instance(t, policy, url, warn)
	b, _ := instance(t, policy, url, warn)
	for range 40 {
		a.Take(t.Context(), "sub:kp_1")
	}
	if r := b.Take(t.Context(), "sub:kp_1"); !r.Allowed || r.Remaining != 19 {
		t.Fatalf("%+v of a shared quota", r)
	}
	time.AfterFunc(500*time.Millisecond, stop)
	both := func(caller string, lasting time.Duration) (all tally) {
		began := time.Now()
		var wg sync.WaitGroup
		var mu sync.Mutex
		for _, l := range []*ratelimit.Limiter{a, b} {
			wg.Go(func() {
				own := hammer(t.Context(), l, caller, began.Add(lasting))
				mu.Lock()
				defer mu.Unlock()
				all.add(own)
			})
		}
		wg.Wait()
		return all
	}
	// Nothing is forgotten by going down: 41 were made, 19 and those restored are left.
	if all := both("sub:kp_1", 3*time.Second); all.Passed < 19 || all.Passed > 19+2*4+1 || all.Slowest > 1500*time.Millisecond {
		t.Errorf("over the end of the Redis: %+v", all)
	}
	// Who is new gets a quota of each process.
	if all := both("sub:kp_2", time.Second); all.Passed < 120 || all.Passed > 2*62 || all.Slowest > 1500*time.Millisecond {
		t.Errorf("without the Redis: %+v", all)
	}
	if n := warnings.Load(); n != 2 {
		t.Errorf("%d warnings of two instances", n)
	}
	runRedis(t, strings.TrimPrefix(url, "redis://"))
	time.Sleep(outage)
	a.Take(t.Context(), "sub:kp_3")
	if r := b.Take(t.Context(), "sub:kp_3"); r.Remaining != 58 {
		t.Errorf("%+v: they share nothing any more", r)
	}
	// What passed meanwhile is forgotten; what is said of the next request is true.
	time.Sleep(time.Second)
	if first, second := a.Take(t.Context(), "sub:kp_2"), a.Take(t.Context(), "sub:kp_2"); first.Remaining != 59 || second.Remaining != 58 {
		t.Errorf("%+v, then %+v", first, second)
	}
}

// What a request costs.
func BenchmarkTake(b *testing.B) {
	for name, policy := range map[string]ratelimit.Policy{
		"passes":     {Requests: 1_000_000, Window: time.Second},
		"is refused": {Requests: 1, Window: 24 * time.Hour},
	} {
		b.Run(name, func(b *testing.B) {
			url, _ := startRedis(b)
			l, o := instance(b, policy, url, func(err error) { b.Error(err) })
			l.Take(b.Context(), "sub:kp_1")
			before := o.trips.Load()
			for b.Loop() {
				l.Take(b.Context(), "sub:kp_1")
			}
			b.ReportMetric(float64(o.trips.Load()-before)/float64(b.N), "trips/op")
		})
	}
}
