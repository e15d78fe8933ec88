//go:build realtools

package gate

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"kinde-functions/shared/gate"
	"kinde-functions/shared/local/kindetest"
)

// serviceWorker requests protected pages by a service worker.
func serviceWorker(t *testing.T, b browser) {
	b.openMembers(t, kindetest.DemoUser)
	b.Navigate(t, b.site+"/demo/worker/") // whose worker fetches what the page fetches
	b.WaitUntil(t, `navigator.serviceWorker.controller !== null`)
	b.dropPass(t)
	if got := eval[string](t, b, getData); !strings.Contains(got, "Members only") {
		t.Errorf("a fetch by a worker without a pass: got %q", got)
	}
	b.dropPass(t)
	b.Navigate(t, b.site+members)
	b.untilHeading(t, "Members")
	b.signOutHere(t)
	b.Navigate(t, b.site+"/demo/worker/")
	if got := eval[string](t, b, getData); strings.Contains(got, "Members only") {
		t.Errorf("a fetch by a worker after the sign-out: got %q", got)
	}
}

// send writes a request as it stands and returns the response.
func (p *place) send(t *testing.T, request string) (*http.Response, string) {
	t.Helper()
	connection, err := net.Dial("tcp", strings.TrimPrefix(p.site, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.WriteString(connection, request); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(request, " ")
	res, err := http.ReadResponse(bufio.NewReader(connection), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%q: %v", request, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%q: %v", request, err)
	}
	return res, string(body)
}

// request requests a target as it is spelled.
func (p *place) request(t *testing.T, method, target string, header ...string) (*http.Response, string) {
	t.Helper()
	return p.send(t, fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n%s\r\n", method, target,
		strings.TrimPrefix(p.site, "http://"), strings.Join(append(header, ""), "\r\n")))
}

// isSecret reports whether a body holds something of a protected file.
func isSecret(body string) bool {
	for _, text := range []string{"<h1>Members", "<h1>Reports", "<h1>Closed", "<h1>Old", "Members only", "PNG\r\n"} {
		if strings.Contains(body, text) {
			return true
		}
	}
	return false
}

func testSpellings(t *testing.T, p *place) {
	for _, path := range []string{
		members, "/demo/members", "/demo/members/index.html", "/demo/members/index.htm", "/demo/members/index",
		"/demo/members.html", "/demo/members.htm", "/demo/members.html/", "/demo/members/old", "/demo/members/old.htm",
		"/demo/members/data.json", "/demo/members/picture.png", "/demo/members/reports", "/demo/members/reports/",
		"//demo/members/", "///demo/members/", "/demo//members/", "/demo/members//", "/./demo/members/",
		"/demo/./members/", "/demo/x/../members/", "/demo/members/.", "/demo/members/reports/..", "/x/..%2fdemo/members/",
		"/demo/x/%2e%2e/members/", "/demo/%2e/members/", "/demo/x/.%2E/members/", "/demo%2fmembers/",
		"/demo%2Fmembers%2f", "/demo/%6dembers/", "/demo/%6D%65%6d%62%65%72%73/", "/%2564emo/members/",
		"/demo/%256dembers/", "/demo/members%252f", "/DEMO/members/", "/demo/Members/", "/demo/MEMBERS/DATA.JSON",
		"/demo/member%C5%BF/", "/demo/members;x/", "/demo;x/members/", "/demo/members;x=1/data.json", "/demo/members%00",
		"/demo/members/%00", "/demo/members%09/", "/demo/members%20/", "/demo/members%0a", "/demo/members%5c",
		`/demo\members/`, "/demo%5cmembers%5c", "/demo/members%3f", "/demo/members%23", "/demo/members/?x=1",
		"/demo/members/?/../x", "/demo/members/data.json?x=/pricing", "/demo/members/%ff", "/demo/%c0%aedemo/members/",
		"/demo/members%", "/demo/members/~", p.site + members, "http://elsewhere.example" + members,
		"/auth/../demo/members/", "/.netlify/../demo/members/", "/.netlify/%2e%2e/demo/members/",
		"/.netlify/..%2fdemo/members/", "/.netlify/images/../../demo/members/", "/access/..;/demo/members/",
		"/api/%2e%2e/demo/members/", "/api/entitlements/..%2f..%2fdemo%2fmembers%2findex.html",
		"/auth/login%2f..%2f..%2fdemo/members/", "/.netlify/functions/..%2f..%2fdemo%2fmembers%2f",
		"/.netlify/edge-functions/gate", "/.netlify/edge-functions/../gate.json",
	} {
		res, body := p.request(t, "GET", path)
		if isSecret(body) {
			t.Errorf("%s: got %d %.100q", path, res.StatusCode, body)
		}
		gated := strings.HasPrefix(res.Header.Get("Location"), "/auth/gate?")
		if got := res.Header.Get("Cache-Control"); gated && got != "no-store" {
			t.Errorf("%s: got Cache-Control %q, want no-store", path, got)
		}
		normal, err := gate.Normal(path, gate.Netlify)
		if err == nil && (normal+"/" == members || strings.HasPrefix(normal, members)) && res.StatusCode != 302 {
			t.Errorf("%s: got %d, want a redirect to the gate", path, res.StatusCode)
		}
	}
	for _, path := range []string{
		"/", "/access/", "/demo/picture.png", "/demo/membership", "/.netlify/functions/session",
	} {
		if res, _ := p.request(t, "GET", path); strings.HasPrefix(res.Header.Get("Location"), "/auth/gate") {
			t.Errorf("%s, which is public, is protected", path)
		}
	}
}

