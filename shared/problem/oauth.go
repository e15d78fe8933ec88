package problem

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strings"
)

// oauthDocument is a problem document that OAuth client libraries understand too.
type oauthDocument struct {
	document
	Error            string `json:"error"`
	ErrorDescription string `json:"error_description"`
}

// OAuthDocument returns Document with the members error and error_description, which
// OAuth clients expect (RFC 6749 section 5.2).
func (e *Error) OAuthDocument(requestID string) json.RawMessage {
	d := e.document(requestID)
	return marshal(oauthDocument{d, cmp.Or(e.OAuth, e.Code.oauth()), description(d.Detail)})
}

// oauth returns the code's OAuth error (RFC 6749 sections 4.1.2.1 and 5.2, RFC 6750 section 3.1).
func (c Code) oauth() string {
	switch c {
	case NoToken, InvalidToken, SessionExpired:
		return "invalid_token"
	case InsufficientScope:
		return "insufficient_scope"
	case NotYourToken, CSRFHeaderMissing, CrossSite, OrganizationRequired:
		return "access_denied"
	case KeysUnavailable, SessionSuperseded, OrganizationChanged, RateLimited, UpstreamThrottled, UpstreamTimeout,
		NotRevoked:
		return "temporarily_unavailable"
	}
	if c.Status() < http.StatusInternalServerError {
		return "invalid_request"
	}
	return "server_error"
}

// description limits a text to the characters of error_description (RFC 6749 section 5.2).
func description(detail string) string {
	detail = strings.NewReplacer(`"`, "'", `\`, "", "…", "...").Replace(detail)
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, detail)
}
