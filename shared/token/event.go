package token

import (
	"context"
	"encoding/json"
	"time"

	"kinde-functions/shared/jsonscan"
)

// Event is one of Kinde's events, as a webhook carries it.
type Event struct {
	Type      string // such as user.updated
	ID        string // event_id, the same over Kinde's retries
	Source    string // what caused it, such as admin; may be empty
	Timestamp time.Time
	Data      json.RawMessage // JSON, one object; it may hold a name and an e-mail address
	// Raw is the payload as it came: JSON, one object.
	Raw json.RawMessage
}

// The claims of an event, and their places in eventNames. Each may occur once, and in
// no other case.
const (
	eventType = iota
	eventID
	eventTimestamp
	eventSource
	eventData
	numEventClaims
)

var eventNames = []string{
	eventType: "type", eventID: "event_id", eventTimestamp: "timestamp", eventSource: "source", eventData: "data",
}

// Event verifies the token of a webhook: a JWS by one of the issuer's keys, of at most 64
// KiB. iss, exp, nbf and iat, which Kinde leaves out, must be right where they are present.
//
// The error is an *InvalidError, ErrKeysUnavailable, or, for a token that Kinde signed for
// another purpose, ErrNotEvent: one with a subject, a client, scopes or a nonce is a
// user's or an application's. The caller judges the event's age.
func (v *Verifier) Event(ctx context.Context, raw string) (Event, error) {
	c, err := readCompact(raw, maxEventSize)
	if err != nil {
		return Event{}, err
	}
	set, err := readClaimSet(c.payload)
	if err != nil {
		return Event{}, err
	}
	if set[claimIss] != nil && set.text(claimIss) != v.config.Issuer {
		return Event{}, refuse(reasonIssuer)
	}
	if err := v.checkEventDates(set); err != nil {
		return Event{}, err
	}
	event, isEvent, err := readEvent(c.payload)
	if err != nil {
		return Event{}, err
	}
	if err := c.verify(ctx, v.config.Keys); err != nil {
		return Event{}, err
	}
	for _, claim := range []int{claimSub, claimAzp, claimScp, claimScope, claimNonce} {
		isEvent = isEvent && set[claim] == nil
	}
	if !isEvent || c.header.isAccess {
		return Event{}, ErrNotEvent
	}
	return event, nil
}

// checkEventDates is checkDates for a token that needs no exp.
func (v *Verifier) checkEventDates(set *claimSet) error {
	dated := *set
	if dated[claimExp] == nil {
		dated[claimExp] = []byte("253402300799") // the end of the year 9999
	}
	_, _, err := v.checkDates(&dated, leeway)
	return err
}

// readEvent reads the claims of an event. isEvent is false if one is absent or of
// another type. The error is an *InvalidError.
func readEvent(payload []byte) (event Event, isEvent bool, err error) {
	var values [numEventClaims][]byte
	repeated := false
	jsonscan.Object(payload, func(name, value []byte) bool {
		if i, exact := match(name, eventNames); i >= 0 {
			repeated = repeated || !exact || values[i] != nil
			values[i] = value
		}
		return true
	})
	if repeated {
		return Event{}, false, refuse(reasonDupClaim)
	}
	kind, _ := jsonscan.Text(values[eventType])
	id, _ := jsonscan.Text(values[eventID])
	source, isText := jsonscan.Text(values[eventSource])
	event = Event{
		Type: string(kind), ID: string(id), Source: string(source), Data: values[eventData], Raw: payload,
	}
	hasData := jsonscan.Object(event.Data, func(_, _ []byte) bool { return true })
	event.Timestamp, isEvent = eventTime(values[eventTimestamp])
	isEvent = isEvent && event.Type != "" && event.ID != "" && hasData && (isText || isAbsent(values[eventSource]))
	return event, isEvent, nil
}

// eventTime reads an RFC 3339 time, or a NumericDate.
func eventTime(value []byte) (time.Time, bool) {
	if text, isText := jsonscan.Text(value); isText {
		t, err := time.Parse(time.RFC3339Nano, string(text))
		return t, err == nil
	}
	if value == nil {
		return time.Time{}, false
	}
	return numericDate(value)
}
