package token

import "errors"

var (
	// ErrInvalid is what every refusal of a token matches: answer 401 invalid_token.
	ErrInvalid = errors.New("token: refused")

	// ErrExpired is the refusal of a token whose only visible fault is its age.
	// exp is looked at last, so that it says: right in every other way that needs
	// no key. It matches ErrInvalid too.
	ErrExpired error = &InvalidError{Reason: reasonExpired}

	// ErrKeysUnavailable says that the token could not be judged, since no key set
	// was to be had: answer 503, never 401. The cause is wrapped behind it; it may
	// be context.DeadlineExceeded, of the fetch or of the caller's own context.
	ErrKeysUnavailable = errors.New("token: signing keys unavailable")
)

// The words that InvalidError.Reason holds.
const (
	reasonTooLarge    = "too-large"        // over 16 KiB
	reasonMalformed   = "malformed"        // not a JWS in compact form, or JSON of a shape that no token has
	reasonDuplicate   = "duplicate-header" // a repeated or differently-cased header parameter
	reasonAlgorithm   = "algorithm"        // not RS256
	reasonType        = "type"             // typ of something else
	reasonCritical    = "critical"         // crit: extensions that nobody here understands
	reasonUnknownKey  = "unknown-key"      // no kid, or one that the issuer does not publish
	reasonSignature   = "signature"
	reasonDupClaim    = "duplicate-claim" // a repeated or differently-cased claim name
	reasonIDToken     = "id-token"        // an ID token where an access token is due
	reasonIssuer      = "issuer"
	reasonClient      = "client" // azp is not one of ours
	reasonAudience    = "audience"
	reasonSubject     = "subject" // none: a machine's token
	reasonNotYetValid = "not-yet-valid"
	reasonExpired     = "expired"
	reasonNonce       = "nonce" // not the ID token of this login
)

// InvalidError is a token refused.
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
