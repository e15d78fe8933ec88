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

// step is what was going on when something failed.
type step int

const (
	signingIn step = iota
	calling
)

// explain is an error in one line that says what to do.
func explain(err error, site string, at step) error {
	switch {
	case errors.Is(err, context.Canceled):
		return errors.New("stopped")
	case errors.Is(err, ErrDenied):
		return errors.New("declined: nobody was signed in; run it again for a new code")
	case errors.Is(err, ErrExpired):
		return errors.New("the code expired before it was approved, or is not known any more; run it again for a new one")
	case errors.Is(err, ErrUnreadable):
		return fmt.Errorf("what %s answered cannot be used; check that -site is this project's", site)
	}
	if unreachable, ok := errors.AsType[*Unreachable](err); ok {
		return nobodyThere(unreachable, site)
	}
	if refusal, ok := errors.AsType[*Refusal](err); ok {
		return refused(refusal, site, at)
	}
	return err
}

func nobodyThere(err *Unreachable, site string) error {
	dial, dialled := errors.AsType[*net.OpError](err)
	if dialled && dial.Op == "dial" && strings.HasPrefix(site, "http:") { // this machine
		return fmt.Errorf("nothing answers at %s: start it with `go run ./scripts/dev`, or name another with -site", site)
	}
	return fmt.Errorf("%s cannot be reached: %w", site, err)
}

func refused(r *Refusal, site string, at step) error {
	switch {
	case r.Elsewhere != "" && r.Elsewhere != site:
		return fmt.Errorf("%s redirects to %s, which is not followed with a secret: if that is the site, name it with -site", site, r.Elsewhere)
	case r.misconfigured() && at == signingIn:
		return fmt.Errorf("the site is not set up for devices (%s): set KINDE_DEVICE_CLIENT_ID to an application of the type Device in Kinde; the function's log names what is wrong", r.Code)
	case r.misconfigured():
		return fmt.Errorf("the resource is not set up (%s): the function's log names what is wrong", r.Code)
	case r.Code == "insufficient-scope":
		return fmt.Errorf("the resource needs %s", lacking(r))
	case r.Code == "invalid-token" && at == calling:
		return fmt.Errorf("the resource refused the token: set KINDE_DEVICE_CLIENT_ID for its function too; the reason is in its log (%s)", r.Detail)
	case r.Status == http.StatusTooManyRequests && r.RetryAfter > 0:
		return fmt.Errorf("too many requests: try again in %s", span(r.RetryAfter))
	case r.Status == http.StatusNotFound && at == signingIn, r.Status == http.StatusMethodNotAllowed:
		return fmt.Errorf("%s does not sign in devices: check that -site is this project's", site)
	}
	return r
}

// ordinary are scopes that are safe to repeat in a command to paste.
var ordinary = regexp.MustCompile(`^[A-Za-z0-9:._/-]+( [A-Za-z0-9:._/-]+)*$`)

func lacking(r *Refusal) string {
	if !ordinary.MatchString(r.Scopes) {
		return "a scope that the token lacks: ask for it with -scope"
	}
	return fmt.Sprintf("a token with the scopes %[1]s: assign them to the device application in Kinde, then run it with -scope \"openid profile email offline %[1]s\"", r.Scopes)
}
