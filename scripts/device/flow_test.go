package main

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
)

// with returns the response of a flow that begins, with a change.
func with(old, new string) http.HandlerFunc {
	if !strings.Contains(began, old) {
		panic("no " + old)
	}
	return respond(200, strings.Replace(began, old, new, 1))
}

const unusable = "the response cannot be used"

var starts = map[string]struct {
	handler  http.HandlerFunc
	err      string
	complete bool
	interval int64
	life     time.Duration
}{
	"good":              {respond(200, began), "", true, 5, 10 * time.Minute},
	"no interval":       {with(`,"interval":5`, ""), "", true, 5, 10 * time.Minute},
	"negative interval": {with(`"interval":5`, `"interval":-5`), "", true, 5, 10 * time.Minute},
	"long interval": {with(`"interval":5`, `"interval":9000000000000000000`), "", true, 60,
		10 * time.Minute},
	"long life":       {with("600", "2000000000"), "", true, 5, time.Hour},
	"no life":         {with(`"expires_in":600,`, ""), "", true, 5, time.Hour},
	"no complete URI": {with("_complete", "_other"), "", false, 5, 10 * time.Minute},
	"complete URI by http": {with("https://t.example/device?", "http://t.example/device?"), "", false, 5,
		10 * time.Minute},
	"code in complete URI": {with("user_code=BCDFGHJK", "c="+testCode), "", false, 5, 10 * time.Minute},
	"no device code":       {with(testCode, ""), unusable, false, 0, 0},
	"no user code":         {with(`"BCDFGHJK"`, `""`), unusable, false, 0, 0},
	"escapes in the code":  {with(`"BCDFGHJK"`, `"\u001b[2J"`), unusable, false, 0, 0},
	"one code for both":    {with(`"BCDFGHJK"`, `"`+testCode+`"`), unusable, false, 0, 0},
	"script URI":           {with(`"https://t.example/device"`, `"javascript:alert(1)"`), unusable, false, 0, 0},
	"URI by http": {with(`"https://t.example/device"`, `"http://t.example/device"`), unusable, false,
		0, 0},
	"URI with a user": {with(`"https://t.example/device"`, `"https://kinde.com@t.example/"`), unusable,
		false, 0, 0},
	"garbage":  {garbage, unusable, false, 0, 0},
	"a list":   {respond(200, "[]"), unusable, false, 0, 0},
	"too long": {respond(200, began+strings.Repeat(" ", maxResponse)), unusable, false, 0, 0},
	"timeout":  {hang, "no response in time", false, 0, 0},
	"broken":   {broken, "the connection broke, or the server does not speak HTTP", false, 0, 0},
	"refused": {respond(429, `{"code":"rate-limited","detail":"Wait."}`),
		"the site returned 429 rate-limited: Wait.", false, 0, 0},
	"redirected":            {respond(307, "", "Location", "/elsewhere"), "the site returned 307", false, 0, 0},
	"an error, but not 400": {respond(500, `{"error":"access_denied"}`), "the site returned 500", false, 0, 0},
}

func TestStart(t *testing.T) {
	for name, row := range starts {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				authorize := func(w http.ResponseWriter, r *http.Request) {
					if r.FormValue("scope") != "a b" || r.FormValue("client_id") != "" {
						t.Errorf("got the form %v, want the scopes and no client", r.Form)
					}
					row.handler(w, r)
				}
				f, _ := newFlow(t, "a b", map[string]http.HandlerFunc{authorizePath: authorize})
				grant, err := f.Start(t.Context())
				if row.err != "" {
					if err == nil || err.Error() != row.err {
						t.Errorf("got %v, want %s", err, row.err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				life := time.Until(grant.Expiry)
				if grant.DeviceCode != testCode || (grant.VerificationURIComplete != "") != row.complete ||
					grant.Interval != row.interval || life != row.life {
					t.Errorf("got %+v valid for %v, want %+v", grant, life, row)
				}
			})
		})
	}
}

// list is what a site responds, in turn.
type list []http.HandlerFunc

