package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kinde-functions/shared/lambdahttp"
	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/session"
)

// received is what reached the API.
type received struct {
	method, uri, host string
	header            http.Header
	body              []byte
}

// fixture is the function beside an API whose base is /v1.
type fixture struct {
	*functiontest.Fixture
	mu      sync.Mutex // an aborted response does not order its handler before the next request
	got     *received  // nil: nothing has reached the API
	respond http.HandlerFunc
}

func start(t *testing.T, settings ...string) *fixture {
	t.Helper()
	f := &fixture{respond: func(http.ResponseWriter, *http.Request) {}}
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		f.mu.Lock()
		f.got = &received{r.Method, r.RequestURI, r.Host, r.Header, body}
		f.mu.Unlock()
		f.respond(w, r)
	}))
	t.Cleanup(api.Close)
	settings = append(append([]string{"PROXY_APIS", "orders=" + api.URL + "/v1 down=http://127.0.0.1:9"},
		functiontest.Sessions...), settings...)
	f.Fixture = functiontest.Start(t, function, kindetest.Options{}, settings...)
	return f
}

// send sends a request of the demo user with a Bearer token.
func (f *fixture) send(method, target, body string, header ...string) *httptest.ResponseRecorder {
	f.mu.Lock()
	f.got = nil
	f.mu.Unlock()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	return f.Send(r, append(f.Bearer(), header...)...)
}

func code(w *httptest.ResponseRecorder) string {
	var document struct{ Code string }
	_ = json.Unmarshal(w.Body.Bytes(), &document)
	return document.Code
}

