package ratelimit

import (
	"context"
	"errors"
	"sync"
	"time"

	"kinde-functions/shared/store"
)

// Both of the following are GCRA, the generic cell rate algorithm. It keeps one number
// for a caller: the time at which the whole quota is restored. "used" is how far away
// that is; a request adds a period, and is refused if the sum would pass the window.

// remembered is how many callers a process remembers at least, at about 100 bytes each.
// It remembers twice as many at most.
const remembered = 10_000

// memory counts in this process. It forgets the callers who have not called since
// remembered others have.
type memory struct {
	policy Policy
	now    func() time.Time

	mu            sync.Mutex
	recent, older map[string]time.Time // when a caller's quota is restored
}

func newMemory(policy Policy, now func() time.Time) *memory {
	return &memory{policy: policy, now: now, recent: map[string]time.Time{}}
}

func (m *memory) take(name string) (allowed bool, used time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	restored, ok := m.recent[name]
	if !ok {
		restored = m.older[name]
	}
	now := m.now().Round(0)
	used = min(max(restored.Sub(now), 0), m.policy.window())
	if allowed = used+m.policy.period() <= m.policy.window(); allowed {
		used += m.policy.period()
	}
	if m.recent[name] = now.Add(used); len(m.recent) >= remembered {
		m.recent, m.older = map[string]time.Time{}, m.recent
	}
	return allowed, used
}

// script counts in the Redis, by its clock, in microseconds. Lua's numbers have 53 bits,
// enough until the year 2255.
const script = `
local time, period, window = redis.call("time"), tonumber(ARGV[1]), tonumber(ARGV[2])
local now = time[1] * 1000000 + time[2]
local restored = tonumber(redis.call("get", KEYS[1]) or "") or now
local used = math.min(math.max(restored - now, 0), window)
local allowed = 0
if used + period <= window then
  allowed, used = 1, used + period
end
redis.call("set", KEYS[1], string.format("%.0f", now + used), "px", math.ceil(used / 1000))
return {allowed, used}`

// takeShared counts in a shared store in one round trip.
func (p Policy) takeShared(ctx context.Context, shared store.Evaluator, name string) (bool, time.Duration, error) {
	period := p.period().Microseconds()
	reply, err := shared.Eval(ctx, script, "limit:"+name, period, period*int64(p.Requests))
	if err != nil {
		return false, 0, err
	}
	if len(reply) != 2 {
		return false, 0, errors.New("ratelimit: the script returned something else")
	}
	return reply[0] == 1, time.Duration(reply[1]) * time.Microsecond, nil
}
