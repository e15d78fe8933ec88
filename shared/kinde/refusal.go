package kinde

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"kinde-functions/shared/outbound"
	"kinde-functions/shared/problem"
	"kinde-functions/shared/text"
)

// Error is a response of Kinde's other than a success. It holds codes and no messages,
// since Kinde's messages may name users.
type Error struct {
	Status int
	Codes  []string // as Kinde spells them; empty when the body had none
}

func (e *Error) Error() string {
	return strings.TrimSpace(fmt.Sprintf("kinde: status %d %s", e.Status, strings.Join(e.Codes, " ")))
}

// Has reports whether the response has the code, ignoring case.
func (e *Error) Has(code string) bool {
	return slices.ContainsFunc(e.Codes, func(c string) bool { return strings.EqualFold(c, code) })
}

// errorOf returns resp as an Error.
func errorOf(resp *outbound.Response) *Error {
	return &Error{Status: resp.Status, Codes: codesIn(resp.Body)}
}

// refusalOfUser returns the problem for a refused call with a user's token.
func refusalOfUser(resp *outbound.Response) *problem.Error {
	cause := errorOf(resp)
	code := problem.UpstreamFailed
	switch {
	case resp.Status == http.StatusTooManyRequests:
		code = problem.UpstreamThrottled
	case resp.Status >= 500:
	case cause.Has("MISSING_AUDIENCE"), cause.Has("ROUTE_NOT_FOUND"):
		code = problem.UpstreamMisconfigured
	case resp.Status == http.StatusUnauthorized, resp.Status == http.StatusForbidden:
		code = problem.InvalidToken
	case resp.Status < 400, resp.Status == http.StatusNotFound, resp.Status == http.StatusMethodNotAllowed:
		code = problem.UpstreamMisconfigured
	}
	p := problem.New(code, cause)
	p.Remedy = cause.Remedy()
	if code == problem.UpstreamThrottled {
		p.RetryAfter = max(resp.RetryAfter(time.Now()), time.Second)
	}
	return p
}

// codesIn returns the error codes of a body in any of Kinde's five shapes:
// {"errors":[{"code"}]}, [{"Code"}], {"error"}, {"errors":{…}}, and none.
// The case of keys does not matter.
func codesIn(body []byte) []string {
	var list []coded
	var object struct {
		coded
		Error  string
		Errors json.RawMessage
	}
	switch body = bytes.TrimSpace(body); {
	case bytes.HasPrefix(body, []byte("[")):
		_ = json.Unmarshal(body, &list) // malformed: no codes
	case json.Unmarshal(body, &object) == nil:
		list = append(inErrors(object.Errors), object.coded, coded{Code: object.Error})
	}
	var codes []string
	for _, item := range list {
		if plain(item.Code) && len(codes) < 8 {
			codes = append(codes, item.Code)
		}
	}
	return codes
}

type coded struct{ Code string }

// inErrors reads the value of "errors": a list of coded objects, one such
// object, or an object whose keys are the codes.
func inErrors(raw json.RawMessage) (list []coded) {
	var one coded
	var keyed map[string]json.RawMessage
	switch {
	case json.Unmarshal(raw, &list) == nil:
	case json.Unmarshal(raw, &one) == nil && one.Code != "":
		list = []coded{one}
	case json.Unmarshal(raw, &keyed) == nil:
		for key := range keyed {
			list = append(list, coded{Code: key})
		}
		slices.SortFunc(list, func(a, b coded) int { return strings.Compare(a.Code, b.Code) })
	}
	return list
}

// plain reports whether code is a word that may be logged.
func plain(code string) bool { return text.IsPlain(code, 64, "_-") }
