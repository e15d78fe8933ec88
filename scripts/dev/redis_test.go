package main

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
)

func TestRedisExpiresKeys(t *testing.T) {
	url, stop, err := startRedis()
	if err != nil {
		t.Fatal(err)
	}
	c, err := redis.DialURL(url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Do("SET", "brief", "1", "PX", 200); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Do("SET", "long", "1", "PX", 600_000); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if left, err := redis.Int(c.Do("EXISTS", "brief")); err != nil || left == 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the key does not expire")
		}
	}
	if left, err := redis.Int(c.Do("EXISTS", "long")); err != nil || left != 1 {
		t.Errorf("got %d, %v; want the key that lasts longer", left, err)
	}
	stop()
	if _, err := net.Dial("tcp", strings.TrimPrefix(url, "redis://")); err == nil {
		t.Error("it still listens after stop")
	}
}
