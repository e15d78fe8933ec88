package auth

import (
	"context"
	"strconv"
	"sync"
	"time"

	"kinde-functions/shared/session"
	"kinde-functions/shared/store"
)

// endingLife is how long an ending is kept: as long as a session may go on without a
// refresh, and a day for the access token of its last one.
const endingLife = session.Life + 24*time.Hour

const (
	// advanceLease bounds the time of one change of a user's times, and advancePause is
	// between two looks for the end of another one.
	advanceLease = 2 * time.Second
	advancePause = 20 * time.Millisecond
)

// endings remember, where instances share a store, which sessions have ended and which
// must be refreshed. A copy of their cookies would otherwise work until the access token
// expires. Without a store, or while it is down, nothing is remembered.
//
// The store finds them under every one of SESSION_KEYS, so that none is forgotten when a
// key is put in front.
type endings struct{ shared store.Store }

// marks are what is known of a session.
type marks struct {
	ended   bool
	refresh time.Time // of the last event that requires a refresh; zero: none
}

// The keys of a session that has ended, and of a user's events.
func endedKey(id string) string        { return "ended:" + id }
func endedUserKey(user string) string  { return "ended-user:" + user }
func refreshDueKey(user string) string { return "refresh-due:" + user }

// end ends the session with that id.
func (e *endings) end(ctx context.Context, id string) {
	if id != "" {
		_ = e.set(ctx, endedKey(id), time.Time{})
	}
}

// set writes to the store, if there is one.
func (e *endings) set(ctx context.Context, key string, at time.Time) error {
	if e.shared == nil {
		return nil
	}
	return e.shared.Set(ctx, key, strconv.AppendInt(nil, at.UnixMilli(), 10), endingLife)
}

// read returns what is known of a session, in one request to the store.
func (e *endings) read(ctx context.Context, s session.Session) marks {
	if e.shared == nil {
		return marks{}
	}
	var endedUser, refresh time.Time
	var ended bool
	var wg sync.WaitGroup
	wg.Go(func() { _, ended = e.at(ctx, endedKey(s.ID)) })
	wg.Go(func() { endedUser, _ = e.at(ctx, endedUserKey(s.Subject)) })
	wg.Go(func() { refresh, _ = e.at(ctx, refreshDueKey(s.Subject)) })
	wg.Wait()
	m := marks{ended: ended || s.Started.Before(endedUser)}
	if refresh.After(s.Started) {
		m.refresh = refresh
	}
	return m
}

// at returns the time under the key, found false when there is none.
func (e *endings) at(ctx context.Context, key string) (at time.Time, found bool) {
	if e.shared == nil {
		return time.Time{}, false
	}
	value, found, err := e.shared.Get(ctx, key)
	if err != nil || !found {
		return time.Time{}, false
	}
	ms, err := strconv.ParseInt(string(value), 10, 64)
	return time.UnixMilli(ms).UTC(), err == nil
}

// EndSessionsOf ends the user's sessions that began before that time, by Kinde's clock.
// It does nothing without a shared store.
func (s *Sessions) EndSessionsOf(ctx context.Context, user string, before time.Time) error {
	return s.ended.advance(ctx, endedUserKey(user), before)
}

// MarkRefreshDue makes the user's sessions that began before that time, by Kinde's clock,
// refresh at their next request. It does nothing without a shared store.
func (s *Sessions) MarkRefreshDue(ctx context.Context, user string, at time.Time) error {
	return s.ended.advance(ctx, refreshDueKey(user), at)
}

// advance sets the time under the key, unless a later one is there: events arrive in any
// order, several at once.
func (e *endings) advance(ctx context.Context, key string, at time.Time) error {
	if e.shared == nil {
		return nil
	}
	for {
		release, ok, err := e.shared.Acquire(ctx, key, advanceLease)
		if err != nil {
			return err
		}
		if ok {
			defer store.ReleaseSoon(ctx, release)
			break
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(advancePause):
		}
	}
	value, found, err := e.shared.Get(ctx, key)
	if err != nil {
		return err
	}
	if ms, err := strconv.ParseInt(string(value), 10, 64); found && err == nil && at.UnixMilli() <= ms {
		return nil
	}
	return e.set(ctx, key, at)
}