// testImages requests images of the Image CDN, which netlify dev serves before the edge
// function runs, and whose files it requests without a pass.
func testImages(t *testing.T, p *place) {
	res, body := p.request(t, "GET", "/.netlify/images?url=/demo/picture.png&w=1")
	if res.StatusCode != 200 || !isSecret(body) {
		t.Fatalf("a public image: got %d %.100q, want it", res.StatusCode, body)
	}
	for _, image := range []string{
		"/demo/members/picture.png", "demo/members/picture.png", "%2Fdemo%2Fmembers%2Fpicture.png",
		"/demo/%256dembers/picture.png", "/demo/%25256dembers/picture.png", "/demo%252fmembers%252fpicture.png",
		"/DEMO/Members/picture.png", "/demo//members/picture.png", "//demo/members/picture.png",
		"/demo/x/../members/picture.png", "/demo/x/%252e%252e/members/picture.png", "%20/demo/members/picture.png",
		"/demo/mem%09bers/picture.png", "%5Cdemo%5Cmembers%5Cpicture.png", p.site + "/demo/members/picture.png",
		url.QueryEscape(p.site + "/demo/members/picture.png"), strings.ToUpper(p.site) + "/demo/members/picture.png",
		strings.TrimPrefix(p.site, "http:") + "/demo/members/picture.png", "/demo/picture.png/../members/picture.png",
		"/.netlify/images%3Furl=/demo/members/picture.png", "/demo/picture.png&url=/demo/members/picture.png",
		"/demo/members/picture.png&url=/demo/picture.png", "/demo/members/picture.png%3Fx",
	} {
		res, body := p.request(t, "GET", "/.netlify/images?w=1&url="+image)
		public := strings.HasPrefix(image, "/demo/picture.png&") // the first counts in netlify dev
		if isSecret(body) && !public {
			t.Errorf("%s: got %d %.60q", image, res.StatusCode, body)
		}
	}
	for _, address := range []string{
		"/.netlify/images/", "/.netlify/images/x", "/.netlify/Images", "//.netlify/images", "/.netlify/%69mages",
	} {
		if res, body := p.request(t, "GET", address+"?url=/demo/members/picture.png"); isSecret(body) {
			t.Errorf("%s: got %d %.60q", address, res.StatusCode, body)
		}
	}
	// The edge function judges these.
	for _, address := range []string{"/.netlify/Images", "/.netlify/%69mages"} {
		res, _ := p.request(t, "GET", address+"?url=%2Fdemo%2Fmembers%2Fpicture.png")
		want := "/auth/gate?return_url=" + url.QueryEscape(address+"?url=%2Fdemo%2Fmembers%2Fpicture.png")
		if got := res.Header.Get("Location"); got != want {
			t.Errorf("%s: got Location %q, want %q", address, got, want)
		}
	}
}

