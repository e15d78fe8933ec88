package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
)

// step is the step of the program that failed.
type step int

const (
	signingIn step = iota
	calling
)

// explain returns an error of one line with what to do.
func explain(err error, site string, at step) error {
	switch {
	case errors.Is(err, context.Canceled):
		return errors.New("stopped")
	case errors.Is(err, ErrDenied):
		return errors.New("declined: run it again for a new code")
	case errors.Is(err, ErrExpired):
		return errors.New("the code expired before it was approved, or is no longer known; run it again for a new one")
	case errors.Is(err, ErrUnreadable):
		return fmt.Errorf("the response of %s cannot be used; check that -site is this project's", site)
	}
	if cause, ok := errors.AsType[*Unreachable](err); ok {
		return unreachable(cause, site)
	}
	if refusal, ok := errors.AsType[*Refusal](err); ok {
		return refused(refusal, site, at)
	}
	return err
}

func unreachable(err *Unreachable, site string) error {
	dial, ok := errors.AsType[*net.OpError](err)
	if ok && dial.Op == "dial" && strings.HasPrefix(site, "http:") { // this machine
		return fmt.Errorf("nothing listens at %s: start it with `go run ./scripts/dev`, or name another with -site", site)
	}
	return fmt.Errorf("%s cannot be reached: %w", site, err)
}

func refused(r *Refusal, site string, at step) error {
	switch {
	case r.Elsewhere != "" && r.Elsewhere != site:
		return fmt.Errorf("%s redirects to %s, which is not followed with a secret: if that is the site, "+
			"name it with -site", site, r.Elsewhere)
	case r.isMisconfigured() && at == signingIn:
		return fmt.Errorf("the site is not set up for devices (%s): set KINDE_DEVICE_CLIENT_ID to an application of "+
			"type Device in Kinde; the function's log says what is wrong", r.Code)
	case r.isMisconfigured():
		return fmt.Errorf("the resource is not set up (%s): the function's log says what is wrong", r.Code)
	case r.Code == "insufficient-scope":
		return fmt.Errorf("the resource needs %s", lacking(r))
	case r.Code == "invalid-token" && at == calling:
		return fmt.Errorf("the resource refused the token: set KINDE_DEVICE_CLIENT_ID for its function too; "+
			"its log has the reason (%s)", r.Detail)
	case r.Status == http.StatusTooManyRequests && r.RetryAfter > 0:
		return fmt.Errorf("too many requests: try again in %s", span(r.RetryAfter))
	case r.Status == http.StatusNotFound && at == signingIn, r.Status == http.StatusMethodNotAllowed:
		return fmt.Errorf("%s does not sign in devices: check that -site is this project's", site)
	}
	return r
}

// pasteable matches scopes that are safe in a command to paste.
var pasteable = regexp.MustCompile(`^[A-Za-z0-9:._/-]+( [A-Za-z0-9:._/-]+)*$`)

func lacking(r *Refusal) string {
	if !pasteable.MatchString(r.Scopes) {
		return "a scope that the token lacks: request it with -scope"
	}
	return fmt.Sprintf("a token with the scopes %[1]s: assign them to the device application in Kinde, "+
		"then run it with -scope \"openid profile email offline %[1]s\"", r.Scopes)
}
