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

// slow is the latency above which a Redis costs requests more than it is worth.
const slow = 50 * time.Millisecond

// checkRedis reads a key that is never written.
func (d *doctor) checkRedis(ctx context.Context) {
	const id = "redis.reachable"
	address := d.settings.RedisURL
	if reason := d.report.blocked("settings." + config.RedisURL.Name()); reason != "" || address == "" {
		d.report.skipRest("redis", cmp.Or(reason, d.awsReference(config.RedisURL.Name()),
			"REDIS_URL is not set: each instance counts for itself, and webhooks change no session"))
		return
	}
	d.checkRedisTLS(address)
	redis, err := store.NewRedis(address, nil)
	if err != nil {
		d.report.fix(id, "REDIS_URL cannot be read", howToSet(config.RedisURL.Name())...)
		return
	}
	var took []time.Duration
	for range 6 {
		began := time.Now()
		if _, _, err := redis.Get(ctx, "doctor"); err != nil {
			d.report.fix(id, err.Error(), step{Do: "Check host, port, password and TLS of REDIS_URL, and that the Redis " +
				"accepts connections from here. It must reply PONG to:"},
				step{Run: `redis-cli -u "$REDIS_URL" ping`})
			return
		}
		took = append(took, time.Since(began))
	}
	connected, usual := took[0], slices.Sorted(slices.Values(took[1:]))[2]
	found := fmt.Sprintf("responds in %v, with connecting in %v", rounded(usual), rounded(connected))
	if usual > slow {
		d.report.note(id, found, step{Do: "Use a Redis in the region of the functions; from this machine it may take " +
			"longer than from there."})
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

func (d *doctor) checkRedisTLS(address string) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "rediss" || onLoopback(address) {
		d.report.ok("redis.encrypted", "by TLS, or within this machine")
		return
	}
	d.report.note("redis.encrypted", "redis:// is not encrypted",
		step{Do: "Use rediss://, unless the connection stays within a private network."})
}
