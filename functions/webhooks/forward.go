package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"kinde-functions/shared/config"
	"kinde-functions/shared/outbound"
	"kinde-functions/shared/problem"
	"kinde-functions/shared/token"
)

// forwarder sends verified events to the site's own server, signed as the Standard
// Webhooks specification says.
type forwarder struct {
	url       string
	signer    *standardwebhooks.Webhook
	transport http.RoundTripper
	timeout   time.Duration
}

// newForwarder returns nil where nothing is forwarded.
func newForwarder(s *config.Settings) (*forwarder, error) {
	if s.WebhookForwardURL == "" {
		return nil, nil
	}
	signer, err := standardwebhooks.NewWebhookRaw(s.WebhookForwardSecret)
	if err != nil {
		return nil, err
	}
	transport := outbound.New(s.UpstreamTimeout).Transport()
	return &forwarder{s.WebhookForwardURL, signer, transport, s.UpstreamTimeout}, nil
}

// send posts the event's JSON. Only a status of 2xx is a success.
func (f *forwarder) send(ctx context.Context, event token.Event) error {
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, f.url, bytes.NewReader(event.Raw))
	if err != nil {
		return problem.New(problem.Internal, fmt.Errorf("forward: %T", err)) // its text holds the URL
	}
	now := time.Now()
	signature, err := f.signer.Sign(event.ID, now, event.Raw)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "kinde-functions")
	r.Header.Set(standardwebhooks.HeaderWebhookID, event.ID)
	r.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	r.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	resp, err := f.transport.RoundTrip(r)
	if err != nil {
		return notForwarded(err)
	}
	resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return notForwarded(fmt.Errorf("status %d", resp.StatusCode))
	}
	return nil
}

// notForwarded is the problem of an event that did not arrive, for whatever reason.
func notForwarded(cause error) error {
	p := problem.New(problem.UpstreamFailed, fmt.Errorf("forward: %w", cause))
	p.Remedy = "check WEBHOOK_FORWARD_URL and the server there; Kinde sends the event again"
	return p.WithDetail("The event was not accepted where it is forwarded to. Send it again.")
}
