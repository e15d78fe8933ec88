package token

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

func goodEvent() fields {
	return fields{
		"type": "user.updated", "event_id": "event_1", "timestamp": "2000-01-01T10:59:59.5+11:00", "source": "admin",
		"event_timestamp": "2000-01-01T00:00:00Z", "data": fields{"user": fields{"id": "kp_1", "sub": "x"}},
	}
}

func eventToken(set fields) string {
	return sign(issuerKey(), jsonOf(fields{"alg": "RS256", "kid": testKid, "typ": "JWT"}), jsonOf(with(goodEvent(), set)))
}

func TestEvent(t *testing.T) {
	v := newVerifier(t, func(c *Config) { c.Audiences = []string{"api-1"} })
	got, err := v.Event(t.Context(), eventToken(nil))
	if err != nil {
		t.Fatal(err)
	}
	if got.Type != "user.updated" || got.ID != "event_1" || got.Source != "admin" ||
		!got.Timestamp.Equal(testNow.Add(-500*time.Millisecond)) ||
		string(got.Data) != jsonOf(goodEvent()["data"]) || string(got.Raw) != jsonOf(goodEvent()) {
		t.Errorf("got %+v", got)
	}
	for name, set := range map[string]fields{
		"dates and issuer": {"iss": testIssuer, "iat": testNow.Unix() + 30, "exp": testNow.Unix() + 1, "nbf": testNow.Unix()},
		"no source":        {"source": nil},
		"a number":         {"timestamp": testNow.Unix()},
		"16 KiB and more":  {"data": fields{"x": strings.Repeat("x", 40<<10)}},
	} {
		if _, err := v.Event(t.Context(), eventToken(set)); err != nil {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestEventRefuses(t *testing.T) {
	v := newVerifier(t, nil)
	for name, row := range map[string]struct{ raw, want string }{
		"another key":     {sign(otherKey(), jsonOf(goodHeader()), jsonOf(goodEvent())), "signature"},
		"alg none":        {sign(issuerKey(), `{"alg":"none","kid":"key-one"}`, jsonOf(goodEvent())), "algorithm"},
		"an unknown key":  {sign(issuerKey(), `{"alg":"RS256","kid":"key-two"}`, jsonOf(goodEvent())), "unknown-key"},
		"another issuer":  {eventToken(fields{"iss": testIssuer + "/"}), "issuer"},
		"a null issuer":   {eventToken(fields{"iss": json.RawMessage("null")}), "issuer"},
		"expired":         {eventToken(fields{"exp": testNow.Unix() - 30}), "expired"},
		"not yet valid":   {eventToken(fields{"nbf": testNow.Unix() + 31}), "not-yet-valid"},
		"an odd date":     {eventToken(fields{"iat": "now"}), "malformed"},
		"too large":       {eventToken(fields{"data": fields{"x": strings.Repeat("x", 50<<10)}}), "too-large"},
		"two event ids":   {eventToken(fields{"Event_ID": "event_2"}), "duplicate-claim"},
		"two subjects":    {eventToken(fields{"Sub": "x"}), "duplicate-claim"},
		"not a token":     {jsonOf(goodEvent()), "malformed"},
		"a forged user's": {sign(otherKey(), jsonOf(goodHeader()), jsonOf(goodClaims())), "signature"},
	} {
		event, err := v.Event(t.Context(), row.raw)
		if got := reasonOf(err); got != row.want || event.ID != "" {
			t.Errorf("%s: got %q, want %q", name, got, row.want)
		}
		checkSilent(t, err, row.raw)
	}
}

// Tokens that Kinde signed for another purpose are verified, and are not events.
func TestEventTellsOtherTokens(t *testing.T) {
	v := newVerifier(t, nil)
	null := json.RawMessage("null")
	for name, raw := range map[string]string{
		"an access token": goodToken(),
		"an ID token":     sign(issuerKey(), jsonOf(goodHeader()), jsonOf(goodIDClaims())),
		"its type": sign(issuerKey(), jsonOf(with(goodHeader(), fields{"typ": "at+jwt"})),
			jsonOf(goodEvent())),
		"sub": eventToken(fields{"sub": "kp_1"}), "azp": eventToken(fields{"azp": testClient}),
		"scp": eventToken(fields{"scp": []string{}}), "scope": eventToken(fields{"scope": ""}),
		"nonce":   eventToken(fields{"nonce": null}),
		"no type": eventToken(fields{"type": nil}), "an empty type": eventToken(fields{"type": ""}),
		"a type of another kind": eventToken(fields{"type": 7}), "no id": eventToken(fields{"event_id": nil}),
		"no timestamp": eventToken(fields{"timestamp": nil}), "a null timestamp": eventToken(fields{"timestamp": null}),
		"an odd timestamp": eventToken(fields{"timestamp": "yesterday"}),
		"no data":          eventToken(fields{"data": nil}), "data as a list": eventToken(fields{"data": []int{1}}),
		"an odd source": eventToken(fields{"source": 7}),
	} {
		_, err := v.Event(t.Context(), raw)
		if !errors.Is(err, ErrNotEvent) || errors.Is(err, ErrInvalid) {
			t.Errorf("%s: got %v, want ErrNotEvent", name, err)
		}
	}
}

// An event is never a credential.
func TestAccessRefusesEvents(t *testing.T) {
	v := newVerifier(t, nil)
	for _, raw := range []string{eventToken(nil), eventToken(fields{"iss": testIssuer, "exp": testNow.Unix() + 60})} {
		if _, err := v.Access(t.Context(), raw); !errors.Is(err, ErrInvalid) {
			t.Errorf("got %v, want a refusal", err)
		}
	}
}

func FuzzEvent(f *testing.F) {
	header := jsonOf(goodHeader())
	for _, set := range []fields{nil, {"sub": "x"}, {"timestamp": 1}, {"DATA": 1}, {"exp": "1"}, {"data": []int{}}} {
		f.Add(jsonOf(with(goodEvent(), set)))
	}
	v := newVerifier(f, nil)
	f.Fuzz(func(t *testing.T, payload string) {
		event, err := v.Event(t.Context(), sign(issuerKey(), header, payload))
		if err != nil {
			if !errors.Is(err, ErrInvalid) && !errors.Is(err, ErrNotEvent) {
				t.Errorf("got %v", err)
			}
			return
		}
		var read struct {
			Type    string
			EventID string `json:"event_id"`
			Sub     *string
			Data    json.RawMessage
		}
		if err := json.Unmarshal([]byte(payload), &read); err != nil || read.Type != event.Type ||
			read.EventID != event.ID || read.Sub != nil || string(read.Data) != string(event.Data) {
			t.Errorf("%q: got %+v, encoding/json reads %+v, %v", payload, event, read, err)
		}
	})
}
