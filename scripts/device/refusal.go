package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/oauth2"
)

// maxText bounds a text of the site in characters.
const maxText = 300

// Refusal is a response other than 200. Its texts may be shown.
type Refusal struct {
	Status     int
	Code       string // of the site's problem document; may be empty
	Detail     string
	RetryAfter time.Duration
	Scopes     string // that the resource needs
	Elsewhere  string // the origin that a redirect names
}

func (r *Refusal) Error() string {
	text := strings.TrimSpace(fmt.Sprintf("the site returned %d %s", r.Status, r.Code))
	if r.Detail != "" {
		text += ": " + r.Detail
	}
	return text
}

// isMisconfigured reports whether the site's owner has to act.
func (r *Refusal) isMisconfigured() bool {
	return r.Code == "misconfigured" || r.Code == "upstream-misconfigured"
}

var scopesNeeded = regexp.MustCompile(`error="insufficient_scope".*\bscope="([^"]*)"`) // RFC 6750 section 3

// newRefusal reads a response. Its texts lose secrets, which the site may have repeated.
func newRefusal(resp *http.Response, body []byte, secrets ...string) *Refusal {
	var problem struct{ Code, Detail string }
	_ = json.Unmarshal(body, &problem) // another body has neither
	r := &Refusal{Status: resp.StatusCode,
		Code: printable(problem.Code, secrets...), Detail: printable(problem.Detail, secrets...)}
	if n, err := strconv.ParseUint(resp.Header.Get("Retry-After"), 10, 32); err == nil {
		r.RetryAfter = min(time.Duration(n)*time.Second, longestFlow)
	} else if at, err := http.ParseTime(resp.Header.Get("Retry-After")); err == nil {
		r.RetryAfter = min(time.Until(at), longestFlow)
	}
	if found := scopesNeeded.FindStringSubmatch(resp.Header.Get("WWW-Authenticate")); found != nil {
		r.Scopes = printable(found[1], secrets...)
	}
	if u, err := url.Parse(resp.Header.Get("Location")); err == nil && u.Host != "" && resp.StatusCode/100 == 3 {
		r.Elsewhere = printable(u.Scheme+"://"+u.Host, secrets...)
	}
	return r
}

// convert returns an error of the library's as one that may be shown: the library quotes
// responses in its own.
func convert(err error, secrets ...string) error {
	if refusal, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		switch {
		case refusal.ErrorCode == "access_denied" && refusal.Response.StatusCode == http.StatusBadRequest:
			return ErrDenied
		case refusal.ErrorCode == "expired_token", refusal.ErrorCode == "invalid_grant":
			return ErrExpired
		case refusal.Response.StatusCode == http.StatusOK:
			return ErrUnreadable
		}
		return newRefusal(refusal.Response, refusal.Body, secrets...)
	}
	switch _, ok := errors.AsType[*url.Error](err); {
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, ErrUnreadable) || !ok:
		return ErrUnreadable
	}
	return &Unreachable{err}
}

// isTemporary reports whether the next poll may succeed.
func isTemporary(err error) bool {
	if _, ok := errors.AsType[*Unreachable](err); ok {
		return true
	}
	r, ok := errors.AsType[*Refusal](err)
	return ok && !r.isMisconfigured() && (r.Status == http.StatusTooManyRequests || r.Status >= 500)
}

// Unreachable is a response that did not arrive, or not whole.
type Unreachable struct{ cause error }

func (u *Unreachable) Error() string {
	if timeout, ok := errors.AsType[net.Error](u.cause); ok && timeout.Timeout() {
		return "no response in time"
	}
	if dial, ok := errors.AsType[*net.OpError](u.cause); ok && dial.Op == "dial" {
		return dial.Err.Error()
	}
	if bad, ok := errors.AsType[*tls.CertificateVerificationError](u.cause); ok {
		return bad.Error()
	}
	return "the connection broke, or the server does not speak HTTP" // the cause may quote what was sent
}

func (u *Unreachable) Unwrap() error { return u.cause }

// printable returns text without secrets and control characters, at most maxText long.
func printable(text string, secrets ...string) string {
	for _, secret := range secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "[secret]")
		}
	}
	runes := []rune(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, text))
	if len(runes) > maxText {
		runes = append(runes[:maxText], '…')
	}
	return string(runes)
}
