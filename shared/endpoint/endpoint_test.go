package endpoint

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/problem"
)

func TestResponsesCarryStandardHeaders(t *testing.T) {
	f := start(t, "user-profile", responding(`{}`))
	for _, w := range []*httptest.ResponseRecorder{
		f.signedIn("/api/user-profile"), f.get("/api/user-profile"), f.get("/nowhere"), f.signedIn("/api/user-profile?x=1"),
		f.send(httptest.NewRequest("POST", "/api/user-profile", nil)),
	} {
		for name, want := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
			"Referrer-Policy": "no-referrer"} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%d: got %s: %q, want %q", w.Code, name, got, want)
			}
		}
		var upstream, app float64
		if _, err := fmt.Sscanf(w.Header().Get("Server-Timing"), "upstream;dur=%f, app;dur=%f", &upstream, &app); err != nil {
			t.Errorf("%d: got Server-Timing %q: %v", w.Code, w.Header().Get("Server-Timing"), err)
		}
		if w.Header().Get("X-Request-Id") == "" {
			t.Errorf("%d: got no X-Request-Id, want one", w.Code)
		}
	}
}

func TestPathsAndMethods(t *testing.T) {
	f := start(t, "user-profile", responding(`{}`))
	for target, want := range map[string]int{
		"/api/user-profile": 200, "/.netlify/functions/user-profile": 200, "/api/user-profile/": 404,
		"/api/user-profile/x": 404,
		"/api/User-Profile":   404, "//api/user-profile": 404, "/api/%75ser-profile": 404, "/.netlify/functions/portal": 404,
		"/": 404,
	} {
		if w := f.signedIn("http://site.example" + target); w.Code != want {
			t.Errorf("%s: got %d, want %d", target, w.Code, want)
		}
	}
	page := start(t, "portal", responding(`{}`))
	for target, want := range map[string]int{"/portal": 200, "/portal/": 200, "/portal//": 404, "/portal/x": 404} {
		if w := page.signedIn("http://site.example" + target); w.Code != want {
			t.Errorf("%s: got %d, want %d", target, w.Code, want)
		}
	}
	for _, method := range []string{"POST", "HEAD", "DELETE", "OPTIONS", "BREW"} {
		w := f.send(httptest.NewRequest(method, "/api/user-profile", nil))
		if w.Code != 405 || w.Header().Get("Allow") != "GET" || code(t, w) != "method-not-allowed" {
			t.Errorf("%s: got %d %v, want 405 with Allow: GET", method, w.Code, w.Header())
		}
	}
}

func TestMatchPath(t *testing.T) {
	for _, row := range []struct {
		pattern, path, value string
		ok                   bool
	}{
		{"/a/{key}", "/a/b", "b", true}, {"/a/{key}", "/a/b%2Fc", "b/c", true}, {"/a/{key}", "/a/%2525", "%25", true},
		{"/a/{key}", "/a/", "", false}, {"/a/{key}", "/a", "", false}, {"/a/{key}", "/a/b/c", "", false},
		{"/a/{key}", "/a/%zz", "", false},
		{"/a/{key}/c", "/a/b/c", "b", true}, {"/a/{key}/c", "/a/b/d", "", false}, {"/a", "/a", "", true},
		{"/a", "a", "", false},
	} {
		params, ok := matchPath(row.pattern, row.path)
		if ok != row.ok || params["key"] != row.value {
			t.Errorf("matchPath(%q, %q) = %v, %v, want %q, %v", row.pattern, row.path, params, ok, row.value, row.ok)
		}
	}
}

func TestUnknownAPIParametersAreRefused(t *testing.T) {
	f := start(t, "user-profile", responding(`{}`))
	for query, named := range map[string]string{"?user_id=kp_2": "`user_id`", "?a=1&b=2": "`a`",
		"?%3Cb%3E=1": "unusual name", "?%zz": "unusual name", "?" + strings.Repeat("x", 100): "unusual name"} {
		w := f.signedIn("/api/user-profile" + query)
		if w.Code != 400 || code(t, w) != "invalid-parameter" || !strings.Contains(w.Body.String(), named) {
			t.Errorf("%s: got %d %s, want 400 invalid-parameter with %s", query, w.Code, w.Body, named)
		}
		if strings.Contains(w.Body.String(), "kp_2") {
			t.Error("got a value in the response")
		}
	}
}