func TestProxyForwardsRequest(t *testing.T) {
	f := start(t, "PROXY_HEADERS", "X-Tenant")
	f.respond = func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("ETag", `"7"`)
		h.Set("X-Request-Id", "api-1")
		h.Add("Set-Cookie", "session=stolen")
		h.Set("Cache-Control", "public, max-age=600")
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Server", "secret/1.0")
		h.Set("Www-Authenticate", "Basic")
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"id":7}`)
	}
	w := f.send("PATCH", "/api/proxy/orders/items/a%20b;v=1//c?x=1&x=2&y=%2F..", `{"n":1}`,
		"Content-Type", "application/json", "If-Match", `"6"`, "X-Tenant", "t1", "Cookie", "theme=dark", "X-Forwarded-Host",
		"evil.example",
		"X-Csrf", "1", "User-Agent", "browser", "Accept-Encoding", "br", "X-Other", "1", "X-Request-Id", "req-1")
	if w.Code != http.StatusCreated || w.Body.String() != `{"id":7}` {
		t.Fatalf("response %d %s, want the API's 201", w.Code, w.Body)
	}
	if f.got.method != "PATCH" || f.got.uri != "/v1/items/a%20b;v=1//c?x=1&x=2&y=%2F.." ||
		string(f.got.body) != `{"n":1}` {
		t.Errorf("the API got %s %s %s", f.got.method, f.got.uri, f.got.body)
	}
	f.got.header.Del("Content-Length")
	var names []string
	for name := range f.got.header {
		names = append(names, name)
	}
	slices.Sort(names)
	if got, want := strings.Join(names, " "), "Authorization Content-Type If-Match X-Request-Id X-Tenant"; got != want {
		t.Errorf("the API got the headers %s, want %s", got, want)
	}
	if id := f.got.header.Get("X-Request-Id"); id != "req-1" {
		t.Errorf("the API got X-Request-Id %q, want req-1", id)
	}
	h := w.Header()
	if h.Get("Etag") != `"7"` || h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" ||
		!slices.Equal(h["X-Request-Id"], []string{"api-1"}) {
		t.Errorf("got response header %v, want Etag, no-store, nosniff and the API's X-Request-Id", h)
	}
	for _, name := range []string{"Set-Cookie", "Access-Control-Allow-Origin", "Server", "Www-Authenticate"} {
		if h.Get(name) != "" {
			t.Errorf("response header %s: %q, want none", name, h.Get(name))
		}
	}
	if log := f.Log(); !strings.Contains(log, `"api":"orders"`) ||
		!strings.Contains(log, `"route":"/api/proxy/{name}/{path+}"`) ||
		strings.Contains(log, "items") {
		t.Errorf("log %s, want the API's name and no path", log)
	}
}

func TestProxyUsesEitherAddressAndAnyMethod(t *testing.T) {
	f := start(t)
	for target, want := range map[string]string{
		"/api/proxy/orders":                      "/v1",
		"/api/proxy/orders/":                     "/v1/",
		"/api/proxy/orders?q":                    "/v1?q",
		"/.netlify/functions/proxy/orders":       "/v1",
		"/.netlify/functions/proxy/orders/a/b/":  "/v1/a/b/",
		"/api/proxy/orders/user@example.com/a:b": "/v1/user@example.com/a:b",
	} {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
			if w := f.send(method, target, ""); w.Code != 200 || f.got == nil || f.got.uri != want || f.got.method != method {
				t.Errorf("%s %s: %d, the API got %+v, want %s", method, target, w.Code, f.got, want)
			}
		}
	}
	for _, method := range []string{"OPTIONS", "TRACE", "PROPFIND"} {
		w := f.send(method, "/api/proxy/orders/a", "")
		if w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD, POST, PUT, PATCH, DELETE" || f.got != nil {
			t.Errorf("%s: %d Allow %q, want 405", method, w.Code, w.Header().Get("Allow"))
		}
	}
}

func TestProxyRefuses(t *testing.T) {
	f := start(t)
	f.respond = func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v1/big":
			_, _ = w.Write(make([]byte, 4<<20+1))
		case "/v1/reset":
			panic(http.ErrAbortHandler)
		case "/v1/away":
			w.Header().Set("Location", "https://evil.example/")
			w.WriteHeader(http.StatusFound)
		case "/v1/base":
			w.Header().Set("Location", "/admin")
			w.WriteHeader(http.StatusTemporaryRedirect)
		}
	}
	for _, row := range []struct {
		method, target, body string
		header               []string
		status               int
		code                 string
	}{
		{"GET", "/api/proxy/other/a", "", nil, 404, "unknown-api"},
		{"GET", "/api/proxy/down/a", "", nil, 502, "upstream-failed"},
		{"GET", "/api/proxy/orders/%2e%2e/admin", "", nil, 400, "invalid-parameter"},
		{"GET", "/api/proxy/orders/a%2fb", "", nil, 400, "invalid-parameter"},
		{"GET", "/api/proxy/orders/a", "", []string{"Upgrade", "websocket", "Connection", "Upgrade"}, 501, "not-implemented"},
		{"POST", "/api/proxy/orders/a", strings.Repeat("a", 4<<20+1), nil, 413, "body-too-large"},
		{"GET", "/api/proxy/orders/big", "", nil, 502, "upstream-failed"},
		{"POST", "/api/proxy/orders/reset", "x", nil, 502, "upstream-failed"},
		{"GET", "/api/proxy/orders/away", "", nil, 502, "upstream-failed"},
		{"GET", "/api/proxy/orders/base", "", nil, 502, "upstream-failed"},
	} {
		w := f.send(row.method, row.target, row.body, row.header...)
		if w.Code != row.status || code(w) != row.code {
			t.Errorf("%s %s: %d %s, want %d %s", row.method, row.target, w.Code, code(w), row.status, row.code)
		}
	}
	if w := f.Get("/api/proxy/orders/a"); w.Code != 401 || code(w) != "no-token" {
		t.Errorf("without a credential: %d %s, want 401 no-token", w.Code, code(w))
	}
}

func TestProxyReturnsTheAPIsOwnRefusals(t *testing.T) {
	f := start(t)
	for _, status := range []int{401, 403, 404, 409, 429, 500, 503, 304, 204} {
		f.respond = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(status)
		}
		f.got = nil
		cookie := f.Session(session.Tokens{Access: f.Mint(), Refresh: "unused"})
		w := f.Get("/api/proxy/orders/a", "Cookie", cookie, "X-CSRF", "1")
		if w.Code != status || w.Body.Len() != 0 || w.Header().Get("Retry-After") != "7" || w.Header()["Set-Cookie"] != nil {
			t.Errorf("got %d %v %s, want the API's %d with Retry-After alone", w.Code, w.Header(), w.Body, status)
		}
	}
}

func TestProxyMapsLocation(t *testing.T) {
	f := start(t)
	f.respond = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "/v1/items/8?a=b")
		w.WriteHeader(http.StatusSeeOther)
	}
	w := f.send("POST", "/api/proxy/orders/items", "x")
	if got, want := w.Header().Get("Location"), "/api/proxy/orders/items/8?a=b"; w.Code != 303 || got != want {
		t.Errorf("%d Location %q, want 303 %q", w.Code, got, want)
	}
	f.respond = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "https://evil.example/")
		w.WriteHeader(http.StatusCreated)
	}
	if w := f.send("POST", "/api/proxy/orders/items", "x"); w.Code != 201 || w.Header().Get("Location") != "" {
		t.Errorf("%d Location %q, want 201 and none", w.Code, w.Header().Get("Location"))
	}
}

func TestProxyProtectsCookieCallers(t *testing.T) {
	f := start(t)
	cookie := f.Session(session.Tokens{Access: f.Mint()})
	for _, row := range []struct {
		header []string
		status int
		code   string
	}{
		{[]string{"X-CSRF", "1"}, 200, ""},
		{nil, 403, "csrf-header-missing"},
		{[]string{"X-CSRF", "1", "Sec-Fetch-Site", "same-site"}, 403, "cross-site"},
		{[]string{"X-CSRF", "1", "Origin", "https://evil.example"}, 403, "cross-site"},
		{[]string{"X-CSRF", "1", "X-Organization", "org_other"}, 409, "organization-changed"},
	} {
		f.got = nil
		w := f.Post("/api/proxy/orders/a", "x=1", append(row.header, "Cookie", cookie)...)
		if w.Code != row.status || code(w) != row.code || (f.got != nil) != (row.status == 200) {
			t.Errorf("%v: %d %s, want %d %s", row.header, w.Code, code(w), row.status, row.code)
		}
	}
	if f.got != nil && f.got.header.Get("Cookie") != "" {
		t.Error("the session cookie reached the API")
	}
}

func TestProxyRefreshesExpiredSessionOnTheWay(t *testing.T) {
	f := start(t)
	tokens := session.Tokens{Access: f.Mint(kindetest.ExpiresIn(-time.Minute)), Refresh: f.MintRefresh()}
	w := f.Get("/api/proxy/orders/a", "Cookie", f.Session(tokens), "X-CSRF", "1")
	stored, err := f.Stored(w)
	if w.Code != 200 || err != nil || f.got.header.Get("Authorization") != "Bearer "+stored.Access ||
		stored.Access == tokens.Access {
		t.Errorf("got %d, %v: the API did not get the refreshed token that the response sets, want 200", w.Code, err)
	}
}

func TestProxyAllowsOtherOriginsWithToken(t *testing.T) {
	f := start(t, "ALLOWED_ORIGINS", "https://app.example")
	preflight := httptest.NewRequest("OPTIONS", "/api/proxy/orders/a", nil)
	w := f.Send(preflight, "Origin", "https://app.example", "Access-Control-Request-Method", "DELETE",
		"Access-Control-Request-Headers", "authorization,if-match")
	if w.Code/100 != 2 || w.Header().Get("Access-Control-Allow-Origin") != "https://app.example" ||
		w.Header().Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("preflight: got %d %v", w.Code, w.Header())
	}
	w = f.send("DELETE", "/api/proxy/orders/a", "", "Origin", "https://app.example")
	if w.Code != 200 || w.Header().Get("Access-Control-Allow-Origin") != "https://app.example" {
		t.Errorf("request: got %d %v, want 200", w.Code, w.Header())
	}
}

// TestProxyCarriesBinaryBodiesInEveryEvent sends 4 MiB both ways in each event format.
func TestProxyCarriesBinaryBodiesInEveryEvent(t *testing.T) {
	f := start(t)
	body := make([]byte, 4<<20)
	for i := range body {
		body[i] = byte(i * 7)
	}
	f.respond = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = w.Write(f.got.body)
	}
	token := f.Bearer()[1]
	headers := map[string]string{"authorization": token, "host": "site.example",
		"content-type": "application/octet-stream"}
	encoded := base64.StdEncoding.EncodeToString(body)
	events := map[string]map[string]any{
		"payload 1.0": {"path": "/api/proxy/orders/a b", "httpMethod": "PUT", "headers": headers, "body": encoded,
			"isBase64Encoded": true,
			"requestContext":  map[string]any{"requestId": "1"}, "multiValueHeaders": map[string]any{}},
		"payload 2.0": {"version": "2.0", "rawPath": "/api/proxy/orders/a b", "rawQueryString": "x=%2F", "headers": headers,
			"body":            encoded,
			"isBase64Encoded": true, "routeKey": "ANY /api/proxy/{name}/{path+}",
			"requestContext": map[string]any{"apiId": "1", "domainName": "site.example",
				"http": map[string]any{"method": "PUT", "path": "/api/proxy/orders/a b", "sourceIp": "192.0.2.1"}}},
	}
	for name, event := range events {
		t.Run(name, func(t *testing.T) {
			payload, err := json.Marshal(event)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			f.got = nil
			out, err := lambdahttp.New(f.Handler()).Invoke(ctx, payload)
			if err != nil {
				t.Fatal(err)
			}
			var response struct {
				StatusCode      int
				Body            string
				IsBase64Encoded bool
			}
			if err := json.Unmarshal(out, &response); err != nil {
				t.Fatal(err)
			}
			returned, err := base64.StdEncoding.DecodeString(response.Body)
			if response.StatusCode != 200 || !response.IsBase64Encoded || err != nil || !bytes.Equal(returned, body) {
				t.Fatalf("%d, %d bytes, %v; want the body", response.StatusCode, len(returned), err)
			}
			if !strings.HasPrefix(f.got.uri, "/v1/a%20b") {
				t.Errorf("the API got %s, want the path encoded again", f.got.uri)
			}
		})
	}
}
