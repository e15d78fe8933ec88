package main

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"time"

	"kinde-functions/shared/config"
	"kinde-functions/shared/store"
)

// slow is from where on a Redis costs a request more than it is worth.
const slow = 50 * time.Millisecond

// examineRedis reads a key that nobody writes.
func (d *doctor) examineRedis(ctx context.Context) {
	const id = "redis.reachable"
	address := d.settings.RedisURL
	if reason := d.report.because("settings." + config.RedisURL.Name()); reason != "" || address == "" {
		d.report.rest("redis", cmp.Or(reason, d.kept(config.RedisURL.Name()), "REDIS_URL is not set: each instance counts and remembers for itself"))
		return
	}
	d.examineWayToRedis(address)
	redis, err := store.NewRedis(address, nil)
	if err != nil {
		d.report.mend(id, "REDIS_URL cannot be read", howToSet(config.RedisURL.Name())...)
		return
	}
	var took []time.Duration
	for range 6 {
		began := time.Now()
		if _, _, err := redis.Get(ctx, "doctor"); err != nil {
			d.report.mend(id, err.Error(), step{Do: "Check host, port, password and TLS of REDIS_URL, and that the Redis lets this address in. From here it answers PONG to:"},
				step{Run: `redis-cli -u "$REDIS_URL" ping`})
			return
		}
		took = append(took, time.Since(began))
	}
	connected, usual := took[0], slices.Sorted(slices.Values(took[1:]))[2]
	found := fmt.Sprintf("answers in %v, the first time with connecting in %v", rounded(usual), rounded(connected))
	if usual > slow {
		d.report.note(id, found, step{Do: "Take a Redis in the region of the functions; from this machine the way may be longer than from there."})
		return
	}
	d.report.ok(id, found)
}

func rounded(t time.Duration) time.Duration {
	if t < time.Millisecond {
		return t.Round(10 * time.Microsecond)
	}
	return t.Round(100 * time.Microsecond)
}

func (d *doctor) examineWayToRedis(address string) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "rediss" || onLoopback(address) {
		d.report.ok("redis.encrypted", "nobody else can read it")
		return
	}
	d.report.note("redis.encrypted", "redis:// is not encrypted", step{Do: "Use rediss://, unless the way lies within a private network."})
}
