package endpoint

import (
	"slices"
	"strings"

	"kinde-functions/shared/problem"
)

// maxTokenField is the most bytes of a token in a field, as of an access token.
const maxTokenField = 16 << 10

// Token reads the fields of RFC 7009 section 2.1 and RFC 7662 section 2.1: the token
// that a request is about, the caller's own access token if none is given, and its
// hint, empty if it is not one of the two that are known (others are ignored). An empty
// token is refused: taken for none, it would mean another token. client_id, which client
// libraries send, must be one of clients.
func (r *Request) Token(clients ...string) (token, hint string, err error) {
	fields, err := r.Fields("token", "token_type_hint", "client_id")
	if err != nil {
		return "", "", err
	}
	if id := fields["client_id"]; id != "" && !slices.Contains(clients, id) {
		return "", "", ForeignClient()
	}
	token, given := fields["token"]
	if !given {
		return r.Caller.Token, "access_token", nil
	}
	// RFC 6749 appendix A.12
	hasOddCharacter := strings.ContainsFunc(token, func(c rune) bool { return c < ' ' || c > '~' })
	switch {
	case token == "":
		return "", "", problem.BadParameter("token", "is empty; leave it out for the caller's own")
	case len(token) > maxTokenField:
		return "", "", problem.BadParameter("token", "is over 16,384 characters")
	case hasOddCharacter:
		return "", "", problem.BadParameter("token", "holds a character that no token has")
	}
	if hint = fields["token_type_hint"]; hint != "access_token" && hint != "refresh_token" {
		hint = ""
	}
	return token, hint, nil
}

// ForeignClient is the error of a client_id that is not one of this service's.
func ForeignClient() *problem.Error {
	p := problem.BadParameter("client_id", "must be this deployment's own, or left out")
	p.OAuth = "invalid_client"
	return p
}
