package main

import (
	"bytes"
	"context"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

const granted = `{"message":"Access granted","user":{"sub":"kp_1","iss":"https://t.example","aud":["a","b"],"exp":1893542400,
	"scp":["openid"],"scope":"openid","email":"dana@example.com","org_code":"\u001b[2J` + "\u202e" + `","azp":"` + testAccess + `","roles":[{"id":"1","key":"editor"}]}}`

// at is a site whose flow ends well at once, but for what a test says of its paths.
func at(t *testing.T, answers map[string]http.HandlerFunc) *httptest.Server {
	usual := map[string]http.HandlerFunc{authorizePath: says(200, began), tokenPath: good, "/api/protected-resource": says(200, granted)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, ok := answers[r.URL.Path]
		if !ok {
			answer, ok = usual[r.URL.Path]
		}
		if authorization := r.Header.Get("Authorization"); authorization != "" && (authorization != "Bearer "+testAccess || r.URL.Path == "/stolen") {
			t.Errorf("%s got %s", r.URL, authorization)
		}
		if !ok {
			answer = says(404, `{"code":"not-found","detail":"Check the path."}`)
		}
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	return server
}

// signIn runs the command's inside with a clock that no one waits for.
func signIn(t *testing.T, site string, columns int, o options) (string, error) {
	t.Helper()
	flow, _ := flowAt(t, site)
	var screenshot bytes.Buffer
	if o.resource == "" {
		o.resource = "/api/protected-resource"
	}
	o.site = site
	_, path, err := o.read(nil)
	if err != nil {
		t.Fatal(err)
	}
	err = run(t.Context(), flow, o, path, screen{out: &screenshot, columns: columns})
	keepsSecrets(t, screenshot.String())
	if err != nil {
		keepsSecrets(t, err.Error())
		if strings.ContainsAny(err.Error(), "\n\x1b") {
			t.Errorf("%q is more than a line", err)
		}
	}
	return screenshot.String(), err
}

func TestWhatThePersonSees(t *testing.T) {
	site := at(t, nil).URL
	plain, err := signIn(t, site, 0, options{})
	if err != nil {
		t.Fatal(err)
	}
	expires := time.Date(2030, 1, 1, 0, 10, 0, 0, time.UTC).Format(time.TimeOnly)
	want := `
To sign in, open   https://t.example/device
and enter          BCDFGHJK

or open            https://t.example/device?user_code=BCDFGHJK
Go on only if the page shows the code BCDFGHJK.

The code lives 10 minutes, until ` + expires + `. Waiting for you; Ctrl-C stops.

Signed in; the access and the refresh token stay in memory.
GET /api/protected-resource: 200, Access granted

  sub       kp_1
  org_code  �[2J�
  iss       https://t.example
  azp       [secret]
  aud       a, b
  scp       openid
  roles     editor
  exp       ` + time.Unix(1893542400, 0).Format(time.DateTime) + `, in 24 hours
`
	if plain != want {
		t.Errorf("%s\nwant%s", plain, want)
	}
	for _, test := range []struct {
		columns int
		always  bool
		drawn   bool
	}{{36, false, false}, {37, false, true}, {36, true, true}, {0, true, true}} {
		shown, err := signIn(t, site, test.columns, options{qr: test.always})
		if err != nil || strings.Contains(shown, "▀") != test.drawn || strings.Contains(shown, "scan the picture") != test.drawn {
			t.Errorf("%+v: %s %v", test, shown, err)
		}
		if strong := strings.Contains(shown, "\x1b[1mBCDFGHJK\x1b[0m"); strong != (test.columns > 0) {
			t.Errorf("%+v: the code is strong: %v", test, strong)
		}
	}
}

func TestResources(t *testing.T) {
	site := at(t, map[string]http.HandlerFunc{
		"/api/reports": func(w http.ResponseWriter, r *http.Request) {
			says(200, `{"reports_of":"kp_1","n":2,"of":"`+r.URL.RawQuery+`","deep":{"x":1}}`)(w, r)
		},
		"/text": says(200, "hello"),
	}).URL
	shown, err := signIn(t, site, 0, options{resource: "/api/reports?lang=en", check: "remote"})
	if err != nil || !strings.HasSuffix(shown, "GET /api/reports?check=remote&lang=en: 200\n\n  n           2\n  of          check=remote&lang=en\n  reports_of  kp_1\n") {
		t.Errorf("%s %v", shown, err)
	}
	if _, err := signIn(t, site, 0, options{resource: "/text"}); err == nil || !strings.Contains(err.Error(), "no JSON object") {
		t.Errorf("%v", err)
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	const resource = "/api/protected-resource"
	for name, test := range map[string]struct {
		path   string
		answer http.HandlerFunc
		want   string
	}{
		"not set up":        {authorizePath, says(500, `{"code":"misconfigured"}`), "set KINDE_DEVICE_CLIENT_ID"},
		"not the project's": {authorizePath, says(404, "<html>"), "check that -site is this project's"},
		"only files":        {authorizePath, says(405, "405: only GET here"), "check that -site is this project's"},
		"a bad scope":       {authorizePath, says(400, "{\"code\":\"invalid-parameter\",\"detail\":\"Parameter `scope` \\u001b holds\"}"), "Parameter `scope` � holds"},
		"throttled":         {authorizePath, says(429, `{"code":"rate-limited"}`, "Retry-After", "840"), "try again in 14 minutes"},
		"redirected":        {authorizePath, says(308, "", "Location", "https://www.t.example/api?secret"), "redirects to https://www.t.example, which"},
		"declined":          {tokenPath, word("access_denied"), "declined"},
		"expired":           {tokenPath, word("expired_token"), "run it again for a new one"},
		"garbage":           {tokenPath, garbage, "cannot be used"},
		"an echo":           {tokenPath, says(400, `{"code":"x","detail":"`+testCode+`"}`), "x: [secret]"},
		"scopes":            {resource, says(403, `{"code":"insufficient-scope"}`, "WWW-Authenticate", `Bearer error="insufficient_scope", scope="read:a b"`), `-scope "openid profile email offline read:a b"`},
		"scopes that bite":  {resource, says(403, `{"code":"insufficient-scope"}`, "WWW-Authenticate", `Bearer error="insufficient_scope", scope="$(reboot)"`), "a scope that the token lacks: ask for it with -scope"},
		"refused":           {resource, says(401, `{"code":"invalid-token","detail":"Sign in again."}`), "set KINDE_DEVICE_CLIENT_ID for its function too"},
		"echoed":            {resource, says(400, `{"code":"x","detail":"Bearer `+testAccess+`"}`), "Bearer [secret]"},
		"token elsewhere":   {resource, says(302, "", "Location", "/stolen"), "the site answered 302"},
		"keys":              {resource, says(500, `{"code":"misconfigured"}`), "the resource is not set up"},
		"cut off":           {resource, cut, "cannot be reached: the connection broke"},
		"hanging":           {resource, hang, "cannot be reached: no answer in time"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site := at(t, map[string]http.HandlerFunc{test.path: test.answer}).URL
			if shown, err := signIn(t, site, 0, options{}); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %s\n%s", err, test.want, shown)
			}
		})
	}
}

func TestTroubleIsTold(t *testing.T) {
	answers := list(cut, says(500, `{"code":"internal","detail":"Try again."}`), says(429, "", "Retry-After", "90"), good)
	site := at(t, map[string]http.HandlerFunc{tokenPath: func(w http.ResponseWriter, r *http.Request) {
		next := answers[0]
		answers = answers[1:]
		next(w, r)
	}}).URL
	shown, err := signIn(t, site, 0, options{})
	want := `
The site cannot be reached: the connection broke, or what answers speaks no HTTP; trying again in 10 seconds.
The site answered 500 internal: Try again; trying again in 20 seconds.
The site answered 429; trying again in 90 seconds.

Signed in;`
	if err != nil || !strings.Contains(shown, want) {
		t.Errorf("%s %v", shown, err)
	}
}

func TestExitCodes(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + free.Addr().String()
	free.Close()
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for _, test := range []struct {
		ctx  context.Context
		args []string
		code int
		says string
	}{
		{t.Context(), []string{"-site", nobody}, 1, "device: nothing answers at " + nobody + ": start it with `go run ./scripts/dev`"},
		{stopped, []string{"-site", nobody}, 1, "device: stopped\n"},
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
		code := command(test.ctx, test.args, screen{out: &out}, &errOut)
		if code != test.code || !strings.Contains(errOut.String(), test.says) || out.Len() > 0 {
			t.Errorf("%v: %d %s%s", test.args, code, &out, &errOut)
		}
	}
}

func TestFlowStandsByItself(t *testing.T) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "flow.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range file.Imports {
		if strings.Contains(spec.Path.Value, ".") || strings.Contains(spec.Path.Value, "kinde-functions") {
			t.Errorf("it imports %s", spec.Path.Value)
		}
	}
	check := types.Config{Importer: importer.Default()}
	if _, err := check.Check("flow", set, []*ast.File{file}, nil); err != nil {
		t.Error(err)
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 seconds", time.Second: "1 second", 1400 * time.Millisecond: "1 second", 119 * time.Second: "119 seconds", 2 * time.Minute: "2 minutes",
		119 * time.Minute: "119 minutes", 24 * time.Hour: "24 hours", 2*time.Hour - 1: "120 minutes",
	} {
		if got := span(d); got != want {
			t.Errorf("%s is %q, want %q", d, got, want)
		}
	}
}
