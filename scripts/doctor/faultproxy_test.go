package main

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
)

// deploymentFault is a fault that a proxy adds to a good deployment, and its finding.
type deploymentFault struct {
	request    func(*http.Request)
	response   func(*http.Response)
	instead    http.HandlerFunc // of a path that ends in at, or that begins with under
	at, under  string
	env        map[string]string
	gateFile   string
	unset      bool // without settings here
	tokensOnly bool
	id         string
	state      state
	has        []string
}

func problemOf(status int, code string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"code":"`+code+`"}`)
	}
}

// healthWithout is health's response where a capability is off.
func healthWithout(capability string, settings ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"version": "v1", "missing": []string{}, "wrong": []string{},
			"off": map[string][]string{capability: settings}})
	}
}

// refusesForeignEvents is the function webhooks as the doctor sees it: it must get an event
// in Kinde's form that names no user and is signed by a key that is not the tenant's.
func refusesForeignEvents(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var header struct{ Alg, Kid string }
	var claims map[string]any
	parts := strings.Split(string(body), ".")
	if len(parts) == 3 {
		_ = json.Unmarshal(decoded(parts[0]), &header)
		_ = json.Unmarshal(decoded(parts[1]), &claims)
	}
	data, _ := claims["data"].(map[string]any)
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/jwt" || header.Alg != "RS256" ||
		header.Kid == "" || header.Kid == "doctor" || claims["event_id"] == nil || claims["sub"] != nil || len(data) != 0 {
		http.Error(w, "not an event", http.StatusTeapot)
		return
	}
	problemOf(401, "invalid-token")(w, r)
}

func decoded(part string) []byte {
	raw, _ := base64.RawURLEncoding.DecodeString(part)
	return raw
}

func noStore(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		next(w, r)
	}
}

// ownAPI is a setting with an API of the site's own.
var ownAPI = map[string]string{"PROXY_APIS": "orders=https://api.invalid/v1", "KINDE_AUDIENCE": "https://api.invalid"}

const membersRule = `{"rules": [{"path": "/members/"}]}`

// toGateOf redirects as the edge does.
func toGateOf(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Location", "/auth/gate?return_url="+url.QueryEscape(r.URL.Path))
	w.WriteHeader(http.StatusFound)
}

// header changes a header of every response.
func header(name, value string) func(*http.Response) {
	return func(r *http.Response) {
		r.Header.Del(name)
		if value != "" {
			r.Header.Set(name, value)
		}
	}
}

func cookie(old, new string) func(*http.Response) {
	return func(r *http.Response) {
		if line := r.Header.Get("Set-Cookie"); line != "" {
			r.Header.Set("Set-Cookie", strings.Replace(line, old, new, 1))
		}
	}
}

var page = func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<h1>Welcome</h1>") }

// serveWithFault serves a good deployment behind a proxy that adds a fault. It replaces the
// deployment's address by its own.
func serveWithFault(t *testing.T, site string, how deploymentFault) (address string) {
	t.Helper()
	target, err := url.Parse(site)
	if err != nil {
		t.Fatal(err)
	}
	own := ""
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = target.Scheme, target.Host
			if how.request != nil {
				how.request(r.Out)
			}
			if r.Out.Host == strings.TrimPrefix(own, "http://") || r.Out.Host == "" {
				r.Out.Host = target.Host
			}
		},
		ModifyResponse: func(r *http.Response) error {
			location := r.Header.Get("Location")
			r.Header.Set("Location", strings.ReplaceAll(location, url.QueryEscape(site), url.QueryEscape(own)))
			if location == "" {
				r.Header.Del("Location")
			}
			if how.response != nil {
				how.response(r)
			}
			return nil
		},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if how.instead != nil && (how.at != "" && strings.HasSuffix(r.URL.Path, how.at) || how.under != "" &&
			strings.HasPrefix(r.URL.Path, how.under)) {
			how.instead(w, r)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	own = server.URL
	return own
}
