package main

// This file is the part to copy. It needs golang.org/x/oauth2 and refusal.go.

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

const (
	authorizePath = "/api/device/authorize"
	tokenPath     = "/api/device/token"

	// requestTimeout is longer than a function may take, which is 10 s.
	requestTimeout = 20 * time.Second
	maxResponse    = 256 << 10
	// longestFlow ends a flow whatever the site says, and longestInterval and
	// longestRetry bound the waits between polls.
	longestFlow     = time.Hour
	longestInterval = time.Minute
	longestRetry    = time.Minute
)

var (
	ErrDenied     = errors.New("the user declined")
	ErrExpired    = errors.New("the code has expired")
	ErrUnreadable = errors.New("the response cannot be used")
)

// Flow signs a user in by the device flow (RFC 8628) at a site that serves
// functions/device. The client's id stays there.
type Flow struct {
	site   string
	http   *http.Client
	config oauth2.Config
	// Retry is called when a poll failed and is tried again after wait.
	Retry func(err error, wait time.Duration)
}

// NewFlow returns a flow at the site's origin. scope may be empty: the site has its own.
func NewFlow(site, scope string) (*Flow, error) {
	u, err := url.Parse(site)
	if err != nil || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || strings.ContainsAny(site, "?#") {
		return nil, errors.New("the site must be an origin, such as https://your-site.example")
	}
	if !isPrivate(u) {
		return nil, errors.New("the site must be https; http is for this machine's own addresses")
	}
	origin := u.Scheme + "://" + u.Host
	return &Flow{
		site: origin,
		http: newClient(whole{http.DefaultTransport}),
		config: oauth2.Config{Scopes: strings.Fields(scope), Endpoint: oauth2.Endpoint{
			DeviceAuthURL: origin + authorizePath, TokenURL: origin + tokenPath, AuthStyle: oauth2.AuthStyleInParams,
		}},
		Retry: func(error, time.Duration) {},
	}, nil
}

// newClient returns a client that follows no redirect, which could carry a code or a
// token to another site.
func newClient(transport http.RoundTripper) *http.Client {
	return &http.Client{Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// whole reads each response before it returns it, so that one which is late, breaks off
// or is too long is an error of the request.
type whole struct{ http.RoundTripper }

func (t whole) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
	defer cancel()
	resp, err := t.RoundTripper.RoundTrip(r.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxResponse+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxResponse {
		return nil, ErrUnreadable
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// isPrivate reports whether requests to u are encrypted or stay on this machine.
func isPrivate(u *url.URL) bool {
	ip, _ := netip.ParseAddr(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip.IsLoopback())
}

// Start begins a flow. The user opens the grant's VerificationURI and enters its
// UserCode, or opens VerificationURIComplete, which may be empty.
func (f *Flow) Start(ctx context.Context) (*oauth2.DeviceAuthResponse, error) {
	type result struct {
		grant *oauth2.DeviceAuthResponse
		err   error
	}
	done := make(chan result, 1)
	go func() { // the library's request does not end with ctx
		grant, err := f.config.DeviceAuth(f.with(context.WithoutCancel(ctx)))
		done <- result{grant, err}
	}()
	var r result
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case r = <-done:
	}
	grant, err := r.grant, r.err
	switch {
	case ctx.Err() != nil: // both were ready
		return nil, ctx.Err()
	case err != nil:
		return nil, convert(err)
	}
	if grant.DeviceCode == "" || !isShowable(grant.UserCode, grant.DeviceCode) ||
		!isOpenable(grant.VerificationURI, grant.DeviceCode) {
		return nil, ErrUnreadable
	}
	if !isOpenable(grant.VerificationURIComplete, grant.DeviceCode) {
		grant.VerificationURIComplete = ""
	}
	if grant.Interval <= 0 {
		grant.Interval = 5 // RFC 8628 section 3.2
	}
	grant.Interval = min(grant.Interval, int64(longestInterval/time.Second))
	if last := time.Now().Add(longestFlow); grant.Expiry.IsZero() || grant.Expiry.After(last) {
		grant.Expiry = last
	}
	return grant, nil
}

// Wait polls until the user has decided or the code has expired. It retries polls that
// fail for a time (RFC 8628 section 3.5).
func (f *Flow) Wait(ctx context.Context, grant *oauth2.DeviceAuthResponse) (*oauth2.Token, error) {
	interval := time.Duration(grant.Interval) * time.Second
	for failures := 1; ; failures++ {
		token, err := f.config.DeviceAccessToken(f.with(ctx), grant)
		switch {
		case err == nil:
			return token, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case !time.Now().Before(grant.Expiry):
			return nil, ErrExpired
		}
		err = convert(err, grant.DeviceCode)
		if !isTemporary(err) {
			return nil, err
		}
		wait := min(interval<<min(failures, 10), longestRetry)
		if refusal, ok := errors.AsType[*Refusal](err); ok && refusal.RetryAfter > 0 {
			wait = refusal.RetryAfter
		}
		wait = max(wait, interval)
		f.Retry(err, wait)
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(min(wait-interval, time.Until(grant.Expiry))): // the library waits interval
		}
	}
}

// Client returns a client for the site that sends the token, and renews it when it has
// expired.
func (f *Flow) Client(ctx context.Context, token *oauth2.Token) *http.Client {
	source := f.config.TokenSource(f.with(ctx), token)
	return newClient(&oauth2.Transport{Source: source, Base: f.http.Transport})
}

// Get requests a path of the site with the token. Any status but 200 is a *Refusal.
func (f *Flow) Get(ctx context.Context, path string, token *oauth2.Token) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, f.site+path, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "application/json")
	resp, err := f.Client(ctx, token).Do(r)
	if err != nil {
		return nil, convert(err, token.AccessToken, token.RefreshToken)
	}
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = newRefusal(resp, body, token.AccessToken, token.RefreshToken)
	}
	return body, err
}

func (f *Flow) with(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, f.http)
}

// isShowable reports whether text cannot control a terminal and does not hold secret.
func isShowable(text, secret string) bool {
	return text != "" && len(text) <= 2048 && !strings.Contains(text, secret) &&
		!strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

// isOpenable reports whether address is one that a user may type a code at.
func isOpenable(address, secret string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && u.User == nil && isPrivate(u) && isShowable(address, secret)
}
