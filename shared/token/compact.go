package token

import (
	"context"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"kinde-functions/shared/jsonscan"
	"kinde-functions/shared/text"
)

const (
	// maxSize and maxEventSize are the most bytes of a token; size is checked first.
	maxSize      = 16 << 10
	maxEventSize = 64 << 10
	// minModulusBits is the least that RFC 7518 section 3.3 allows for RS256.
	minModulusBits = 2048
	// maxHeaderParameters keeps the search for repeated names short.
	maxHeaderParameters = 32
)

// compact is a JWS in compact serialization (RFC 7515 section 7.1) whose header
// has passed every rule. Nothing of it is verified.
type compact struct {
	signed    string // header and payload as they came: what is signed
	header    header
	payload   []byte
	signature []byte
}

// readCompact splits raw and checks its header. Its error is an InvalidError.
func readCompact(raw string, limit int) (compact, error) {
	if len(raw) > limit {
		return compact{}, refuse(reasonTooLarge)
	}
	header64, rest, _ := strings.Cut(raw, ".")
	payload64, signature64, found := strings.Cut(rest, ".")
	if !found {
		return compact{}, refuse(reasonMalformed)
	}
	// A further dot is not in the alphabet, so decoding refuses a fourth part.
	joseHeader, ok1 := text.DecodeBase64URL(header64)
	payload, ok2 := text.DecodeBase64URL(payload64)
	signature, ok3 := text.DecodeBase64URL(signature64)
	if !ok1 || !ok2 || !ok3 {
		return compact{}, refuse(reasonMalformed)
	}
	h, err := readHeader(joseHeader)
	if err != nil {
		return compact{}, err
	}
	// Shorter than a signature of any accepted key: junk costs no key fetch.
	if len(signature) < minModulusBits/8 {
		return compact{}, refuse(reasonSignature)
	}
	signed := raw[:len(raw)-len(signature64)-1]
	return compact{signed: signed, header: h, payload: payload, signature: signature}, nil
}

// The header parameters that are read, and their places in headerNames. All
// others are ignored; above all jwk, jku, x5c and x5u, which would let a token
// bring its own key.
const (
	headerAlg = iota
	headerTyp
	headerKid
	headerCrit
)

var headerNames = []string{headerAlg: "alg", headerTyp: "typ", headerKid: "kid", headerCrit: "crit"}

const (
	typeJWT         = "JWT"
	typeAccessToken = "at+jwt"             // RFC 9068 section 2.1
	typeAccessLong  = "application/at+jwt" // the same in full, RFC 7515 section 4.1.9
)

// header holds the optional parts of the header.
type header struct {
	kid      string
	isAccess bool // typ is that of an access token
}

// readHeader applies the rules for the JOSE header.
func readHeader(joseHeader []byte) (header, error) {
	var values [4][]byte
	var names []string
	var duplicate bool
	ok := jsonscan.Object(joseHeader, func(name, value []byte) bool {
		i, exact := match(name, headerNames)
		// RFC 7515 section 4: names must be unique, known ones and others alike.
		duplicate = i >= 0 && !exact || slices.Contains(names, string(name))
		names = append(names, string(name))
		if i >= 0 {
			values[i] = value
		}
		return !duplicate && len(names) <= maxHeaderParameters
	})
	if duplicate {
		return header{}, refuse(reasonDuplicate)
	}
	if !ok {
		return header{}, refuse(reasonMalformed)
	}
	if values[headerCrit] != nil {
		return header{}, refuse(reasonCritical)
	}
	if alg, _ := jsonscan.Text(values[headerAlg]); string(alg) != jwt.SigningMethodRS256.Alg() {
		return header{}, refuse(reasonAlgorithm)
	}
	typ, _ := jsonscan.Text(values[headerTyp])
	// typ holds a media type, whose case does not count (RFC 7515 section 4.1.9, RFC
	// 2045 section 5.1). No fold beyond ASCII reaches these letters.
	isAccess := strings.EqualFold(string(typ), typeAccessToken) || strings.EqualFold(string(typ), typeAccessLong)
	if values[headerTyp] != nil && !isAccess && !strings.EqualFold(string(typ), typeJWT) {
		return header{}, refuse(reasonType)
	}
	kid, _ := jsonscan.Text(values[headerKid])
	if len(kid) == 0 {
		return header{}, refuse(reasonUnknownKey)
	}
	return header{kid: string(kid), isAccess: isAccess}, nil
}

// verify finds the key and checks the signature.
func (c *compact) verify(ctx context.Context, keys *Keys) error {
	key, err := keys.find(ctx, c.header.kid)
	if err != nil {
		return err
	}
	if jwt.SigningMethodRS256.Verify(c.signed, c.signature, key) != nil {
		return refuse(reasonSignature)
	}
	return nil
}
