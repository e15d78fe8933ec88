package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const webhookPath = "/webhooks/kinde"

// checkWebhooks posts an event that is signed by a key of the doctor's own, under the name
// of a key of the tenant's. It names no user, so that a deployment that accepts it changes
// no session.
func (d *doctor) checkWebhooks(ctx context.Context) result {
	event, err := foreignEvent(d.tenant.keyID, time.Now())
	if err != nil {
		return skipped("no event could be signed")
	}
	target := d.url + webhookPath
	got, err := d.fetch(ctx, request{method: "POST", url: target,
		header: []string{"Content-Type", "application/jwt", "Accept", "application/json"}, body: event})
	if err != nil {
		return noted(quoted(err.Error()), step{Run: "curl -i -X POST " + target})
	}
	off := quoted(strings.Join(d.at.off["webhooks"], ", "))
	switch found := (outcome{got.status, got.code()}); {
	case found.status == 401 && found.code == "invalid-token":
		text := "an event that is signed by a foreign key is refused"
		if off != "" {
			text += "; no session is changed by events while these are not set: " + off
		}
		return passed(text)
	case notServed(got):
		return skipped("webhooks are not installed there")
	case found.code == "misconfigured":
		return skipped("webhooks are off there: " + cmp.Or(off, "see deployment.health"))
	case found.status < 300:
		return failed("an event that is signed by a foreign key is accepted: "+found.String(),
			step{Do: "Deploy the version that this doctor belongs to, and look for what serves " + webhookPath +
				" in its place."}, deployStep)
	default:
		return failed("POST "+webhookPath+": "+found.String()+", want 401 invalid-token",
			step{Do: "The function's log has more:"}, step{Run: "netlify logs:function webhooks"})
	}
}

// foreignEvent returns an event as Kinde's webhooks have it, signed by a new key.
func foreignEvent(keyID string, now time.Time) (string, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return "", err
	}
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"type": "doctor.check", "event_id": "event_doctor_" + rand.Text(), "source": "doctor",
		"event_timestamp": now.UTC().Format(time.RFC3339), "timestamp": now.UTC().Format(time.RFC3339),
		"data": map[string]any{},
	})
	token.Header["kid"] = cmp.Or(keyID, "doctor")
	return token.SignedString(key)
}
