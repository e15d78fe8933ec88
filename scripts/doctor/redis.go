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

// slow is the latency above which a Redis slows requests down too much.
const slow = 50 * time.Millisecond

// noRedis is the reason to skip what needs a Redis.
func noRedis(d *doctor) string {
	name := config.RedisURL.Name()
	if reason := d.blocked("settings.here", "settings."+name); reason != "" || d.settings.RedisURL != "" {
		return reason
	}
	return cmp.Or(d.awsReference(name),
		"REDIS_URL is not set: each instance counts for itself, and webhooks change no session")
}

// checkRedis reads a key that is never written.
func (d *doctor) checkRedis(ctx context.Context) result {
	redis, err := store.NewRedis(d.settings.RedisURL, nil)
	if err != nil {
		return failed("REDIS_URL cannot be read", howToSet(config.RedisURL.Name())...)
	}
	var took []time.Duration
	for range 6 {
		began := time.Now()
		if _, _, err := redis.Get(ctx, "doctor"); err != nil {
			return failed(err.Error(), step{Do: "Check host, port, password and TLS of REDIS_URL, and that the Redis " +
				"accepts connections from here. It must reply PONG to:"},
				step{Run: `redis-cli -u "$REDIS_URL" ping`})
		}
		took = append(took, time.Since(began))
	}
	connected, usual := took[0], slices.Sorted(slices.Values(took[1:]))[2]
	found := fmt.Sprintf("responds in %v, with connecting in %v", rounded(usual), rounded(connected))
	if usual > slow {
		return noted(found, step{Do: "Use a Redis in the region of the functions; from this machine it may take " +
			"longer than from there."})
	}
	return passed(found)
}

func rounded(t time.Duration) time.Duration {
	if t < time.Millisecond {
		return t.Round(10 * time.Microsecond)
	}
	return t.Round(100 * time.Microsecond)
}

func (d *doctor) checkRedisTLS(context.Context) result {
	u, err := url.Parse(d.settings.RedisURL)
	if err != nil || u.Scheme == "rediss" || onLoopback(d.settings.RedisURL) {
		return passed("by TLS, or within this machine")
	}
	return noted("redis:// is not encrypted",
		step{Do: "Use rediss://, unless the connection stays within a private network."})
}
