//go:build realtools

package gate

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"kinde-functions/scripts/check/chromium"
	"kinde-functions/shared/local/kindetest"
)

const (
	members = "/demo/members/"
	onPage  = `document.querySelector("h1")?.textContent === %q`
)

type visitor struct {
	*chromium.Tab
	*place
}

// TestFlows visits protected pages as users do, one flow after the other.
func TestFlows(t *testing.T) {
	p := serve(t)
	v := visitor{chromium.Launch(t, filepath.Join(root, ".artifacts", "gate")), p}
	for _, flow := range []struct {
		name string
		run  func(visitor, *testing.T)
	}{
		{"signed out", visitor.signsInOnTheWay},
		{"served private", visitor.pagesArePrivate},
		{"page open longer than the pass", visitor.renewsPassByFetch},
		{"permission missing, then granted", visitor.needsPermission},
		{"link of another site", visitor.followsLink},
		{"keys differ", visitor.meetsOtherKeys},
		{"sign-out and back", visitor.signsOut},
		{"another user", visitor.signsInAsAnother},
		{"spellings", visitor.triesSpellings},
	} {
		if !t.Run(flow.name, func(t *testing.T) { flow.run(v, t) }) {
			return
		}
	}
}

func (v visitor) shows(t *testing.T, heading string) {
	t.Helper()
	v.Until(t, fmt.Sprintf(onPage, heading))
}

func (v visitor) signIn(t *testing.T, id string) {
	t.Helper()
	button := fmt.Sprintf(`button.person[value=%q]`, id)
	v.Until(t, fmt.Sprintf(`document.querySelector('%s')`, button))
	v.Click(t, button)
}

// eval runs a script that may be a promise.
func eval[T any](t *testing.T, v visitor, script string) T {
	t.Helper()
	return chromium.Do(t, v.Tab, script, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
}

func (v visitor) cookies(t *testing.T) map[string]string {
	t.Helper()
	result, err := chromedp.Call(v.Context, network.GetCookies, network.GetCookiesParams{})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, cookie := range result.Cookies {
		found[cookie.Name] = cookie.Value
	}
	return found
}

func (v visitor) signsInOnTheWay(t *testing.T) {
	v.GoTo(t, v.site+members+"?from=mail")
	v.signIn(t, kindetest.DemoUser)
	v.shows(t, "Members")
	if got, want := v.Where(), v.site+members+"?from=mail"; got != want {
		t.Errorf("at %s, want %s", got, want)
	}
}

func (v visitor) pagesArePrivate(t *testing.T) {
	got := eval[string](t, v, `fetch("/demo/members/").then((r) => r.status + " " + r.headers.get("cache-control"))`)
	if want := "200 private, no-store"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// dropPass makes the browser lose its pass, as it does after ten minutes.
func (v visitor) dropPass(t *testing.T) {
	t.Helper()
	if _, err := chromedp.Call(v.Context, network.DeleteCookies,
		network.DeleteCookiesParams{Name: "gate", URL: v.site}); err != nil {
		t.Fatal(err)
	}
}

func (v visitor) renewsPassByFetch(t *testing.T) {
	v.dropPass(t)
	got := eval[string](t, v, `fetch("/demo/members/data.json").then((r) => r.text())`)
	if !strings.Contains(got, "members only") {
		t.Errorf("a fetch without a pass: got %q", got)
	}
	v.dropPass(t)
	status := eval[int](t, v, `fetch("/demo/members/data.json", { method: "POST" }).then((r) => r.status)`)
	if status < 400 {
		t.Errorf("a POST without a pass: got %d", status)
	}
}

func (v visitor) needsPermission(t *testing.T) {
	v.GoTo(t, v.site+members+"reports/")
	v.shows(t, "Reports")
	v.GoTo(t, v.site+members+"closed/")
	v.Until(t, `location.pathname + location.search === "/access/?error=not-allowed"`)
	err := v.kinde.Kinde.UpdateUser(kindetest.DemoUser, func(p *kindetest.User) {
		m := &p.Memberships[0]
		m.Permissions = append(m.Permissions, kindetest.Permission{ID: "perm_closed", Name: "Publish",
			Key: "publish_reports"})
	})
	if err != nil {
		t.Fatal(err)
	}
	v.GoTo(t, v.site+"/auth/login?prompt=none&return_url="+members+"closed/")
	v.shows(t, "Closed")
}

// followsLink comes from another site, such as a web mail: the browser leaves the session
// cookie out of the first request.
func (v visitor) followsLink(t *testing.T) {
	mail := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, `<!doctype html><title>Mail</title><link rel="icon" href="data:,"><a href="`+v.site+members+
			`">Read</a>`)
	}))
	defer mail.Close()
	for _, dropped := range []bool{false, true} {
		if dropped {
			v.dropPass(t)
		}
		v.GoTo(t, mail.URL)
		v.Click(t, "a")
		v.shows(t, "Members")
	}
}

