package endpoint

import (
	"strings"

	"kinde-functions/shared/problem"
)

// maxTokenField is the longest token that is asked about, in bytes: what an access
// token may have.
const maxTokenField = 16 << 10

// Token reads the fields of RFC 7009 section 2.1 and RFC 7662 section 2.1: the token
// that a request is about, the caller's own access token when none is given, and its
// hint, empty when it is none of the two that are known (others are ignored). An
// empty token is refused and not taken for none, which would be another token.
func (r *Request) Token() (token, hint string, err error) {
	fields, err := r.Fields("token", "token_type_hint")
	if err != nil {
		return "", "", err
	}
	token, given := fields["token"]
	if !given {
		return r.Caller.Token, "access_token", nil
	}
	unspeakable := strings.ContainsFunc(token, func(c rune) bool { return c < ' ' || c > '~' }) // RFC 6749 appendix A.12
	switch {
	case token == "":
		return "", "", problem.BadParameter("token", "is empty; leave it out for the caller's own")
	case len(token) > maxTokenField:
		return "", "", problem.BadParameter("token", "is over 16,384 characters")
	case unspeakable:
		return "", "", problem.BadParameter("token", "holds a character that no token has")
	}
	if hint = fields["token_type_hint"]; hint != "access_token" && hint != "refresh_token" {
		hint = ""
	}
	return token, hint, nil
}