// testRequests requests a protected page in other ways than a browser's navigation.
func testRequests(t *testing.T, p *place) {
	for _, method := range []string{"GET", "HEAD"} {
		for _, header := range []string{
			"X-Test: 1", "Range: bytes=0-99", "If-None-Match: *", "If-Modified-Since: Mon, 01 Jan 2035 00:00:00 GMT",
			"Purpose: prefetch", "Sec-Purpose: prefetch", "Service-Worker: script", "X-Forwarded-Host: elsewhere.example",
			"X-Forwarded-Proto: https", "X-Original-URL: /", "X-Rewrite-URL: /", "X-HTTP-Method-Override: POST",
			"Forwarded: host=elsewhere.example", "X-Nf-Edge-Functions: none", "X-Nf-Client-Connection-Ip: 127.0.0.1",
			"Cookie: gate=", "Cookie: gate=x; gate=y", "Cookie: __Host-gate=x",
			"Cookie: gate=1.9999999999.AAAAAAAAAAAAAAAAAAAAAA..AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
			"Authorization: Bearer x", "Upgrade: websocket", "Accept: application/json",
		} {
			res, body := p.request(t, method, members, header)
			location, caching := res.Header.Get("Location"), res.Header.Get("Cache-Control")
			if res.StatusCode != 302 || !strings.HasPrefix(location, "/auth/gate?return_url=%2Fdemo%2Fmembers%2F") ||
				caching != "no-store" || isSecret(body) {
				t.Errorf("%s with %s: got %d, Location %q, Cache-Control %q, %.60q, want the gate", method, header,
					res.StatusCode, location, caching, body)
			}
		}
	}
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "get"} {
		if res, body := p.request(t, method, members, "Content-Length: 0"); res.StatusCode < 400 || isSecret(body) {
			t.Errorf("%s: got %d %.60q, want it refused", method, res.StatusCode, body)
		}
	}
}

// testPasses requests a protected page with passes made here, under the site's key.
func testPasses(t *testing.T, p *place) {
	parsed, err := gate.Parse([]byte(rules))
	if err != nil {
		t.Fatal(err)
	}
	issue := func(expires time.Duration, met ...int) string {
		var needed gate.Rules
		for _, i := range met {
			needed = append(needed, parsed[i])
		}
		return "Cookie: gate=" + gate.Keys{[]byte(key)}.Issue("a session", needed, nil, time.Now().Add(expires))
	}
	signedIn := issue(time.Minute)
	res, body := p.request(t, "GET", members, signedIn)
	if !isSecret(body) {
		t.Fatalf("got %d %.60q, want the page", res.StatusCode, body)
	}
	etag := res.Header.Get("Etag")
	for _, c := range []struct {
		method, path string
		header       []string
		status       int
		secret       bool
		location     string
	}{
		{"GET", members, []string{signedIn}, 200, true, ""},
		{"HEAD", members, []string{signedIn}, 200, false, ""},
		{"GET", members, []string{signedIn, "If-None-Match: " + etag}, 304, false, ""},
		{"GET", members + "data.json", []string{signedIn}, 200, true, ""},
		{"GET", members + "closed/", []string{issue(time.Minute, 1)}, 302, false, "pass=refused"},
		{"GET", members + "closed/", []string{issue(time.Minute, 2)}, 200, true, ""},
		{"GET", "/DEMO/members/CLOSED/", []string{signedIn}, 302, false, "pass=refused"},
		{"GET", members, []string{issue(-time.Second)}, 302, false, "pass=refused"},
		{"GET", members, []string{signedIn + "; gate=x"}, 302, false, "pass=refused"},
		{"GET", members, []string{signedIn + "x"}, 302, false, "pass=refused"},
		{"GET", members, []string{strings.Replace(signedIn, "gate=", "__Host-gate=", 1)}, 302, false, "/auth/gate?"},
		{"GET", members, []string{strings.Replace(signedIn, "gate=", "Gate=", 1)}, 302, false, "/auth/gate?"},
		{"POST", members + "closed/", []string{signedIn, "Content-Length: 0"}, 403, false, ""},
	} {
		res, body := p.request(t, c.method, c.path, c.header...)
		caching := "private, no-store"
		if c.location != "" || c.status == 403 {
			caching = "no-store"
		}
		location, got := res.Header.Get("Location"), res.Header.Get("Cache-Control")
		if res.StatusCode != c.status || isSecret(body) != c.secret || got != caching ||
			!strings.Contains(location, c.location) {
			t.Errorf("%s %s with %.60q: got %d, Location %q, Cache-Control %q, %.40q, want %d, %q, %q", c.method, c.path,
				c.header, res.StatusCode, location, got, body, c.status, c.location, caching)
		}
	}
}