func (v visitor) meetsOtherKeys(t *testing.T) {
	override := filepath.Join(v.dir, "scripts/check/gate/GATE_KEYS")
	write(t, override, "b3RoZXIga2V5cyBhdCB0aGUgZWRnZSB0aGFuIGhlcmU=")
	v.GoTo(t, v.site+members)
	v.Until(t, `document.body.innerText.includes("setting") && location.pathname === "/auth/gate"`)
	if err := os.Remove(override); err != nil {
		t.Fatal(err)
	}
	v.GoTo(t, v.site+members)
	v.shows(t, "Members")
}

// signsOut signs out here and at Kinde, as a page's button does, and goes back to the page.
func (v visitor) signsOut(t *testing.T) {
	const signOut = `fetch("/auth/logout", { method: "POST", headers: { "X-CSRF": "1", Accept: "application/json" } })
		.then((r) => r.json()).then((body) => body.url)`
	atKinde := eval[string](t, v, signOut)
	if !strings.HasPrefix(atKinde, v.kinde.URL+"/logout?") {
		t.Fatalf("sign-out leads to %q", atKinde)
	}
	if cookies := v.cookies(t); cookies["gate"] != "" || cookies["session"] != "" {
		t.Errorf("after sign-out the browser has %v", cookies)
	}
	v.GoTo(t, atKinde)
	v.Until(t, `location.href === "`+v.site+`/"`)
	eval[any](t, v, `history.back(), null`)
	v.Until(t, `document.querySelector("button.person")`) // Kinde's sign-in, and not the page
	v.GoTo(t, v.site+members)
	v.Until(t, `document.querySelector("button.person")`)
}

func (v visitor) signsInAsAnother(t *testing.T) {
	other := ""
	for _, person := range kindetest.DemoUsers() {
		if person.ID != kindetest.DemoUser {
			other = person.ID
			break
		}
	}
	v.GoTo(t, v.site+members+"closed/")
	v.signIn(t, other)
	v.Until(t, `location.pathname + location.search === "/access/?error=not-allowed"`)
}

func (v visitor) triesSpellings(t *testing.T) {
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, path := range []string{members, "/demo/members", "//demo/members/", "/demo//members/", "/demo/%6dembers/",
		"/DEMO/members/", "/demo/members;x/",
		"/demo/members/index.html", "/demo/members.html", "/demo/members/data.json", "/x/..%2fdemo/members/",
		"/demo%2fmembers/", "/%2564emo/members/"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, v.site, nil)
		if err != nil {
			t.Fatal(err)
		}
		if r.URL.Path, err = url.PathUnescape(path); err != nil {
			t.Fatal(err)
		}
		r.URL.RawPath = path // exactly as it is spelled
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		gated := res.StatusCode == 302 && strings.HasPrefix(res.Header.Get("Location"), "/auth/gate?")
		if !gated && res.StatusCode != 400 || strings.Contains(string(body), "Members") {
			t.Errorf("%s: got %d %q %.100q", path, res.StatusCode, res.Header.Get("Location"), body)
		}
	}
}
