package auth

import (
	"testing"
	"time"

	"kinde-functions/shared/config"
	"kinde-functions/shared/session"
	"kinde-functions/shared/store"
)

var started = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// endingsOf are those of a deployment with SESSION_KEYS made of these bytes.
func endingsOf(t *testing.T, inner store.Store, site string, keys ...byte) *endings {
	t.Helper()
	s := &config.Settings{Issuer: "https://acme.kinde.com", ClientID: "client", Site: site}
	for _, b := range keys {
		key := make([]byte, 32)
		key[0] = b
		s.SessionKeys = append(s.SessionKeys, key)
	}
	shared, err := sealed(s, inner)
	if err != nil {
		t.Fatal(err)
	}
	return &endings{shared.Store}
}

// A sign-out is kept when a key is put in front.
func TestEndingsSurviveKeyRotation(t *testing.T) {
	inner := store.NewMemory(100, nil)
	const site = "https://site.example"
	old := session.Session{ID: "old", Started: started}
	endingsOf(t, inner, site, 1).end(t.Context(), old.ID)
	for name, e := range map[string]*endings{
		"no": endingsOf(t, inner, site, 1), "one": endingsOf(t, inner, site, 2, 1), "two": endingsOf(t, inner, site, 3, 2, 1),
	} {
		if !e.read(t.Context(), old).ended {
			t.Errorf("with %s key in front, the end of the session is forgotten", name)
		}
		if e.read(t.Context(), session.Session{ID: "other", Started: started}).ended {
			t.Errorf("with %s key in front: another session has ended", name)
		}
	}
	if endingsOf(t, inner, "https://preview.example", 1).read(t.Context(), old).ended {
		t.Error("a session of the site has ended at a preview")
	}
}

func TestEventsOfAUser(t *testing.T) {
	sessions := Sessions{ended: endingsOf(t, store.NewMemory(100, nil), "https://site.example", 1)}
	event := started.Add(time.Hour)
	for _, at := range []time.Time{event, event.Add(-time.Minute)} { // events arrive in any order
		if err := sessions.EndSessionsOf(t.Context(), "kp_1", at); err != nil {
			t.Fatal(err)
		}
		if err := sessions.MarkRefreshDue(t.Context(), "kp_2", at); err != nil {
			t.Fatal(err)
		}
	}
	for name, row := range map[string]struct {
		session session.Session
		want    marks
	}{
		"began before the end": {session.Session{ID: "a", Subject: "kp_1", Started: started}, marks{ended: true}},
		"began just before the end": {session.Session{ID: "a", Subject: "kp_1", Started: event.Add(-time.Second)},
			marks{ended: true}},
		"began after the end": {session.Session{ID: "a", Subject: "kp_1", Started: event.Add(time.Second)},
			marks{}},
		"another user's": {session.Session{ID: "a", Subject: "kp_3", Started: started}, marks{}},
		"began before the change": {session.Session{ID: "a", Subject: "kp_2", Started: started},
			marks{refresh: event}},
		"began after the change": {session.Session{ID: "a", Subject: "kp_2", Started: event.Add(time.Second)},
			marks{}},
		"a session of no user, as if so": {session.Session{ID: "a", Started: started}, marks{}},
	} {
		if got := sessions.ended.read(t.Context(), row.session); got != row.want {
			t.Errorf("%s: got %+v, want %+v", name, got, row.want)
		}
	}
}

func TestEndingsNeedStore(t *testing.T) {
	e := &endings{}
	e.end(t.Context(), "a")
	if got := e.read(t.Context(), session.Session{ID: "a"}); got != (marks{}) {
		t.Errorf("got %+v, want nothing", got)
	}
}
