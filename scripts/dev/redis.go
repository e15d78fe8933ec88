package main

import (
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// expireEvery is how often the Redis advances its clock.
const expireEvery = 100 * time.Millisecond

// startRedis starts a Redis in this process, through which the functions' processes share
// what instances share: without one, an event of the embedded Kinde changes no session.
// stop ends it.
func startRedis() (url string, stop func(), err error) {
	server := miniredis.NewMiniRedis()
	if err := server.Start(); err != nil {
		return "", nil, err
	}
	ended := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { // its keys expire only as its clock is advanced
		ticker := time.NewTicker(expireEvery)
		defer ticker.Stop()
		for last := time.Now(); ; {
			select {
			case <-ended:
				return
			case now := <-ticker.C:
				server.FastForward(now.Sub(last))
				last = now
			}
		}
	})
	return "redis://" + server.Addr(), func() { close(ended); wg.Wait(); server.Close() }, nil
}
