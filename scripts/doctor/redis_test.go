package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"kinde-functions/shared/local/kindetest"
)

// redisThat serves a Redis that sends one reply to each command, an array of bulk strings.
func redisThat(t *testing.T, reply string, delay time.Duration) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				in := bufio.NewReader(conn)
				for {
					var words int
					if _, err := fmt.Fscanf(in, "*%d\r\n", &words); err != nil {
						return
					}
					for range words {
						var length int
						if _, err := fmt.Fscanf(in, "$%d\r\n", &length); err != nil {
							return
						}
						if _, err := io.CopyN(io.Discard, in, int64(length)+2); err != nil {
							return
						}
					}
					time.Sleep(delay)
					if _, err := io.WriteString(conn, reply+"\r\n"); err != nil {
						return
					}
				}
			}()
		}
	}()
	return listener.Addr().String()
}

func TestRedisIsReached(t *testing.T) {
	p := newTenant(t, kindetest.Options{})
	for name, row := range map[string]struct {
		url, id string
		state   state
		has     string
	}{
		"none": {"", "redis.reachable", isSkipped, "REDIS_URL is not set"},
		"good": {"redis://" + redisThat(t, "$-1", 0), "redis.reachable", isOK, "responds in "},
		"slow": {"redis://" + redisThat(t, "$-1", 60*time.Millisecond), "redis.reachable", isNote, "responds in "},
		"wrong password": {"redis://:s3cret-pass@" + redisThat(t, "-WRONGPASS s3cret-pass", 0), "redis.reachable", toFix,
			"WRONGPASS"},
		"unreachable":  {"redis://127.0.0.1:1", "redis.reachable", toFix, "connection refused"},
		"on this side": {"redis://127.0.0.1:1", "redis.encrypted", isOK, ""},
		"in the open":  {"redis://:s3cret-pass@192.0.2.1:1", "redis.encrypted", isNote, "rediss://"},
		"malformed":    {"redis://h/x", "redis.reachable", isSkipped, "because of settings.REDIS_URL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := p.check(t, "REDIS_URL", row.url)[row.id]
			if got.State != row.state || !strings.Contains(text(got), row.has) || strings.Contains(text(got), "s3cret") {
				t.Errorf("got %s", text(got))
			}
			if row.state == toFix {
				wantCheck(t, got, toFix, "redis-cli -u")
			}
		})
	}
}