var waits = map[string]struct {
	polls list
	life  time.Duration
	waits []int // seconds before each poll
	err   string
}{
	"pending":                {list{pending, pending, good}, 0, []int{5, 5, 5}, ""},
	"slow_down lasts":        {list{slow, pending, slow, pending, good}, 0, []int{5, 10, 10, 15, 15}, ""},
	"declined":               {list{pending, oauthError("access_denied")}, 0, []int{5, 5}, ErrDenied.Error()},
	"expired, says the site": {list{oauthError("expired_token")}, 0, []int{5}, ErrExpired.Error()},
	"expired, says time":     {list{pending}, 18 * time.Second, []int{5, 5, 5}, ErrExpired.Error()},
	"429 with Retry-After":   {list{respond(429, "", "Retry-After", "42"), good}, 0, []int{5, 42}, ""},
	"429 with a date": {list{respond(429, "", "Retry-After", "Sat, 01 Jan 2000 00:01:05 GMT"), good}, 0,
		[]int{5, 60}, ""},
	"429, too short": {list{respond(429, "", "Retry-After", "1"), good}, 0, []int{5, 5}, ""},
	"429 without": {list{respond(429, ""), respond(429, "", "Retry-After", "-3"), good}, 0, []int{5,
		10, 20}, ""},
	"429 beyond the end": {list{respond(429, "", "Retry-After", "9999")}, 0, []int{5}, ErrExpired.Error()},
	"500":                {list{respond(500, `{"code":"internal","detail":"x"}`), good}, 0, []int{5, 10}, ""},
	"502 with a page":    {list{respond(502, "<html>"), good}, 0, []int{5, 10}, ""},
	"broken": {list{broken, broken, broken, broken, broken, good}, 0, []int{5, 10, 20, 40, 60,
		60}, ""},
	"timeout": {list{hang, good}, 0, []int{5, 30}, ""}, // 20 of them by the request
	"not set up": {list{respond(500, `{"code":"misconfigured","detail":"x"}`)}, 0, []int{5},
		"the site returned 500 misconfigured: x"},
	"set up wrongly": {list{respond(502, `{"code":"upstream-misconfigured"}`)}, 0, []int{5},
		"the site returned 502 upstream-misconfigured"},
	"garbage":  {list{garbage}, 0, []int{5}, ErrUnreadable.Error()},
	"no token": {list{respond(200, `{"token_type":"bearer"}`)}, 0, []int{5}, ErrUnreadable.Error()},
	"too long": {list{respond(200, signedIn+strings.Repeat(" ", maxResponse))}, 0, []int{5},
		ErrUnreadable.Error()},
	"400 with a page": {list{respond(400, "<html>")}, 0, []int{5}, "the site returned 400"},
	"another error": {list{oauthError("invalid_request")}, 0, []int{5},
		"the site returned 400 invalid-request"},
	"code repeated": {list{respond(400, `{"code":"x","detail":"`+testCode+`"}`)}, 0, []int{5},
		"the site returned 400 x: [secret]"},
	"redirected": {list{respond(307, "", "Location", "/elsewhere")}, 0, []int{5},
		"the site returned 307"},
}

func TestWait(t *testing.T) {
	for name, row := range waits {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, site := newFlow(t, "", map[string]http.HandlerFunc{tokenPath: inTurn(row.polls...)})
				f.Retry = func(err error, _ time.Duration) { wantNoSecrets(t, err.Error()) }
				last, grant := time.Now(), newGrant(row.life)
				token, err := f.Wait(t.Context(), grant)
				var waits []int
				for _, at := range site.polls {
					waits = append(waits, int(at.Sub(last).Seconds()))
					last = at
				}
				if !slices.Equal(waits, row.waits) {
					t.Errorf("got waits %v, want %v", waits, row.waits)
				}
				switch {
				case row.err != "" && (err == nil || err.Error() != row.err || token != nil):
					t.Errorf("got %v, %v; want %s", token != nil, err, row.err)
				case row.err == "" && (err != nil || token.AccessToken != testAccess || token.RefreshToken != testRefresh):
					t.Errorf("got %v, want the tokens", err)
				}
			})
		})
	}
}

// newGrant returns a grant, of ten minutes if life is zero.
func newGrant(life time.Duration) *oauth2.DeviceAuthResponse {
	if life == 0 {
		life = 10 * time.Minute
	}
	return &oauth2.DeviceAuthResponse{DeviceCode: testCode, Interval: 5, Expiry: time.Now().Add(life)}
}

func TestCancelEndsAtOnce(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"waiting": pending, "polling": hang, "retrying": respond(503, ""),
	} {
		synctest.Test(t, func(t *testing.T) {
			f, _ := newFlow(t, "", map[string]http.HandlerFunc{tokenPath: handler, authorizePath: hang})
			ctx, stop := context.WithCancel(t.Context())
			time.AfterFunc(7*time.Second, stop)
			began := time.Now()
			_, err := f.Wait(ctx, newGrant(0))
			if took := time.Since(began); !errors.Is(err, context.Canceled) || took != 7*time.Second {
				t.Errorf("%s: got %v after %v, want Canceled after 7s", name, err, took)
			}
			if _, err := f.Start(ctx); !errors.Is(err, context.Canceled) || time.Since(began) != 7*time.Second {
				t.Errorf("start: got %v after %v, want Canceled after 7s", err, time.Since(began))
			}
			time.Sleep(requestTimeout) // the abandoned request of Start ends
		})
	}
}

func TestExpiredTokenIsRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, _ := newFlow(t, "", map[string]http.HandlerFunc{tokenPath: func(w http.ResponseWriter, r *http.Request) {
			if r.FormValue("grant_type") != "refresh_token" || r.FormValue("refresh_token") != "private-old" {
				t.Errorf("got the form %v, want the refresh token", r.Form)
			}
			good(w, r)
		}})
		old := &oauth2.Token{AccessToken: "private-expired", RefreshToken: "private-old",
			Expiry: time.Now().Add(-time.Hour)}
		body, err := f.Get(t.Context(), resource, old)
		if err != nil || string(body) != granted {
			t.Errorf("got %s, %v; want the resource", body, err)
		}
	})
}

func TestSites(t *testing.T) {
	for site, want := range map[string]string{
		"http://localhost:8888": "http://localhost:8888", "http://127.0.0.1:8": "http://127.0.0.1:8",
		"http://[::1]:8/": "http://[::1]:8", "https://a.example": "https://a.example",
		"https://a.example/": "https://a.example",
		"http://a.example":   "", "http://localhost.a.example": "", "http://127.0.0.1.a.example": "",
		"ftp://localhost": "",
		"localhost:8888":  "", "https://a.example/path": "", "https://a.example?q": "", "https://a.example#f": "",
		"https://user:pass@a.example": "", "": "", "https://": "", "%": "",
	} {
		f, err := NewFlow(site, "")
		if (err == nil) != (want != "") || err == nil && f.site != want {
			t.Errorf("%q: got %v, want %q", site, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "pass") {
			t.Errorf("%q: got a password in %q", site, err)
		}
	}
}
