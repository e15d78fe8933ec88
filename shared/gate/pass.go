package gate

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
)

// PassLife is how long a pass is valid.
const PassLife = 10 * time.Minute

const (
	version    = "1"
	hashLength = 8  // characters: 48 bits
	idLength   = 22 // characters: 128 bits
	// maxOthers bounds the hashes of a pass, which shares what API Gateway accepts as a
	// request's headers with all cookies.
	maxOthers = 20
)

var errPass = errors.New("gate: not a pass of ours, or one that has expired")

// Keys signs passes with its first key and accepts those of all.
type Keys [][]byte

// Pass holds the contents of a valid pass.
type Pass struct {
	Expires time.Time
	session string
	met     []string
	key     []byte
}

// Issue makes a pass for a session that has met the requirements of the rules needed,
// which it always names, and of others, of which it names as many as fit. Its form is
// version.expiry.session.requirements.signature.
func (k Keys) Issue(session string, needed, others Rules, expires time.Time) string {
	var hashes []string
	add := func(rule Rule) {
		if text := rule.Text(); text != "" {
			if hash := requirementHash(k[0], text); !slices.Contains(hashes, hash) {
				hashes = append(hashes, hash)
			}
		}
	}
	for _, rule := range needed {
		add(rule)
	}
	for _, rule := range others {
		if len(hashes) < maxOthers {
			add(rule)
		}
	}
	body := strings.Join([]string{version, strconv.FormatInt(expires.Unix(), 10), sessionHash(k[0], session),
		strings.Join(hashes, "")}, ".")
	return body + "." + mac(k[0], "gate-pass\n"+body)
}

// Open verifies a pass.
func (k Keys) Open(pass string, now time.Time) (*Pass, error) {
	cut := strings.LastIndexByte(pass, '.')
	parts := strings.Split(pass[:max(cut, 0)], ".")
	if len(parts) != 4 || parts[0] != version || len(parts[1]) != 10 || len(parts[3])%hashLength != 0 {
		return nil, errPass
	}
	body, signature := pass[:cut], pass[cut+1:]
	seconds, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || seconds <= now.Unix() {
		return nil, errPass
	}
	for _, key := range k {
		if !hmac.Equal([]byte(mac(key, "gate-pass\n"+body)), []byte(signature)) {
			continue
		}
		p := &Pass{Expires: time.Unix(seconds, 0), session: parts[2], key: key}
		for met := range slices.Chunk([]byte(parts[3]), hashLength) {
			p.met = append(p.met, string(met))
		}
		return p, nil
	}
	return nil, errPass
}

// Meets reports whether the requirements of the rules are met according to the pass.
func (p *Pass) Meets(rules Rules) bool {
	return !slices.ContainsFunc(rules, func(rule Rule) bool {
		text := rule.Text()
		return text != "" && !slices.Contains(p.met, requirementHash(p.key, text))
	})
}

// Belongs reports whether the pass was issued to a session.
func (p *Pass) Belongs(session string) bool {
	return hmac.Equal([]byte(p.session), []byte(sessionHash(p.key, session)))
}

// The hashes are keyed: a pass does not confirm a guess of what it names.
func requirementHash(key []byte, text string) string {
	return mac(key, "gate-requirement\n"+text)[:hashLength]
}

func sessionHash(key []byte, session string) string {
	return mac(key, "gate-session\n"+session)[:idLength]
}

func mac(key []byte, text string) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}
