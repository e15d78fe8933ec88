package session

import (
	"encoding/base64"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"kinde-functions/shared/text"
)

// mutate damages one cookie of several in one of the ways that damage and
// attackers have. The result always differs from what was set.
func mutate(random *rand.Rand, cookies []cookie) []cookie {
	const octets = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/%\"\\,\x00\x7f\xff\n"
	octet := func() string { i := random.IntN(len(octets)); return octets[i : i+1] }
	mutated := slices.Clone(cookies)
	c := &mutated[random.IntN(len(mutated))]
	for slices.Equal(mutated, cookies) {
		v, i := c.value, random.IntN(len(c.value))
		j := i + random.IntN(len(v)-i)
		switch random.IntN(8) {
		case 0:
			c.value = v[:i] + octet() + v[i+1:]
		case 1:
			c.value = v[:i] + octet() + v[i:]
		case 2:
			c.value = v[:i] + v[i+1:]
		case 3:
			c.value = v[:i]
		case 4:
			c.value = v[i:]
		case 5:
			c.value = v[:i] + v[j:] + v[i:j] // parts exchanged
		case 6:
			c.value = v + v[i:]
		case 7:
			c.value = v[:i] + strings.Repeat(octet(), j-i) + v[j:]
		}
	}
	return mutated
}

// forge makes a cookie that looks right and was never sealed.
func forge(random *rand.Rand, like string) string {
	b, _ := text.DecodeBase64URL(like)
	for i := headSize; i < len(b); i++ { // the head is no secret: every cookie has it
		b[i] = byte(random.Uint32())
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func TestForgedAndDamagedCookiesNeverOpen(t *testing.T) {
	c, _ := newCookies(t, site)
	random := rand.New(rand.NewPCG(1, 2))
	whole, chunks := written(t, c, small), written(t, c, large)
	var requests [][]cookie
	for range 100 {
		requests = append(requests, mutate(random, whole), mutate(random, chunks),
			[]cookie{{whole[0].name, forge(random, whole[0].value)}})
	}
	for _, cookies := range requests {
		got, err := c.Read(requestWith(cookies...))
		if !errors.Is(err, ErrDamaged) || !same(got, Session{}) {
			t.Fatalf("%v: Read = %v, want ErrDamaged", cookies, err)
		}
		checkErrorHidesCookies(t, row{"damaged", cookies, ErrDamaged}, err)
	}
}

func TestForgedAndDamagedAttemptsAndMarkersNeverOpen(t *testing.T) {
	c, _ := newCookies(t, site)
	random := rand.New(rand.NewPCG(3, 4))
	h := http.Header{}
	if err := c.Begin(h, requestWith(), full); err != nil {
		t.Fatal(err)
	}
	c.Mark(h, "r")
	set, _ := cookiesSet(h)
	attempt, marker := set[:1], set[1:]
	for range 100 {
		for _, cookies := range [][]cookie{mutate(random, attempt), {{attempt[0].name, forge(random, attempt[0].value)}}} {
			a, err := c.Attempt(requestWith(cookies...), full.State)
			if !errors.Is(err, ErrNoAttempt) || a != (Attempt{}) {
				t.Fatalf("%v: Attempt = %v, want ErrNoAttempt", cookies, err)
			}
			checkErrorHidesCookies(t, row{"damaged", cookies, ErrNoAttempt}, err)
		}
		for _, cookies := range [][]cookie{mutate(random, marker), {{marker[0].name, forge(random, marker[0].value)}}} {
			if c.Marked(requestWith(cookies...), "r") {
				t.Fatalf("Marked(%v) = true, want false", cookies)
			}
		}
	}
}
