//go:build realtools

package sdks

import (
	_ "embed"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"kinde-functions/scripts/check/chromium"
	"kinde-functions/shared/local/kindetest"
)

// root is the project's folder.
const root = "../../.."

//go:embed page.html
var page string

// installed is where the check has installed the SDKs.
func installed(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join(root, ".tools", "sdks", "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Fatalf("%v; go run ./scripts/check sdks installs it", err)
	}
	return dir
}

func serve(t *testing.T, site string) *kindetest.Server {
	t.Helper()
	kinde, err := kindetest.Serve(kindetest.Options{Site: site})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(kinde.Close)
	return kinde
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTypeScriptSDKSignsIn(t *testing.T) {
	const site = "http://localhost:8888"
	kinde := serve(t, site)
	user := kindetest.DemoUserByID(kindetest.StudioUser)
	settings := marshal(t, map[string]string{
		"authDomain": kinde.URL, "clientId": kindetest.ClientID, "clientSecret": kindetest.ClientSecret, "site": site,
		"user": user.ID, "email": user.Email, "org": kindetest.DemoOrg,
	})
	out, err := exec.CommandContext(t.Context(), "node", "server.mjs", installed(t), string(settings)).CombinedOutput()
	if err != nil || strings.Count(string(out), "signed in with") != 2 {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestBrowserSDKSignsIn(t *testing.T) {
	sdk := filepath.Join(installed(t), "@kinde-oss", "kinde-auth-pkce-js", "dist", "kinde-auth-pkce-js.esm.js")
	var kinde *kindetest.Server
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(page))
	})
	mux.HandleFunc("GET /sdk.js", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, sdk) })
	mux.HandleFunc("GET /settings.json", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(marshal(t, map[string]string{"domain": kinde.URL, "clientId": kindetest.SPAClientID}))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	// The SDK takes localhost for development, and 127.0.0.1, where Kinde is, is
	// another site to a browser.
	site := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	kinde = serve(t, site)
	user := kindetest.DemoUserByID(kindetest.StudioUser)

	tab := chromium.Launch(t, filepath.Join(root, ".artifacts", "sdks"))
	const ready = `document.body?.dataset.ready === "yes"`
	tab.Navigate(t, site)
	tab.WaitUntil(t, ready)
	tab.Click(t, "#login")
	tab.Click(t, `button[value="`+user.ID+`"]`)
	tab.WaitUntil(t, ready+` && document.querySelector("#user").textContent === "`+user.Email+`"`)
	tab.Navigate(t, site)
	tab.WaitUntil(t, ready+` && document.querySelector("#user").textContent === "`+user.Email+`"`)

	got := chromium.Eval[string](t, tab, `(async () => JSON.stringify([
		document.body.dataset.error ?? "", (await client.getUserProfile()).id,
		(await client.getPermission("view_reports")).isGranted, (await client.getFlag("upload_limit")).value,
	]))()`)
	if want := `["","` + user.ID + `",true,50]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if calls := kinde.Kinde.Calls("POST /oauth2/token"); len(calls) < 2 {
		t.Errorf("got %d token requests, want a code's and a refresh", len(calls))
	}
	if calls := kinde.Kinde.Calls("OPTIONS /oauth2/token"); len(calls) == 0 {
		t.Error("got no preflight of the token endpoint, want one for Kinde-SDK")
	}

	tab.Click(t, "#logout")
	tab.WaitUntil(t, ready+` && document.querySelector("#user").textContent === ""`)
	if got := tab.ConsoleErrors(); len(got) > 0 {
		t.Errorf("got console errors %q, want none", got)
	}
}
