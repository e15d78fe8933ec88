package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	testCode    = "device-code-that-nobody-may-see"
	testAccess  = "access-token-that-nobody-may-see"
	testRefresh = "refresh-token-that-nobody-may-see"
)

// began and signedIn are the good answers.
const (
	began = `{"device_code":"` + testCode + `","user_code":"BCDFGHJK","verification_uri":"https://t.example/device",
		"verification_uri_complete":"https://t.example/device?user_code=BCDFGHJK","expires_in":600,"interval":5}`
	signedIn = `{"access_token":"` + testAccess + `","refresh_token":"` + testRefresh + `","token_type":"Bearer","expires_in":86400}`
)

// answering gives one answer after the other, the last again and again.
type answering struct {
	t       *testing.T
	answers []func(http.ResponseWriter, *http.Request)

	mu    sync.Mutex // whoever has stopped waiting may still be answered
	asked []string
}

func (a *answering) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.FormValue("device_code") != testCode || r.FormValue("grant_type") != grantType || r.Method != "POST" || r.URL.RawQuery != "" {
		a.t.Errorf("polled with %s %s %v", r.Method, r.URL, r.Form)
	}
	a.mu.Lock()
	a.asked = append(a.asked, r.URL.Path)
	answer := a.answers[min(len(a.asked), len(a.answers))-1]
	a.mu.Unlock()
	answer(w, r)
}

func says(status int, body string, headers ...string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

func word(word string) func(http.ResponseWriter, *http.Request) {
	return says(400, `{"error":"`+word+`"}`)
}

var (
	good = says(200, signedIn)
	hang = func(_ http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm() // a server sees nobody leave before it has read all
		<-r.Context().Done()
	}
	cut = func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
)

// clock moves only while somebody sleeps.
type clock struct {
	at     time.Time
	slept  []int // seconds
	asleep func(seconds int) error
}

func (c *clock) sleep(_ context.Context, d time.Duration) error {
	c.at = c.at.Add(d)
	c.slept = append(c.slept, int(d.Seconds()))
	if c.asleep != nil {
		return c.asleep(len(c.slept))
	}
	return nil
}

// flowAt is a flow with such a clock and little patience.
func flowAt(t *testing.T, site string) (*Flow, *clock) {
	t.Helper()
	f, err := NewFlow(site)
	if err != nil {
		t.Fatal(err)
	}
	c := &clock{at: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}
	f.now, f.sleep, f.http.Timeout = func() time.Time { return c.at }, c.sleep, 500*time.Millisecond
	t.Cleanup(f.http.CloseIdleConnections)
	return f, c
}

var (
	pending, slow = word("authorization_pending"), word("slow_down")
	garbage       = says(200, "<html>")
)

var waits = map[string]struct {
	answers []func(http.ResponseWriter, *http.Request)
	life    time.Duration
	slept   []int
	err     string // empty: signed in
}{
	"pending":                {list(pending, pending, good), 0, []int{5, 5, 5}, ""},
	"slow_down lasts":        {list(slow, pending, slow, pending, good), 0, []int{5, 10, 10, 15, 15}, ""},
	"declined":               {list(pending, word("access_denied")), 0, []int{5, 5}, ErrDenied.Error()},
	"expired, says the site": {list(word("expired_token")), 0, []int{5}, ErrExpired.Error()},
	"expired, says time":     {list(pending), 18 * time.Second, []int{5, 5, 5, 3}, ErrExpired.Error()},
	"an end on the beat":     {list(pending), 20 * time.Second, []int{5, 5, 5, 5}, ErrExpired.Error()},
	"429 and when":           {list(says(429, "", "Retry-After", "42"), good), 0, []int{5, 42}, ""},
	"429 and a date":         {list(says(429, "", "Retry-After", "Tue, 01 Jan 2030 00:01:05 GMT"), good), 0, []int{5, 60}, ""},
	"429 and too soon":       {list(says(429, "", "Retry-After", "1"), good), 0, []int{5, 5}, ""},
	"429 and not when":       {list(says(429, ""), says(429, "", "Retry-After", "-3"), good), 0, []int{5, 10, 20}, ""},
	"429 beyond the end":     {list(says(429, "", "Retry-After", "99999999999")), 0, []int{5, 595}, ErrExpired.Error()},
	"500, then good":         {list(says(500, `{"code":"internal","detail":"x"}`), good), 0, []int{5, 10}, ""},
	"502 with a page":        {list(says(502, "<html>"), good), 0, []int{5, 10}, ""},
	"503 and when":           {list(says(503, "", "Retry-After", "30"), good), 0, []int{5, 30}, ""},
	"trouble doubles":        {list(cut, cut, cut, cut, cut, pending, cut, good), 0, []int{5, 10, 20, 40, 60, 60, 5, 10}, ""},
	"doubles the slower":     {list(slow, cut, good), 0, []int{5, 10, 20}, ""},
	"hanging":                {list(hang, good), 0, []int{5, 10}, ""},
	"hanging in the body":    {list(hangInside, good), 0, []int{5, 10}, ""},
	"less than promised":     {list(says(200, signedIn, "Content-Length", "4000"), good), 0, []int{5, 10}, ""},
	"not set up":             {list(says(500, `{"code":"misconfigured","detail":"x"}`)), 0, []int{5}, "the site answered 500 misconfigured: x"},
	"set up wrongly":         {list(says(502, `{"code":"upstream-misconfigured"}`)), 0, []int{5}, "the site answered 502 upstream-misconfigured"},
	"garbage":                {list(garbage), 0, []int{5}, ErrUnreadable.Error()},
	"no token":               {list(says(200, `{"token_type":"bearer"}`)), 0, []int{5}, ErrUnreadable.Error()},
	"another kind of token":  {list(says(200, `{"access_token":"a","token_type":"mac"}`)), 0, []int{5}, ErrUnreadable.Error()},
	"small letters":          {list(says(200, strings.Replace(signedIn, "Bearer", "bearer", 1))), 0, []int{5}, ""},
	"too much":               {list(says(200, signedIn+strings.Repeat(" ", maxAnswer))), 0, []int{5}, ErrUnreadable.Error()},
	"garbage that refuses":   {list(says(400, "<html>")), 0, []int{5}, "the site answered 400"},
	"another error":          {list(word("invalid_request")), 0, []int{5}, "the site answered 400"},
	"no such path":           {list(says(404, `{"code":"not-found","detail":"Check."}`)), 0, []int{5}, "the site answered 404 not-found: Check."},
	"redirect":               {list(says(307, "", "Location", "/elsewhere")), 0, []int{5}, "the site answered 307"},
}

func TestWait(t *testing.T) {
	for name, test := range waits {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site := &answering{t: t, answers: test.answers}
			server := httptest.NewServer(site)
			defer server.Close()
			f, clock := flowAt(t, server.URL)
			troubles := 0
			f.Trouble = func(err error, _ time.Duration) { troubles++; keepsSecrets(t, err.Error()) }
			life := test.life
			if life == 0 {
				life = 600 * time.Second
			}
			tokens, err := f.Wait(t.Context(), Grant{code: Secret{new(testCode)}, interval: 5 * time.Second, Expires: clock.at.Add(life)})
			if !slices.Equal(clock.slept, test.slept) {
				t.Errorf("slept %v, want %v", clock.slept, test.slept)
			}
			site.mu.Lock()
			defer site.mu.Unlock()
			for _, path := range site.asked {
				if path != tokenPath {
					t.Errorf("asked for %s: a redirect was followed", path)
				}
			}
			switch {
			case test.err != "" && (err == nil || err.Error() != test.err || tokens.Access.Reveal() != ""):
				t.Errorf("%v, want %s", err, test.err)
			case test.err == "" && (err != nil || tokens.Access.Reveal()+tokens.Refresh.Reveal() != testAccess+testRefresh):
				t.Errorf("not signed in: %v", err)
			case err != nil:
				keepsSecrets(t, err.Error())
			}
		})
	}
}

