package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"kinde-functions/shared/auth"
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/problem"
	"kinde-functions/shared/text"
	"kinde-functions/shared/token"
)

const (
	// maxAge is the age from which an event is refused. Kinde stops trying before that.
	maxAge = 72 * time.Hour
	// leeway is how far ahead of this clock Kinde's may be.
	leeway = 30 * time.Second
	// maxName is the longest event id and type in bytes. Kinde's have under 50.
	maxName = 256
)

type webhooks struct {
	verifier *token.Verifier
	sessions *auth.Sessions // nil: there are none
	shared   bool           // whether instances share a store
	claims   claims
	handled  record
	forward  *forwarder // nil: events are not forwarded
	warn     sync.Once
}

// POST /webhooks/kinde, Content-Type application/jwt, body the event
//
// 200 without a body when the event has been handled, now or before.
func (w *webhooks) receive(ctx context.Context, r *endpoint.Request) (*endpoint.Response, error) {
	if r.MediaType() != "application/jwt" {
		return nil, problem.New(problem.UnsupportedMediaType, nil).WithDetail("Send application/jwt.")
	}
	event, err := w.verify(ctx, r.Body)
	if err != nil {
		return nil, err
	}
	err = w.handled.once(ctx, event.ID, func() error { return w.handle(ctx, r.ID, event) })
	if err != nil {
		return nil, err
	}
	return &endpoint.Response{Status: http.StatusOK}, nil
}

// verify returns the event that a body holds.
func (w *webhooks) verify(ctx context.Context, body []byte) (token.Event, error) {
	event, err := w.verifier.Event(ctx, string(body))
	switch {
	case errors.Is(err, token.ErrNotEvent):
		return event, refused(err)
	case errors.Is(err, token.ErrInvalid):
		return event, problem.New(problem.InvalidToken, err).WithDetail("Send an event that Kinde has signed.")
	case err != nil:
		return event, auth.KeysUnavailable(err)
	}
	age := time.Since(event.Timestamp)
	switch {
	case age > maxAge:
		return event, refused(errors.New("the event is too old"))
	case age < -leeway:
		return event, refused(errors.New("the event is from the future"))
	case !printable(event.ID) || !printable(event.Type):
		return event, refused(errors.New("the event's id or type is not a word"))
	}
	return event, nil
}

func refused(cause error) error {
	return problem.New(problem.InvalidRequest, cause).WithDetail("Send an event of the last 72 hours.")
}

// printable reports whether a name of an event can be in a header and in the log.
func printable(name string) bool {
	return name != "" && len(name) <= maxName && text.IsVisible(name)
}

// handle applies an event. Applying it twice does no harm, except that it is
// forwarded twice, with the same webhook-id.
func (w *webhooks) handle(ctx context.Context, requestID string, event token.Event) error {
	change := changeBy(event)
	if !w.shared {
		w.warn.Do(func() {
			slog.Warn("webhooks", "cause", "REDIS_URL is not set: events end and refresh no sessions",
				"remedy", "set REDIS_URL, or ignore this if events are only forwarded")
		})
	}
	if !w.shared || w.sessions == nil {
		change = sessionChange{kind: unchanged}
	}
	failure, err := w.change(ctx, event, change)
	if err != nil {
		return notHandled(err)
	}
	if w.forward != nil {
		if err := w.forward.send(ctx, event); err != nil {
			return err
		}
	}
	line := []any{"request_id", requestID, "type", event.Type, "event_id", event.ID,
		"sessions", change.kind, "users", change.users, "forwarded", w.forward != nil}
	if failure != nil {
		line = append(line, "cause", failure.Error(), "remedy", failure.Remedy)
	}
	slog.Info("webhook", line...)
	return nil
}

// change makes the sessions of each user end or refresh. The failure is of a step without
// which they do so too.
func (w *webhooks) change(ctx context.Context, event token.Event, change sessionChange) (
	failure *problem.Error, err error) {
	apply := w.sessions.EndSessionsOf
	if change.kind == refreshed {
		failure = w.claims.refresh(ctx, change.users)
		apply = w.sessions.MarkRefreshDue
	}
	for _, user := range change.users {
		if err := apply(ctx, user, event.Timestamp); err != nil {
			return failure, err
		}
	}
	return failure, nil
}
