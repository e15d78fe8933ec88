// Package problem defines the failures that callers can see: a fixed set of codes with
// their status and text, and an error type that separates the public message from the
// private cause.
//
// It defends against internals in responses: only Code, Detail and a few header fields of
// an Error are sent; Cause and Remedy go to the log alone.
package problem

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"kinde-functions/shared/text"
)

// ContentType is RFC 9457's media type.
const ContentType = "application/problem+json"

// Error is a request's failure. The zero values of its optional fields mean the code's
// own detail and no additional header.
type Error struct {
	Code Code
	// Detail replaces the code's own detail. It must hold no cause, header or upstream text.
	Detail string
	// Cause is for the log. It must hold no token, code, secret or e-mail.
	Cause error
	// Remedy tells the operator, in the log, how to fix the cause.
	Remedy string
	// RetryAfter is sent as Retry-After in whole seconds, rounded up.
	RetryAfter time.Duration
	// Challenge is sent as WWW-Authenticate (RFC 6750 section 3).
	Challenge string
	// Allow is sent as Allow (RFC 9110 section 10.2.1).
	Allow string
	// OAuth replaces the code's own `error` for OAuth clients; see OAuthDocument.
	OAuth string
}

// New returns an Error with the code's own detail and challenge; cause may be nil.
func New(code Code, cause error) *Error {
	return &Error{Code: code, Cause: cause, Challenge: code.meaning().challenge}
}

// BadParameter returns the InvalidParameter error of one parameter. The detail repeats the
// name only if it is plain ASCII.
func BadParameter(name, why string) *Error {
	subject := "A parameter with an unusual name"
	if plain(name) {
		subject = "Parameter `" + name + "`"
	}
	return New(InvalidParameter, nil).WithDetail(subject + " " + why + ".")
}

func plain(name string) bool { return text.IsPlain(name, 64, "_.-") }

// WithDetail sets e.Detail and returns e.
func (e *Error) WithDetail(detail string) *Error {
	e.Detail = detail
	return e
}

// Error returns the code and the cause, for the log.
func (e *Error) Error() string {
	if e.Cause == nil {
		return string(e.Code)
	}
	return string(e.Code) + ": " + e.Cause.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Status returns the HTTP status of the error's code.
func (e *Error) Status() int { return e.Code.Status() }

// From returns the Error in err's chain, or an Internal error with err as its cause.
func From(err error) *Error {
	if found, ok := errors.AsType[*Error](err); ok {
		return found
	}
	return New(Internal, err)
}

// document is a problem document of RFC 9457 with two extension members.
type document struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail"`
	Code      Code   `json:"code"`
	RequestID string `json:"request_id,omitempty"`
}

// Document returns the error's problem document (RFC 9457).
func (e *Error) Document(requestID string) json.RawMessage {
	return marshal(e.document(requestID))
}

func (e *Error) document(requestID string) document {
	m := e.Code.meaning()
	return document{
		Type:  "urn:kinde-functions:problem:" + string(e.Code),
		Title: m.title, Status: m.status, Detail: e.Text(), Code: e.Code, RequestID: requestID,
	}
}

// marshal encodes a struct of strings and numbers, which cannot fail.
func marshal(document any) json.RawMessage {
	body, _ := json.Marshal(document)
	return body
}

// Title returns the code's title.
func (e *Error) Title() string { return e.Code.meaning().title }

// Text returns Detail, or else the code's own detail.
func (e *Error) Text() string {
	if e.Detail != "" {
		return e.Detail
	}
	return e.Code.meaning().detail
}

// SetHeader adds the error's header fields to h.
func (e *Error) SetHeader(h http.Header) {
	if e.Challenge != "" {
		h.Set("WWW-Authenticate", e.Challenge)
	}
	if e.Allow != "" {
		h.Set("Allow", e.Allow)
	}
	if e.Code == NotANavigation {
		h.Set("Retry-After", "0") // the navigation itself may follow at once
	}
	if e.RetryAfter > 0 {
		seconds := int64((e.RetryAfter + time.Second - 1) / time.Second)
		h.Set("Retry-After", strconv.FormatInt(seconds, 10))
	}
}
