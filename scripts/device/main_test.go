package main

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// signIn runs the program against a fake site, in false time that begins with 2000.
func signIn(t *testing.T, columns int, o options, handlers map[string]http.HandlerFunc) (shown string, err error) {
	t.Helper()
	if o.resource == "" {
		o.resource = resource
	}
	o.site = testSite
	_, path, err := o.read(nil)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		flow, _ := newFlow(t, "", handlers)
		var out bytes.Buffer
		err = run(t.Context(), flow, o, path, screen{out: &out, columns: columns})
		shown = out.String()
	})
	wantNoSecrets(t, shown)
	if err != nil {
		wantNoSecrets(t, err.Error())
		if strings.ContainsAny(err.Error(), "\n\x1b") {
			t.Errorf("got %q, want one line", err)
		}
	}
	return shown, err
}

func TestOutput(t *testing.T) {
	plain, err := signIn(t, 0, options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	expires := time.Date(2000, 1, 1, 0, 10, 0, 0, time.UTC).Local().Format(time.TimeOnly)
	want := `
To sign in, open   https://t.example/device
and enter          BCDF-GHJK

or open            https://t.example/device?user_code=BCDFGHJK
Continue only if the page shows the code BCDF-GHJK.

The code is valid for 10 minutes, until ` + expires + `. Waiting for you; Ctrl-C stops.

Signed in; the access and the refresh token stay in memory.
GET /api/protected-resource: 200, Access granted

  sub       kp_1
  org_code  �[2J�
  iss       https://t.example
  azp       [secret]
  aud       a, b
  scp       openid
  roles     editor
  exp       ` + time.Unix(946771800, 0).Format(time.DateTime) + `, in 24 hours
`
	if plain != want {
		t.Errorf("got %s\nwant%s", plain, want)
	}
	for _, row := range []struct {
		columns int
		always  bool
		drawn   bool
	}{{36, false, false}, {37, false, true}, {36, true, true}, {0, true, true}} {
		shown, err := signIn(t, row.columns, options{qr: row.always}, nil)
		drawn := strings.Contains(shown, "▀") && strings.Contains(shown, "scan the picture")
		if err != nil || drawn != row.drawn {
			t.Errorf("%+v: got %s, %v; want drawn %t", row, shown, err, row.drawn)
		}
		if bold := strings.Contains(shown, "\x1b[1mBCDF-GHJK\x1b[0m"); bold != (row.columns > 0) {
			t.Errorf("%+v: got bold %t, want it on a terminal alone", row, bold)
		}
	}
}

func TestUserCodeIsShownInGroups(t *testing.T) {
	for code, want := range map[string]string{
		"BCDFGHJK": "BCDF-GHJK", "BCDF-GHJK": "BCDF-GHJK", "1234567": "1234567", "12345678": "1234-5678",
		"A-B-C-D-": "A-B-C-D-",
	} {
		if got := readable(code); got != want {
			t.Errorf("readable(%s) = %s, want %s", code, got, want)
		}
	}
}

func TestOtherResources(t *testing.T) {
	handlers := map[string]http.HandlerFunc{
		"/api/reports": func(w http.ResponseWriter, r *http.Request) {
			respond(200, `{"reports_of":"kp_1","n":2,"of":"`+r.URL.RawQuery+`","deep":{"x":1}}`)(w, r)
		},
		"/text": respond(200, "hello"),
	}
	shown, err := signIn(t, 0, options{resource: "/api/reports?lang=en", check: "remote"}, handlers)
	want := "GET /api/reports?check=remote&lang=en: 200\n\n" +
		"  n           2\n  of          check=remote&lang=en\n  reports_of  kp_1\n"
	if err != nil || !strings.HasSuffix(shown, want) {
		t.Errorf("got %s, %v; want %s", shown, err, want)
	}
	if _, err := signIn(t, 0, options{resource: "/text"}, handlers); err == nil || !strings.Contains(err.Error(),
		"not a JSON object") {
		t.Errorf("got %v, want an error about the body", err)
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	challenge := func(scope string) http.HandlerFunc {
		return respond(403, `{"code":"insufficient-scope"}`, "WWW-Authenticate",
			`Bearer error="insufficient_scope", scope="`+scope+`"`)
	}
	for name, row := range map[string]struct {
		path    string
		handler http.HandlerFunc
		want    string
	}{
		"not set up":   {authorizePath, respond(500, `{"code":"misconfigured"}`), "set KINDE_DEVICE_CLIENT_ID"},
		"another site": {authorizePath, respond(404, "<html>"), "check that -site is this project's"},
		"only files": {authorizePath, respond(405, "405: only GET here"),
			"check that -site is this project's"},
		"a bad scope": {authorizePath, respond(400, "{\"detail\":\"Parameter `scope` \\u001b holds\"}"),
			"Parameter `scope` � holds"},
		"rate limited": {authorizePath, respond(429, "", "Retry-After", "840"), "try again in 14 minutes"},
		"redirected": {authorizePath, respond(308, "", "Location", "https://www.t.example/api?x"),
			"redirects to https://www.t.example, which"},
		"declined": {tokenPath, oauthError("access_denied"), "declined"},
		"expired":  {tokenPath, oauthError("expired_token"), "run it again for a new one"},
		"garbage":  {tokenPath, garbage, "cannot be used"},
		"scopes":   {resource, challenge("read:a b"), `-scope "openid profile email offline read:a b"`},
		"scopes of a shell": {resource, challenge("$(reboot)"),
			"a scope that the token lacks: request it with -scope"},
		"token refused": {resource, respond(401, `{"code":"invalid-token"}`),
			"set KINDE_DEVICE_CLIENT_ID for its function too"},
		"token repeated": {resource, respond(400, `{"code":"x","detail":"Bearer `+testAccess+`"}`),
			"Bearer [secret]"},
		"token redirected":    {resource, respond(302, "", "Location", "/stolen"), "the site returned 302"},
		"resource not set up": {resource, respond(500, `{"code":"misconfigured"}`), "the resource is not set up"},
		"broken":              {resource, broken, "cannot be reached: the connection broke"},
		"timeout":             {resource, hang, "cannot be reached: no response in time"},
	} {
		t.Run(name, func(t *testing.T) {
			shown, err := signIn(t, 0, options{}, map[string]http.HandlerFunc{row.path: row.handler})
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %s\n%s", err, row.want, shown)
			}
		})
	}
}

func TestRetriesAreShown(t *testing.T) {
	shown, err := signIn(t, 0, options{}, map[string]http.HandlerFunc{tokenPath: inTurn(
		broken, respond(500, `{"code":"internal","detail":"Try again."}`), respond(429, "", "Retry-After", "90"),
		good)})
	want := `
The site cannot be reached: the connection broke, or the server does not speak HTTP; trying again in 10 seconds.
The site returned 500 internal: Try again; trying again in 20 seconds.
The site returned 429; trying again in 90 seconds.

Signed in;`
	if err != nil || !strings.Contains(shown, want) {
		t.Errorf("got %s, %v; want %s", shown, err, want)
	}
}

func TestExitCodes(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + free.Addr().String()
	free.Close()
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for _, row := range []struct {
		ctx  context.Context
		args []string
		code int
		want string
	}{
		{t.Context(), []string{"-site", closed}, 1,
			"device: nothing listens at " + closed + ": start it with `go run ./scripts/dev`"},
		{stopped, []string{"-site", closed}, 1, "device: stopped\n"},
		{t.Context(), []string{"-h"}, 0, "-check remote"},
		{t.Context(), []string{"-no-such-flag"}, 2, "not defined"},
		{t.Context(), []string{"more"}, 2, "no arguments"},
		{t.Context(), []string{"-site", "http://a.example"}, 2, "must be https"},
		{t.Context(), []string{"-site", "nonsense"}, 2, "must be an origin"},
		{t.Context(), []string{"-check", "local"}, 2, "must be remote"},
		{t.Context(), []string{"-resource", "https://b.example/"}, 2, "must be a path"},
		{t.Context(), []string{"-resource", "//b.example/"}, 2, "must be a path"},
		{t.Context(), []string{"-resource", "@b.example/"}, 2, "must be a path"},
	} {
		var out, errOut bytes.Buffer
		code := command(row.ctx, row.args, screen{out: &out}, &errOut)
		if code != row.code || !strings.Contains(errOut.String(), row.want) || out.Len() > 0 {
			t.Errorf("%v: got %d %s%s, want %d %s", row.args, code, &out, &errOut, row.code, row.want)
		}
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 seconds", time.Second: "1 second", 1400 * time.Millisecond: "1 second", 119 * time.Second: "119 seconds",
		2 * time.Minute: "2 minutes", 119 * time.Minute: "119 minutes", 24 * time.Hour: "24 hours",
		2*time.Hour - 1: "120 minutes",
	} {
		if got := span(d); got != want {
			t.Errorf("span(%v) = %q, want %q", d, got, want)
		}
	}
}
