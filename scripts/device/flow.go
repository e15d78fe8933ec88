package main

// This file is the part to copy. It needs the standard library alone.

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

const (
	authorizePath = "/api/device/authorize"
	tokenPath     = "/api/device/token"
	grantType     = "urn:ietf:params:oauth:grant-type:device_code"

	// usualInterval is the time between polls when the site names none, and slower
	// what each slow_down adds (RFC 8628 sections 3.2 and 3.5).
	usualInterval = 5 * time.Second
	slower        = 5 * time.Second
	// longestBackOff ends the doubling after connection trouble.
	longestBackOff = time.Minute
	// longestTime is as far as a number of seconds from the site is believed.
	longestTime = time.Hour

	// requestTimeout is over what a function may take, 10 s.
	requestTimeout = 20 * time.Second
	maxAnswer      = 256 << 10
	maxHeader      = 64 << 10
	longestText    = 300
)

// Secret is a text that grants something to whoever reads it. No verb of fmt, no log
// and no JSON shows it. It is a pointer because fmt leaves the methods of unexported
// fields alone, but follows no pointer in them either.
type Secret struct{ text *string }

// Reveal is the text itself, to be sent and not to be shown.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// Format hides the secret whatever the verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[secret]") }

// MarshalText hides the secret from encoders.
func (Secret) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }

// UnmarshalText reads a secret out of an answer.
func (s *Secret) UnmarshalText(text []byte) error {
	s.text = new(string(text))
	return nil
}

// Flow signs a person in by the device flow at a site that serves functions/device.
type Flow struct {
	site  string
	http  *http.Client
	now   func() time.Time
	sleep func(context.Context, time.Duration) error
	// Trouble hears of each poll that failed and will be tried again after wait.
	Trouble func(err error, wait time.Duration)
}

