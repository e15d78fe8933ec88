package auth

import (
	"errors"
	"net/http"
	"strings"

	"kinde-functions/shared/problem"
	"kinde-functions/shared/text"
)

// bearerToken returns the token of `Authorization: Bearer`, which must be given once and
// be well formed (RFC 6750 section 2.1). It returns "" when there is no such header, or
// one of another scheme: hosts protect previews with Basic.
func bearerToken(h http.Header) (string, error) {
	values := h.Values("Authorization")
	if len(values) == 0 {
		return "", nil
	}
	if len(values) > 1 {
		return "", problem.New(problem.InvalidRequest, errors.New("two Authorization headers"))
	}
	scheme, rest, _ := strings.Cut(strings.TrimSpace(values[0]), " ")
	if strings.EqualFold(scheme, "Basic") && strings.Contains(rest, ",") { // as payload 2.0 joins two headers
		return "", problem.New(problem.InvalidRequest, errors.New("two Authorization headers"))
	}
	if !strings.EqualFold(scheme, "Bearer") {
		return "", nil
	}
	raw := strings.TrimLeft(rest, " ")
	if !isToken68(raw) {
		return "", problem.New(problem.InvalidRequest, errors.New("malformed Bearer credentials"))
	}
	return raw, nil
}

// HasBearer reports whether a request has a Bearer token, well formed or not.
func HasBearer(h http.Header) bool {
	raw, err := bearerToken(h)
	return raw != "" || err != nil
}

// isToken68 reports whether raw is a token68 (RFC 9110 section 11.2).
func isToken68(raw string) bool {
	word := strings.TrimRight(raw, "=")
	return text.IsPlain(word, len(word), "-._~+/")
}
