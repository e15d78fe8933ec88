package kindetest

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestFaultsAreUsedUpInOrder(t *testing.T) {
	tn := newTenant(t)
	tn.Kinde.Fault("/account_api/", Fault{Status: 503, Header: http.Header{"Retry-After": {"1"}},
		Body: ErrorBody(ShapeD, "a", "b"), Times: 2})
	tn.Kinde.Fault("GET /account_api/v1/roles", Fault{Status: 429, Times: 1})
	tn.Kinde.Fault("POST /account_api/v1/roles", Fault{Status: 418})
	for i, want := range []int{503, 503, 429, 200} {
		got := tn.get("/account_api/v1/roles", tn.Kinde.Mint())
		if got.status != want {
			t.Errorf("request %d: %d, want %d", i+1, got.status, want)
		}
		if want == 503 && (got.header.Get("Retry-After") != "1" || got.body != `{"errors":{"a":"b"}}`) {
			t.Errorf("request %d: got %v %s", i+1, got.header, got.body)
		}
	}
	tn.Kinde.Fault("/.well-known/jwks", Fault{Status: 500})
	for range 3 {
		if got := tn.get("/.well-known/jwks", ""); got.status != 500 || got.body != "" {
			t.Errorf("until cleared: got %d, want 500", got.status)
		}
	}
	if got := tn.get("/.well-known/jwks.json", ""); got.status != 200 {
		t.Errorf("another path: got %d, want 200", got.status)
	}
	tn.Kinde.ClearFaults()
	if got := tn.get("/.well-known/jwks", ""); got.status != 200 {
		t.Errorf("after ClearFaults: got %d, want 200", got.status)
	}
}

func TestFaultBodies(t *testing.T) {
	tn := newTenant(t)
	get := func(f Fault) (*http.Response, string, error) {
		t.Helper()
		f.Times = 1
		tn.Kinde.Fault("/oauth2/v2/user_profile", f)
		res, err := tn.browser.Get(tn.URL + "/oauth2/v2/user_profile")
		if err != nil {
			return nil, "", err
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		return res, string(body), err
	}
	if _, body, err := get(Fault{Huge: 5 << 20}); err != nil || len(body) != 5<<20 || !json.Valid([]byte(body)) {
		t.Errorf("Huge: got %d bytes, %v", len(body), err)
	}
	res, body, err := get(Fault{Malformed: true})
	if err != nil || json.Valid([]byte(body)) || !strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
		t.Errorf("Malformed: got %q, %v", body, err)
	}
	if _, body, err := get(Fault{Truncated: true}); !errors.Is(err, io.ErrUnexpectedEOF) || body == "" {
		t.Errorf("Truncated: got %q, %v", body, err)
	}
	if _, _, err := get(Fault{Reset: true}); !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.EOF) {
		t.Errorf("Reset: got %v", err)
	}
	if res, body, err := get(Fault{Body: "<html>gateway</html>", Status: 502}); err != nil || res.StatusCode != 502 ||
		strings.Contains(res.Header.Get("Content-Type"), "json") {
		t.Errorf("HTML: got %q, %v", body, err)
	}
	if res, _, err := get(Fault{Header: http.Header{"x-extra": {"1"}}}); err != nil || res.Header.Get("X-Extra") != "1" ||
		res.StatusCode != 403 {
		t.Errorf("fault with a header alone: got %v, want the usual response", err)
	}
}

func TestSlowFaults(t *testing.T) {
	k, err := New(Options{Issuer: "https://acme.example"})
	if err != nil {
		t.Fatal(err)
	}
	k.Fault("/.well-known/jwks", Fault{Delay: 3 * time.Second, Times: 1})
	k.Fault("/.well-known/jwks", Fault{Hang: true})
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		w := httptest.NewRecorder()
		k.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/.well-known/jwks", nil))
		if took := time.Since(start); took != 3*time.Second || w.Code != http.StatusOK || w.Body.Len() == 0 {
			t.Errorf("Delay: got %d after %s", w.Code, took)
		}
	})
	server := httptest.NewServer(k)
	defer server.Close()
	client := http.Client{Timeout: 50 * time.Millisecond}
	if _, err := client.Get(server.URL + "/.well-known/jwks"); err == nil {
		t.Error("Hang: got a response, want none")
	}
}

func TestCalls(t *testing.T) {
	tn := newTenant(t)
	tn.Kinde.Fault("/oauth2/token", Fault{Status: 500, Times: 1})
	tn.post("/oauth2/token?x=1", grantForm(grantRefresh, "refresh_token", "r"))
	tn.get("/account_api/v1/roles?page_size=5", "some-token")
	calls := tn.Kinde.Calls("/oauth2/token")
	if len(calls) != 1 || calls[0].Form.Get("refresh_token") != "r" || calls[0].Form.Has("x") ||
		calls[0].Method != "POST" || calls[0].Query.Get("x") != "1" {
		t.Fatalf("got %+v, want the refresh request", calls)
	}
	calls = tn.Kinde.Calls("GET /account_api/")
	if len(calls) != 1 || calls[0].Query.Get("page_size") != "5" ||
		calls[0].Header.Get("Authorization") != "Bearer some-token" || calls[0].Path != "/account_api/v1/roles" {
		t.Errorf("got %+v, want the request for roles", calls)
	}
	if got := len(tn.Kinde.Calls("/")); got != 2 {
		t.Errorf("got %d calls in all", got)
	}
	tn.Kinde.ForgetCalls()
	if got := tn.Kinde.Calls("/"); got != nil {
		t.Errorf("after ForgetCalls: got %v", got)
	}
	r := httptest.NewRequest("GET", "/", nil)
	for range maxCalls + 1 {
		tn.Kinde.callLog.record(r, time.Now())
	}
	if got := len(tn.Kinde.Calls("/")); got > maxCalls {
		t.Errorf("got %d calls kept", got)
	}
}

func TestErrorShapes(t *testing.T) {
	for shape, want := range map[Shape]string{
		ShapeA: `{"errors":[{"code":"C","message":"M"}]}`,
		ShapeB: `[{"Code":"C","Message":"M"}]`,
		ShapeC: `{"error":"C","error_description":"M"}`,
		ShapeD: `{"errors":{"C":"M"}}`,
		ShapeE: ``,
	} {
		if got := ErrorBody(shape, "C", "M"); got != want {
			t.Errorf("%c: got %s", shape, got)
		}
	}
}