// NewFlow is a flow at the site's origin.
func NewFlow(site string) (*Flow, error) {
	u, err := url.Parse(site)
	if err != nil || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || strings.ContainsAny(site, "?#") {
		return nil, errors.New("the site must be an origin, such as https://your-site.example")
	}
	if !safe(u) {
		return nil, errors.New("the site must be https; http is for this machine's own addresses")
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxResponseHeaderBytes = maxHeader
	return &Flow{
		site: u.Scheme + "://" + u.Host,
		http: &http.Client{
			Transport: transport,
			Timeout:   requestTimeout,
			// Followed, a redirect could carry a code or a token to another site.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		now: time.Now, sleep: sleep, Trouble: func(error, time.Duration) {},
	}, nil
}

// safe tells whether what is sent to u, or typed there, stays between the two ends.
func safe(u *url.URL) bool {
	ip, _ := netip.ParseAddr(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip.IsLoopback())
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// Grant is a flow that has begun: what the person is shown, and how long to wait.
type Grant struct {
	UserCode string
	URI      string // where the person enters it
	Complete string // the same with the code in it; may be empty
	Expires  time.Time

	code     Secret
	interval time.Duration
}

// Tokens are the flow's end.
type Tokens struct {
	Access  Secret
	Refresh Secret // none when the scopes did not ask for one
}

var (
	ErrDenied     = errors.New("the person declined")
	ErrExpired    = errors.New("the code has expired")
	ErrUnreadable = errors.New("the answer cannot be used")

	errPending  = errors.New("authorization_pending")
	errSlowDown = errors.New("slow_down")
)

// Start begins a flow (RFC 8628 section 3.1). No scope asks for the site's own.
func (f *Flow) Start(ctx context.Context, scope string) (Grant, error) {
	form := url.Values{}
	if scope != "" {
		form.Set("scope", scope)
	}
	asked := f.now()
	answer, err := f.send(ctx, http.MethodPost, authorizePath, form, Secret{})
	if err != nil {
		return Grant{}, err
	}
	if answer.Status != http.StatusOK {
		return Grant{}, answer.refusal()
	}
	var got struct {
		DeviceCode Secret  `json:"device_code"`
		UserCode   string  `json:"user_code"`
		URI        string  `json:"verification_uri"`
		Complete   string  `json:"verification_uri_complete"`
		ExpiresIn  float64 `json:"expires_in"` // seconds
		Interval   float64 `json:"interval"`   // seconds
	}
	if json.Unmarshal(answer.Body, &got) != nil || got.DeviceCode.Reveal() == "" || !(got.ExpiresIn > 0) ||
		!showable(got.UserCode, got.DeviceCode) || !openable(got.URI, got.DeviceCode) {
		return Grant{}, ErrUnreadable
	}
	if !openable(got.Complete, got.DeviceCode) {
		got.Complete = ""
	}
	if got.Interval <= 0 {
		got.Interval = usualInterval.Seconds()
	}
	return Grant{
		UserCode: got.UserCode, URI: got.URI, Complete: got.Complete,
		Expires: asked.Add(seconds(got.ExpiresIn)), code: got.DeviceCode, interval: seconds(got.Interval),
	}, nil
}

// showable tells whether a text can do nothing to a terminal and does not give the
// secret away.
func showable(text string, secret Secret) bool {
	return text != "" && len(text) <= 2048 && !strings.Contains(text, secret.Reveal()) &&
		!strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

func openable(address string, secret Secret) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && u.User == nil && safe(u) && showable(address, secret)
}

func seconds(n float64) time.Duration {
	return time.Duration(min(n, longestTime.Seconds()) * float64(time.Second))
}

// Wait polls until the person has decided or the code has expired (RFC 8628 sections
// 3.4 and 3.5).
func (f *Flow) Wait(ctx context.Context, g Grant) (Tokens, error) {
	interval, wait, failed := g.interval, g.interval, 0
	for {
		if err := f.sleep(ctx, min(wait, g.Expires.Sub(f.now()))); err != nil {
			return Tokens{}, err
		}
		if !f.now().Before(g.Expires) {
			return Tokens{}, ErrExpired
		}
		tokens, err := f.poll(ctx, g.code)
		switch {
		case err == nil:
			return tokens, nil
		case ctx.Err() != nil:
			return Tokens{}, ctx.Err()
		case err == errPending, err == errSlowDown:
			if err == errSlowDown { // for all polls that follow
				interval += slower
			}
			wait, failed = interval, 0
		case passing(err):
			failed++
			wait = max(interval, min(interval<<min(failed, 10), longestBackOff))
			if r, ok := errors.AsType[*Refusal](err); ok && r.RetryAfter > 0 {
				wait = max(interval, r.RetryAfter)
			}
			f.Trouble(err, wait)
		default:
			return Tokens{}, err
		}
	}
}

// passing tells whether trouble may be over at the next poll.
func passing(err error) bool {
	if _, ok := errors.AsType[*Unreachable](err); ok {
		return true
	}
	r, ok := errors.AsType[*Refusal](err)
	return ok && !r.misconfigured() && (r.Status == http.StatusTooManyRequests || r.Status >= 500)
}

func (f *Flow) poll(ctx context.Context, code Secret) (Tokens, error) {
	form := url.Values{"grant_type": {grantType}, "device_code": {code.Reveal()}}
	answer, err := f.send(ctx, http.MethodPost, tokenPath, form, code)
	if err != nil {
		return Tokens{}, err
	}
	var got struct {
		Error   string `json:"error"`
		Access  Secret `json:"access_token"`
		Refresh Secret `json:"refresh_token"`
		Type    string `json:"token_type"`
	}
	readable, ok := json.Unmarshal(answer.Body, &got) == nil, answer.Status == http.StatusOK
	switch {
	case ok && readable && got.Access.Reveal() != "" && strings.EqualFold(got.Type, "Bearer"):
		return Tokens{Access: got.Access, Refresh: got.Refresh}, nil
	case ok:
		return Tokens{}, ErrUnreadable
	case answer.Status != http.StatusBadRequest || !readable:
		return Tokens{}, answer.refusal()
	}
	switch got.Error {
	case "authorization_pending":
		return Tokens{}, errPending
	case "slow_down":
		return Tokens{}, errSlowDown
	case "access_denied":
		return Tokens{}, ErrDenied
	case "expired_token":
		return Tokens{}, ErrExpired
	}
	return Tokens{}, answer.refusal()
}

// Get asks for a path of the site with the access token. Its error is a *Refusal
// unless the answer is a 200.
func (f *Flow) Get(ctx context.Context, path string, t Tokens) (Answer, error) {
	answer, err := f.send(ctx, http.MethodGet, path, nil, t.Access)
	if err == nil && answer.Status != http.StatusOK {
		err = answer.refusal()
	}
	return answer, err
}

// send sends a form, or a GET with the secret as its token.
func (f *Flow) send(ctx context.Context, method, path string, form url.Values, secret Secret) (Answer, error) {
	r, err := http.NewRequestWithContext(ctx, method, f.site+path, strings.NewReader(form.Encode()))
	if err != nil {
		return Answer{}, err
	}
	r.Header.Set("Accept", "application/json")
	if method == http.MethodGet {
		r.Header.Set("Authorization", "Bearer "+secret.Reveal())
	} else {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := f.http.Do(r)
	if err != nil {
		return Answer{}, &Unreachable{err}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return Answer{}, &Unreachable{err}
	case len(body) > maxAnswer:
		return Answer{}, ErrUnreadable
	}
	return Answer{Status: resp.StatusCode, Body: body, header: resp.Header, now: f.now(), secret: secret}, nil
}

// Answer is what the site said.
type Answer struct {
	Status int
	Body   []byte

	header http.Header
	now    time.Time
	secret Secret // that the request carried
}

// Text makes a text of the answer fit to be shown: it can do nothing to a terminal,
// is not long, and does not give away the secret that the site was sent.
func (a Answer) Text(text string) string {
	if secret := a.secret.Reveal(); secret != "" {
		text = strings.ReplaceAll(text, secret, "[secret]")
	}
	shown := []rune(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, text))
	if len(shown) > longestText {
		shown = append(shown[:longestText], '…')
	}
	return string(shown)
}

// Unreachable is an answer that never came, or not whole.
type Unreachable struct{ cause error }

func (u *Unreachable) Error() string {
	if timed, ok := errors.AsType[net.Error](u.cause); ok && timed.Timeout() {
		return "no answer in time"
	}
	if dial, ok := errors.AsType[*net.OpError](u.cause); ok && dial.Op == "dial" {
		return dial.Err.Error()
	}
	if bad, ok := errors.AsType[*tls.CertificateVerificationError](u.cause); ok {
		return bad.Error()
	}
	return "the connection broke, or what answers speaks no HTTP" // the cause may repeat what was sent
}

func (u *Unreachable) Unwrap() error { return u.cause }

// Refusal is an answer that says no; its texts are fit to be shown.
type Refusal struct {
	Status     int
	Code       string // of the site's problem document; may be empty
	Detail     string
	RetryAfter time.Duration
	Scopes     string // that the token lacks some of
	Elsewhere  string // the origin that a redirect names
}

func (r *Refusal) Error() string {
	text := strings.TrimSpace(fmt.Sprintf("the site answered %d %s", r.Status, r.Code))
	if r.Detail != "" {
		text += ": " + r.Detail
	}
	return text
}

// misconfigured tells whether it takes the site's owner to go on.
func (r *Refusal) misconfigured() bool {
	return r.Code == "misconfigured" || r.Code == "upstream-misconfigured"
}

var scopesNeeded = regexp.MustCompile(`error="insufficient_scope".*\bscope="([^"]*)"`) // RFC 6750 section 3

func (a Answer) refusal() *Refusal {
	var problem struct{ Code, Detail string }
	_ = json.Unmarshal(a.Body, &problem) // what is none has neither
	r := &Refusal{Status: a.Status, Code: a.Text(problem.Code), Detail: a.Text(problem.Detail)}
	after := a.header.Get("Retry-After")
	if n, err := strconv.ParseUint(after, 10, 64); err == nil {
		r.RetryAfter = seconds(float64(n))
	} else if at, err := http.ParseTime(after); err == nil {
		r.RetryAfter = seconds(at.Sub(a.now).Seconds())
	}
	if found := scopesNeeded.FindStringSubmatch(a.header.Get("WWW-Authenticate")); found != nil {
		r.Scopes = a.Text(found[1])
	}
	if u, err := url.Parse(a.header.Get("Location")); err == nil && u.Host != "" && a.Status/100 == 3 {
		r.Elsewhere = a.Text(u.Scheme + "://" + u.Host)
	}
	return r
}
