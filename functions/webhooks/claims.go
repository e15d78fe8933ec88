package main

import (
	"context"
	"sync"
	"time"

	"kinde-functions/shared/kinde"
	"kinde-functions/shared/problem"
)

// claimsTime bounds the refresh of claims. It must leave time to forward the event.
const claimsTime = 3 * time.Second

// claims refreshes what Kinde keeps of users' claims over tokens.
type claims struct {
	kinde   *kinde.Client
	machine *kinde.Machine // nil: there is no M2M application
}

// refresh makes the next tokens of users carry their current claims. The sessions refresh
// whether it succeeds or not; its error is for the log.
func (c claims) refresh(ctx context.Context, users []string) *problem.Error {
	ctx, cancel := context.WithTimeout(ctx, claimsTime)
	defer cancel()
	failures := make([]error, len(users))
	var wg sync.WaitGroup
	for i, user := range users {
		wg.Go(func() { failures[i] = c.kinde.RefreshClaims(ctx, c.machine, user) })
	}
	wg.Wait()
	for _, err := range failures {
		if err != nil {
			return problem.From(err)
		}
	}
	return nil
}