func TestReadQuery(t *testing.T) {
	known := []string{"a", "b"}
	for raw, want := range map[string]string{
		"": "map[]", "a=1&b=%20x+y": "map[a:1 b: x y]", "utm_source=x&a=1": "map[a:1]", "&&a=1&": "map[a:1]", "a": "map[a:]",
		"%61=1": "map[a:1]", "a=1;b=2": "map[a:1;b=2]", "%zz=1&a=2": "map[a:2]", "utm=%zz": "map[]",
		"a=1&a=1": "twice", "a=1&%61=2": "twice", "a=%zz": "escaped",
	} {
		got, err := readQuery(raw, known, false)
		if err != nil && !strings.Contains(problem.From(err).Detail, want) || err == nil && fmt.Sprint(got) != want {
			t.Errorf("readQuery(%q) = %v, %v, want %s", raw, got, err, want)
		}
	}
}

func TestErrorsFollowAccept(t *testing.T) {
	f := start(t, "portal", responding(`{}`))
	for accept, page := range map[string]bool{
		"": true, "text/html,application/xhtml+xml,*/*;q=0.8": true, "application/json": false,
		"text/html, application/problem+json": false,
		"Application/JSON; q=0.5":             false, "application/json;q=0, text/html": true, "application/jsonp": true,
	} {
		w := f.get("/portal?utm_source=mail", "Accept", accept)
		if page && (w.Code != 302 || w.Header().Get("Location") != site+"/access/?error=no-token") {
			t.Errorf("%q: got %d %s, want a redirect to /access/", accept, w.Code, w.Header().Get("Location"))
		}
		if !page && (w.Code != 401 || code(t, w) != "no-token") {
			t.Errorf("%q: got %d %s, want 401 no-token", accept, w.Code, w.Body)
		}
	}
}

func TestPanicIsInternalError(t *testing.T) {
	var fault func()
	f := start(t, "user-profile", func(context.Context, *Request) (*Response, error) {
		fault()
		return JSON(200, nil),
			nil
	})
	for name, row := range map[string]struct {
		fault func()
		log   string
	}{
		"a value of the program's": {func() { panic("secret-value") }, "panic: string"},
		"an error of the runtime":  {func() { _ = []int{}[len(t.Name())] }, "index out of range"},
		"while keys are fetched":   {func() { panic(errors.New("secret-value")) }, "panic: *errors.errorString"},
	} {
		fault = row.fault
		w := f.signedIn("/api/user-profile")
		log := f.log.take()
		if w.Code != 500 || code(t, w) != "internal" || !strings.Contains(log, row.log) ||
			!strings.Contains(log, "endpoint_test.go") && !strings.Contains(log, "TestPanic") {
			t.Errorf("%s: got %d, log %s, want 500 and %q with its place", name, w.Code, log, row.log)
		}
		if strings.Contains(log+w.Body.String(), "secret-value") {
			t.Errorf("%s: the panic's value is in the log or the response", name)
		}
	}
	fault = func() {}
	if w := f.signedIn("/api/user-profile"); w.Code != 200 {
		t.Errorf("after panics: got %d, want 200", w.Code)
	}
}

// 300 ms of the platform's time are left for the response.
func TestHandlerDeadlineLeavesTimeToRespond(t *testing.T) {
	var given time.Time
	f := start(t, "user-profile", func(ctx context.Context, _ *Request) (*Response, error) {
		given, _ = ctx.Deadline()
		return JSON(200, nil), nil
	})
	platform := time.Now().Add(8 * time.Second)
	ctx, cancel := context.WithDeadline(t.Context(), platform)
	defer cancel()
	f.send(httptest.NewRequestWithContext(ctx, "GET", "/api/user-profile", nil), "Authorization",
		"Bearer "+f.tenant.Mint())
	if left := platform.Sub(given); given.IsZero() || left < 300*time.Millisecond || left > 400*time.Millisecond {
		t.Errorf("the handler's deadline leaves %v, want 300ms to 400ms", left)
	}
}

