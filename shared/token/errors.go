package token

import "errors"

var (
	// ErrInvalid matches every refusal of a token: respond 401 invalid_token.
	ErrInvalid = errors.New("token: refused")

	// ErrExpired refuses a token whose only visible fault is its age: exp is checked
	// last of what needs no key. It matches ErrInvalid too.
	ErrExpired error = &InvalidError{Reason: reasonExpired}

	// ErrNotEvent reports a token that Kinde signed and that is not an event: respond
	// 400. It does not match ErrInvalid.
	ErrNotEvent = errors.New("token: not an event")

	// ErrKeysUnavailable reports that the token could not be judged, since no key set
	// was available: respond 503, never 401. The cause is wrapped; it may be
	// context.DeadlineExceeded, of the fetch or of the caller's own context.
	ErrKeysUnavailable = errors.New("token: signing keys unavailable")
)

// The values of InvalidError.Reason.
const (
	reasonTooLarge    = "too-large"        // over 16 KiB
	reasonMalformed   = "malformed"        // not a JWS in compact form, or JSON of a shape that no token has
	reasonDuplicate   = "duplicate-header" // a repeated or differently-cased header parameter
	reasonAlgorithm   = "algorithm"        // not RS256
	reasonType        = "type"             // typ of something else
	reasonCritical    = "critical"         // crit: extensions that this package does not implement
	reasonUnknownKey  = "unknown-key"      // no kid, or one that the issuer does not publish
	reasonSignature   = "signature"
	reasonDupClaim    = "duplicate-claim" // a repeated or differently-cased claim name
	reasonHasura      = "hasura-claim"    // a claim and its Hasura form that differ
	reasonIDToken     = "id-token"        // an ID token where an access token is due
	reasonIssuer      = "issuer"
	reasonClient      = "client" // azp is not one of the accepted clients
	reasonAudience    = "audience"
	reasonSubject     = "subject" // none: a machine's token
	reasonNotYetValid = "not-yet-valid"
	reasonExpired     = "expired"
	reasonNonce       = "nonce" // the ID token of another sign-in
)

// InvalidError is the refusal of a token.
type InvalidError struct {
	// Reason is a fixed short word for the audit log, such as "issuer". It never
	// holds anything of the token.
	Reason string
}

func (e *InvalidError) Error() string { return ErrInvalid.Error() + ": " + e.Reason }

// Is makes every refusal match ErrInvalid, and one of age ErrExpired.
func (e *InvalidError) Is(target error) bool {
	if target == ErrInvalid {
		return true
	}
	other, ok := target.(*InvalidError)
	return ok && other.Reason == e.Reason
}

func refuse(reason string) error { return &InvalidError{Reason: reason} }

// unavailableError is ErrKeysUnavailable with its cause.
type unavailableError struct{ cause error }

func (e *unavailableError) Error() string {
	return ErrKeysUnavailable.Error() + ": " + e.cause.Error()
}

func (e *unavailableError) Unwrap() []error { return []error{ErrKeysUnavailable, e.cause} }