func list(answers ...func(http.ResponseWriter, *http.Request)) []func(http.ResponseWriter, *http.Request) {
	return answers
}

func hangInside(w http.ResponseWriter, r *http.Request) {
	fmt.Fprint(w, `{"access_token"`)
	w.(http.Flusher).Flush()
	<-r.Context().Done()
}

func keepsSecrets(t *testing.T, text string) {
	t.Helper()
	for _, secret := range []string{testCode, testAccess, testRefresh} {
		if strings.Contains(text, secret) {
			t.Errorf("a secret is in %q", text)
		}
	}
}

func TestWaitEndsAtOnce(t *testing.T) {
	for name, answer := range map[string]func(http.ResponseWriter, *http.Request){"asleep": word("authorization_pending"), "asking": hang} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(answer))
			defer server.Close()
			f, err := NewFlow(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			defer f.http.CloseIdleConnections()
			f.Trouble = func(err error, _ time.Duration) { t.Errorf("trouble: %v", err) }
			ctx, stop := context.WithCancel(t.Context())
			time.AfterFunc(100*time.Millisecond, stop)
			start := time.Now()
			interval := map[string]time.Duration{"asleep": time.Minute, "asking": time.Millisecond}[name]
			_, err = f.Wait(ctx, Grant{code: Secret{new(testCode)}, interval: interval, Expires: start.Add(time.Hour)})
			if took := time.Since(start); !errors.Is(err, context.Canceled) || took > 2*time.Second {
				t.Errorf("%v after %s", err, took)
			}
		})
	}
}

// with is the good answer to the start with a change.
func with(old, new string) func(http.ResponseWriter, *http.Request) {
	if !strings.Contains(began, old) {
		panic("no " + old)
	}
	return says(200, strings.Replace(began, old, new, 1))
}

