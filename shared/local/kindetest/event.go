package kindetest

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Event makes a webhook of the tenant: a JWT, signed like every token, whose
// claims are an event's. data is anything that encoding/json writes. opts change
// the token as Mint's do, and With("event_id", …) the id.
func (k *Kinde) Event(kind string, data any, opts ...Claim) string {
	now := k.opt.Now().UTC().Format(time.RFC3339Nano)
	return k.minting(opts).finish(map[string]any{
		"type": kind, "event_id": "event_" + randomHex(16), "event_timestamp": now, "timestamp": now,
		"source": "admin", "data": data,
	})
}

// UserEvent is an Event about a user, as the tenant knows them: user.updated,
// user.created, user.deleted and the like. An unknown id gives an event that
// names the id alone, as after a deletion.
func (k *Kinde) UserEvent(kind, id string, opts ...Claim) string {
	return k.Event(kind, map[string]any{"user": k.eventUser(id)}, opts...)
}

func (k *Kinde) eventUser(id string) map[string]any {
	k.mu.Lock()
	defer k.mu.Unlock()
	about := map[string]any{"id": id}
	p := k.user(id)
	if p == nil {
		return about
	}
	var orgs []map[string]any
	for _, m := range p.Memberships {
		orgs = append(orgs, map[string]any{"code": m.OrgCode, "permissions": nil, "roles": nil})
	}
	maps.Copy(about, map[string]any{
		"email": p.Email, "first_name": p.GivenName, "last_name": p.FamilyName, "username": orNull(p.Username), "phone": nil,
		"is_suspended": p.Suspended, "is_password_reset_requested": false, "organizations": orgs,
	})
	return about
}

// Suspend suspends a user, or ends the suspension, and returns the event of it.
func (k *Kinde) Suspend(id string, suspended bool, opts ...Claim) (event string, err error) {
	if err := k.UpdateUser(id, func(p *User) { p.Suspended = suspended }); err != nil {
		return "", err
	}
	return k.UserEvent("user.updated", id, opts...), nil
}

// Delete deletes a user, with their sessions, and returns the event of it.
func (k *Kinde) Delete(id string, opts ...Claim) (event string, err error) {
	k.mu.Lock()
	if k.user(id) == nil {
		k.mu.Unlock()
		return "", errNoUser
	}
	kept := k.users[:0:0]
	for _, p := range k.users {
		if p.ID != id {
			kept = append(kept, p)
		}
	}
	k.users = kept
	k.endSessions(id)
	delete(k.claims, id)
	k.mu.Unlock()
	return k.UserEvent("user.deleted", id, opts...), nil
}

// webhookTimeout bounds one try.
const webhookTimeout = 10 * time.Second

var webhookClient = &http.Client{
	Timeout:       webhookTimeout,
	Transport:     &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// post sends an event once. The error names a status other than 2xx.
func post(ctx context.Context, target, event string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader(event))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/jwt")
	r.Header.Set("webhook-id", eventID(event))
	res, err := webhookClient.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, maxBody))
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return fmt.Errorf("status %d", res.StatusCode)
	}
	return nil
}

// eventID reads the id of an event, which is the tenant's own.
func eventID(event string) string {
	claims := jwt.MapClaims{}
	if _, _, err := jwt.NewParser().ParseUnverified(event, claims); err != nil {
		return ""
	}
	id, _ := claims["event_id"].(string)
	return id
}
