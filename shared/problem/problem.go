// Package problem holds what may go wrong from a caller's point of view: a
// fixed set of codes with their status and words, and an error type that keeps
// the public message and the private cause apart.
//
// It defends against internals in answers: only Code, Detail and the few header
// fields of an Error are ever written out; Cause goes to the log alone.
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

// Error is a request's failure. The zero values of its optional fields mean
// the code's own words and no further header.
type Error struct {
	Code Code
	// Detail tells the caller what to do, in place of the code's own sentence.
	// Never put a cause, a header or an upstream's text into it.
	Detail string
	// Cause is for the log. It must hold no token, code, secret or e-mail.
	Cause error
	// Remedy tells the deployer, in the log, how to mend what is behind it.
	Remedy string
	// RetryAfter is sent as Retry-After in whole seconds, rounded up.
	RetryAfter time.Duration
	// Challenge is sent as WWW-Authenticate (RFC 6750 section 3).
	Challenge string
	// Allow is sent as Allow (RFC 9110 section 10.2.1).
	Allow string
	// OAuth is the `error` for OAuth clients in place of the code's own; see OAuthDocument.
	OAuth string
}

// New makes an Error with the code's own words; cause may be nil.
func New(code Code, cause error) *Error {
	return &Error{Code: code, Cause: cause, Challenge: code.meaning().challenge}
}

// BadParameter is the InvalidParameter of one parameter: its name, repeated only
// when it is a plain word, and what is wrong with it.
func BadParameter(name, why string) *Error {
	subject := "A parameter with an unusual name"
	if plain(name) {
		subject = "Parameter `" + name + "`"
	}
	return New(InvalidParameter, nil).WithDetail(subject + " " + why + ".")
}

func plain(name string) bool { return text.IsPlain(name, 64, "_.-") }

// WithDetail replaces the code's sentence and returns the same error.
func (e *Error) WithDetail(detail string) *Error {
	e.Detail = detail
	return e
}

// Error joins code and cause, for the log.
func (e *Error) Error() string {
	if e.Cause == nil {
		return string(e.Code)
	}
	return string(e.Code) + ": " + e.Cause.Error()
}

// Unwrap gives the cause to errors.Is and errors.As.
func (e *Error) Unwrap() error { return e.Cause }

// Status is the HTTP status of the error's code.
func (e *Error) Status() int { return e.Code.Status() }

// From finds the Error in err's chain; any other error is an Internal one.
func From(err error) *Error {
	if found, ok := errors.AsType[*Error](err); ok {
		return found
	}
	return New(Internal, err)
}

// document is RFC 9457's JSON with our two extension members.
type document struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail"`
	Code      Code   `json:"code"`
	RequestID string `json:"request_id,omitempty"`
}

// Document is the error's JSON form for the request with that id.
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

// Title is the code's short title.
func (e *Error) Title() string { return e.Code.meaning().title }

// Text says what to do: Detail, or else the code's own sentence.
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
		h.Set("Retry-After", "0") // the browser may send it at once when the user asks for it
	}
	if e.RetryAfter > 0 {
		seconds := int64((e.RetryAfter + time.Second - 1) / time.Second)
		h.Set("Retry-After", strconv.FormatInt(seconds, 10))
	}
}