// On a busy machine one response may be late, but not three in a row.
func TestHangingUpstreamEndsBeforeDeadline(t *testing.T) {
	for _, path := range []string{"/oauth2/v2/user_profile", "/.well-known/jwks"} {
		t.Run(path, func(t *testing.T) {
			var last time.Duration
			for range 3 {
				f := start(t, "user-profile", nil)
				f.tenant.Fault(path, kindetest.Fault{Hang: true})
				ctx, cancel := context.WithTimeout(t.Context(), 800*time.Millisecond)
				defer cancel()
				begin := time.Now()
				r := httptest.NewRequestWithContext(ctx, "GET", "/api/user-profile", nil)
				w := f.send(r, "Authorization", "Bearer "+f.tenant.Mint())
				took := time.Since(begin)
				if w.Code != 504 && w.Code != 503 {
					t.Errorf("got %d %s, want 503 or 504", w.Code, w.Body)
				}
				if took <= 500*time.Millisecond {
					return
				}
				last = took
			}
			t.Errorf("took %v of 800ms, want at most 500ms", last)
		})
	}
}

func TestMisconfiguredFunctionLogsFaults(t *testing.T) {
	f := start(t, "user-profile", responding(`{}`), "KINDE_CLIENT_ID", "", "KINDE_ISSUER_URL",
		"https://private-value.example/", "LOG_LEVEL", "loud")
	for _, target := range []string{"/api/user-profile", "/nowhere"} {
		w := f.get(target)
		log := f.log.take()
		if w.Code != 500 || code(t, w) != "misconfigured" {
			t.Errorf("got %d %s, want 500 misconfigured", w.Code, w.Body)
		}
		for _, name := range []string{"KINDE_CLIENT_ID", "KINDE_ISSUER_URL", "LOG_LEVEL"} {
			if strings.Contains(w.Body.String(), name) || !strings.Contains(log, name) {
				t.Errorf("%s: got body %s, log %s, want the name in the log alone", name, w.Body, log)
			}
		}
		if strings.Contains(log, "private-value") {
			t.Errorf("a value is in the log: %s", log)
		}
	}
}

func TestHandlersMustMatchRows(t *testing.T) {
	for name, handlers := range map[string]Handlers{
		"none": {}, "another": {"GET /portal": {}}, "one too many": {"GET /api/health": {}, "GET /x": {}},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic for handlers that do not match the rows")
				}
			}()
			Function{Name: "health", Output: &bytes.Buffer{}, Build: func(*Services) (Handlers, error) {
				return handlers, nil
			}}.Handler()
		})
	}
}

func TestBodies(t *testing.T) {
	f := start(t, "user-profile", func(_ context.Context, r *Request) (*Response, error) { return JSON(200, r.Body), nil })
	token := "Bearer " + f.tenant.Mint()
	for size, want := range map[int]int{maxRequestBody: 200, maxRequestBody + 1: 413} {
		r := httptest.NewRequest("GET", "/api/user-profile", strings.NewReader(strings.Repeat("x", size)))
		if w := f.send(r, "Authorization", token); w.Code != want || want == 413 && code(t, w) != "body-too-large" {
			t.Errorf("%d bytes: got %d, want %d", size, w.Code, want)
		}
	}
	broken := httptest.NewRequest("GET", "/api/user-profile", io.MultiReader(strings.NewReader("x"), failing{}))
	if w := f.send(broken, "Authorization", token); w.Code != 400 || code(t, w) != "invalid-request" {
		t.Errorf("failing body: got %d %s, want 400 invalid-request", w.Code, w.Body)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("bad base64") }
