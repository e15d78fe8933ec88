package session

import (
	"bytes"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
)

const (
	site     = "https://site.example"
	loopback = "http://localhost:8888"
	issuer   = "https://acme.kinde.com"
	client   = "client-1"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)

// clock is a time that tests move.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func keyOf(b byte) []byte { return bytes.Repeat([]byte{b}, keyBytes) }

func newBox(t testing.TB, issuer, client string, keys ...byte) *Box {
	t.Helper()
	var secrets [][]byte
	for _, b := range keys {
		secrets = append(secrets, keyOf(b))
	}
	box, err := NewBox(secrets, issuer, client, site)
	if err != nil {
		t.Fatal(err)
	}
	return box
}

func newCookies(t testing.TB, site string) (*Cookies, *clock) {
	c := &clock{start}
	return NewCookies(site, newBox(t, issuer, client, 1), c.now), c
}

// jwtOf has the shape of a token and n characters.
func jwtOf(n int) string {
	const header, signature = "eyJhbGciOiJSUzI1NiJ9", 342 // of RSA-2048
	segment := func(n int) string {
		return base64.RawURLEncoding.EncodeToString(bytes.Repeat([]byte("kinde"), n)[:n*3/4])
	}
	return header + "." + segment(n-len(header)-signature-2) + "." + segment(signature)
}

// sessionOf is a session with those tokens.
func sessionOf(tokens Tokens) Session {
	return Session{Tokens: tokens, ID: "id-of-the-session", Subject: "kp_1", Started: start, Noted: start.Add(time.Hour),
		Organizations: Organizations{List: []Organization{{"org_1", "One"}, {"org_2", ""}}}}
}

var (
	small = sessionOf(Tokens{Access: jwtOf(1500), Refresh: "refresh-token-of-forty-three-characters-abc"})
	large = sessionOf(Tokens{Access: jwtOf(4000), Refresh: jwtOf(500)})
)

func same(a, b Session) bool { return reflect.DeepEqual(a, b) }

// cookie is a cookie of a response or a request.
type cookie struct{ name, value string }

// cookiesSet are the cookies, by name and value, that a response sets or expires.
func cookiesSet(h http.Header) (set []cookie, expired []string) {
	for _, line := range h["Set-Cookie"] {
		pair, attributes, _ := strings.Cut(line, "; ")
		name, value, _ := strings.Cut(pair, "=")
		if strings.Contains(attributes, "Max-Age=0;") {
			expired = append(expired, name)
		} else {
			set = append(set, cookie{name, value})
		}
	}
	return set, expired
}

// requestWith is a request with these cookies.
func requestWith(cookies ...cookie) *http.Request {
	var pairs []string
	for _, c := range cookies {
		pairs = append(pairs, c.name+"="+c.value)
	}
	return &http.Request{Header: http.Header{"Cookie": {strings.Join(pairs, "; ")}}}
}

// written are the cookies that hold the session.
func written(t testing.TB, c *Cookies, s Session) []cookie {
	t.Helper()
	h := http.Header{}
	if err := c.Write(h, s); err != nil {
		t.Fatal(err)
	}
	set, _ := cookiesSet(h)
	return set
}

// browser keeps cookies as browsers do, so that what is expired is gone.
type browser struct {
	jar  *cookiejar.Jar
	site *url.URL
}

func newBrowser(t testing.TB, site string) browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	u, err2 := url.Parse(site)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	return browser{jar, u}
}

// take stores the cookies that the response sets.
func (b browser) take(h http.Header) {
	b.jar.SetCookies(b.site, (&http.Response{Header: h}).Cookies())
}

// request is the browser's next one.
func (b browser) request() *http.Request {
	r := &http.Request{Header: http.Header{}}
	for _, c := range b.jar.Cookies(b.site) {
		r.AddCookie(c)
	}
	return r
}