var starts = map[string]struct {
	answer   func(http.ResponseWriter, *http.Request)
	err      string
	complete bool
	interval time.Duration
	life     time.Duration
}{
	"good":                  {says(200, began), "", true, 5 * time.Second, 600 * time.Second},
	"no interval":           {with(`,"interval":5`, ""), "", true, 5 * time.Second, 600 * time.Second},
	"an interval of none":   {with(`"interval":5`, `"interval":0`), "", true, 5 * time.Second, 600 * time.Second},
	"a negative one":        {with(`"interval":5`, `"interval":-5`), "", true, 5 * time.Second, 600 * time.Second},
	"a long one":            {with(`"interval":5`, `"interval":1e300`), "", true, time.Hour, 600 * time.Second},
	"a life without end":    {with("600", "1e300"), "", true, 5 * time.Second, time.Hour},
	"no life":               {with("600", "0"), ErrUnreadable.Error(), false, 0, 0},
	"nothing complete":      {with("_complete", "_other"), "", false, 5 * time.Second, 600 * time.Second},
	"a complete by http":    {with("https://t.example/device?", "http://t.example/device?"), "", false, 5 * time.Second, 600 * time.Second},
	"a telling complete":    {with("user_code=BCDFGHJK", "c="+testCode), "", false, 5 * time.Second, 600 * time.Second},
	"no device code":        {with(testCode, ""), ErrUnreadable.Error(), false, 0, 0},
	"no user code":          {with(`"BCDFGHJK"`, `""`), ErrUnreadable.Error(), false, 0, 0},
	"escapes in the code":   {with(`"BCDFGHJK"`, `"\u001b[2J"`), ErrUnreadable.Error(), false, 0, 0},
	"one code for both":     {with(`"BCDFGHJK"`, `"`+testCode+`"`), ErrUnreadable.Error(), false, 0, 0},
	"an address of script":  {with(`"https://t.example/device"`, `"javascript:alert(1)"`), ErrUnreadable.Error(), false, 0, 0},
	"an address by http":    {with(`"https://t.example/device"`, `"http://t.example/device"`), ErrUnreadable.Error(), false, 0, 0},
	"a name in the address": {with(`"https://t.example/device"`, `"https://kinde.com@t.example/"`), ErrUnreadable.Error(), false, 0, 0},
	"garbage":               {garbage, ErrUnreadable.Error(), false, 0, 0},
	"a list":                {says(200, "[]"), ErrUnreadable.Error(), false, 0, 0},
	"hanging":               {hang, "no answer in time", false, 0, 0},
	"refused":               {says(429, `{"code":"rate-limited","detail":"Wait."}`), "the site answered 429 rate-limited: Wait.", false, 0, 0},
}

func TestStart(t *testing.T) {
	for name, test := range starts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != authorizePath || r.FormValue("scope") != "a b" {
					t.Errorf("asked %s %v", r.URL, r.Form)
				}
				test.answer(w, r)
			}))
			defer server.Close()
			f, clock := flowAt(t, server.URL+"/")
			g, err := f.Start(t.Context(), "a b")
			if test.err != "" {
				if err == nil || err.Error() != test.err {
					t.Errorf("%v, want %s", err, test.err)
				}
				return
			}
			if err != nil || g.code.Reveal() != testCode || (g.Complete != "") != test.complete || g.interval != test.interval || g.Expires.Sub(clock.at) != test.life {
				t.Errorf("%+v, %v", g, err)
			}
			keepsSecrets(t, fmt.Sprintf("%v %+v %#v", g, g, g))
		})
	}
}

func TestSecretsAreNotWritten(t *testing.T) {
	tokens := Tokens{Secret{new(testAccess)}, Secret{new(testRefresh)}}
	nested := struct{ hidden Tokens }{tokens} // whose methods fmt does not call
	body, err := json.Marshal(tokens)
	keepsSecrets(t, fmt.Sprintf("%v %+v %#v %s %q %d", tokens, tokens, tokens, tokens, tokens, tokens)+fmt.Sprintf("%v %+v %#v", nested, nested, nested)+string(body))
	if err != nil || !strings.Contains(string(body), "[secret]") {
		t.Errorf("%s, %v", body, err)
	}
}

func TestSites(t *testing.T) {
	for site, want := range map[string]string{
		"http://localhost:8888": "http://localhost:8888", "http://127.0.0.1:8": "http://127.0.0.1:8", "http://[::1]:8/": "http://[::1]:8",
		"https://a.example": "https://a.example", "https://a.example/": "https://a.example",
		"http://a.example": "", "http://localhost.a.example": "", "http://127.0.0.1.a.example": "", "ftp://localhost": "", "localhost:8888": "",
		"https://a.example/path": "", "https://a.example?q": "", "https://a.example#f": "", "https://user:pass@a.example": "", "": "", "https://": "", "%": "",
	} {
		f, err := NewFlow(site)
		if (err == nil) != (want != "") || err == nil && f.site != want {
			t.Errorf("%q: %v", site, err)
		}
		if err != nil && strings.Contains(err.Error(), "pass") {
			t.Errorf("a password is in %q", err)
		}
	}
}
