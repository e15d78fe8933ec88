//go:build realtools

package openapi

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/local/lambdarun"
	"kinde-functions/shared/route"
)

// pagesOrigin is KINDE_SITE_URL, which schemathesis.toml names too.
const (
	pagesHost   = "www.example.com"
	pagesOrigin = "https://" + pagesHost
)

// run is one run of schemathesis on all functions.
type run struct {
	name   string
	format lambdarun.Format
	unset  bool   // the functions get no settings
	org    bool   // REQUIRE_ORGANIZATION
	limit  string // RATE_LIMIT; highLimit if empty
	auth   string // byToken, byCookie or empty
	// before, if not nil, changes the nth request for a row and the state of Kinde.
	before func(f *fixture, row route.Route, r *http.Request, n int)
	args   []string
	check  func(record, *testing.T) // checks this run's responses; may be nil
}

const acceptJSON = "--header=Accept: application/json"

// highLimit is never reached.
const highLimit = "1000000/24h"

// The credentials of a run, in schemathesis.toml's form.
const (
	byToken = `
[auth.openapi.accessToken]
bearer = "${TOKEN}"
`
	byCookie = `
[auth.openapi.session]
api_key = "${SESSION}"
[auth.openapi.csrfHeader]
api_key = "1"
`
)

// conformance skips the checks of requests: with faults at Kinde, valid requests fail.
const conformance = "--checks=status_code_conformance,content_type_conformance," +
	"response_headers_conformance,response_schema_conformance"

var runs = []run{
	{name: "token", format: lambdarun.Netlify, auth: byToken, args: []string{acceptJSON, "--max-examples=40"},
		check: record.checkSuccess},
	{name: "cookie, JSON", format: lambdarun.Netlify, auth: byCookie,
		args: []string{acceptJSON, "--max-examples=20"}, check: record.checkSuccess},
	{name: "cookie, HTML", format: lambdarun.HTTPAPI2, auth: byCookie, args: []string{"--max-examples=20"},
		check: record.checkSuccess},
	// 50 requests cover all scenarios, as HTML and as JSON.
	{name: "scenarios", format: lambdarun.HTTPAPI2, before: asBrowser,
		args: []string{conformance, "--phases=fuzzing", "--mode=positive", "--max-examples=50"}},
	// 30 requests cover all upstream faults three times.
	{name: "upstream faults", format: lambdarun.Netlify, auth: byToken, before: withUpstreamFaults,
		args:  []string{acceptJSON, conformance, "--phases=fuzzing", "--mode=positive", "--max-examples=30"},
		check: record.checkUpstreamFaults},
	{name: "rate limit", format: lambdarun.HTTPAPI2, auth: byToken, limit: "1/24h", before: withSession,
		args: []string{acceptJSON, conformance, onlyLimited(), "--phases=fuzzing", "--mode=positive", "--max-examples=3"}},
	{name: "no organization", format: lambdarun.Netlify, org: true, before: withoutOrganization,
		args: []string{acceptJSON, conformance, "--phases=examples"}},
	{name: "no signing keys", format: lambdarun.Netlify, auth: byToken, before: withoutKeys,
		args: []string{acceptJSON, conformance, "--phases=examples"}},
	{name: "no settings", format: lambdarun.Netlify, auth: byToken, unset: true,
		args: []string{acceptJSON, conformance, "--phases=examples"}},
}

func TestFunctionsMatchOpenAPI(t *testing.T) {
	binaries := buildAll(t)
	responses := record{}
	var mu sync.Mutex
	t.Run("runs", func(t *testing.T) { // returns when all runs have ended
		for _, r := range runs {
			t.Run(r.name, func(t *testing.T) {
				t.Parallel() // each schemathesis process uses one core
				got := r.execute(t, binaries)
				mu.Lock()
				defer mu.Unlock()
				responses.add(got)
			})
		}
	})
	if !t.Failed() { // failed runs are incomplete
		responses.checkAgainst(t, documented(t))
	}
}

// execute runs schemathesis on new instances of the functions and returns their responses.
func (r run) execute(t *testing.T, binaries map[string]string) record {
	t.Helper()
	f := newFixture(t)
	began := time.Now()
	s := serve(t, binaries, f, r)
	schemathesis(t, r, s.URL, f)
	fmt.Printf("%s: %.1f s, %d requests\n%s", r.name, time.Since(began).Seconds(), s.responses.total(), s.responses)
	if r.check != nil {
		r.check(s.responses, t)
	}
	return s.responses
}

// schemathesis runs the tool and reports its output if it fails.
func schemathesis(t *testing.T, r run, url string, f *fixture) {
	t.Helper()
	tool, document, folder := projectFile(t, ".tools/venv/bin/schemathesis"), projectFile(t, documentPath), t.TempDir()
	config, err := os.ReadFile(projectFile(t, "scripts/check/openapi/schemathesis.toml"))
	if err == nil {
		connections := "\n[dictionaries.connections]\nvalues = [\"" + f.connectionID + "\"]\n"
		err = os.WriteFile(filepath.Join(folder, "run.toml"), append(config, connections+r.auth...), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	args := append([]string{"--config-file", "run.toml", "run", document, "--url", url, "--no-color"}, r.args...)
	var output bytes.Buffer
	cmd := exec.CommandContext(t.Context(), tool, args...)
	cmd.Dir = folder // it writes files
	cmd.Env = append(os.Environ(), "TOKEN="+f.Kinde.Mint(), "SESSION="+f.session(t))
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Run(); err != nil {
		t.Errorf("schemathesis: %v\n%s", err, output.Bytes())
	}
}

// projectFile returns the absolute path of a file of the project.
func projectFile(t *testing.T, path string) string {
	t.Helper()
	file, err := filepath.Abs(filepath.Join("../../..", path))
	if err == nil {
		_, err = os.Stat(file)
	}
	if err != nil {
		t.Fatalf("%v; go run ./scripts/check openapi installs what it needs", err)
	}
	return file
}

// onlyLimited returns the option that selects the limited rows.
func onlyLimited() string {
	var paths []string
	for _, row := range route.Table {
		if row.Limited {
			paths = append(paths, regexp.QuoteMeta(row.Pattern))
		}
	}
	return "--include-path-regex=^(" + strings.Join(paths, "|") + ")$"
}

// upstreamPaths are the paths of Kinde that the functions call for data.
var upstreamPaths = []string{"/account_api/v1/", "/oauth2/v2/user_profile", "/oauth2/introspect", "/oauth2/revoke",
	"/oauth2/device/auth", "/oauth2/token", "/api/v1/connected_apps/"}

// upstreamFaults are used in turn.
var upstreamFaults = []struct {
	paths []string
	fault kindetest.Fault
}{
	{upstreamPaths, kindetest.Fault{Status: 429, Header: http.Header{"Retry-After": {"120"}}}},
	{upstreamPaths, kindetest.Fault{Status: 500}},
	{upstreamPaths, kindetest.Fault{Status: 403, Body: `{"errors":[{"code":"INVALID_CREDENTIALS"}]}`}},
	{upstreamPaths, kindetest.Fault{Status: 404, Body: `[{"Code":"ROUTE_NOT_FOUND"}]`}},
	{upstreamPaths, kindetest.Fault{Malformed: true}},
	{upstreamPaths, kindetest.Fault{Body: `{"url":"https://elsewhere.example.com/"}`}},
	{upstreamPaths, kindetest.Fault{Hang: true}},
	{upstreamPaths[:1], kindetest.Fault{Status: 500}},
	{[]string{"/account_api/v1/roles"}, kindetest.Fault{Hang: true}},
	{[]string{"/oauth2/revoke"}, kindetest.Fault{Status: 503, Header: http.Header{"Retry-After": {"120"}}}},
}

func withUpstreamFaults(f *fixture, row route.Route, r *http.Request, n int) {
	k := f.Kinde
	k.ClearFaults()
	current := upstreamFaults[n%len(upstreamFaults)]
	for _, path := range current.paths {
		k.Fault(path, current.fault)
	}
	f.ignoreRevocations()
	switch { // requests that might not reach Kinde otherwise
	case row.Pattern == "/api/device/token":
		poll(r, rand.Text())
	case row.Pattern == "/api/protected-resource":
		r.URL.RawQuery = "check=remote"
	case row.Function == "connected-apps" && startsConnection(row):
		setApp(r, r.URL.RawQuery)
	case row.Function == "connected-apps":
		setApp(r, "connection="+f.connectionID)
	}
}

func withoutKeys(f *fixture, row route.Route, r *http.Request, _ int) {
	f.Kinde.ClearFaults()
	f.Kinde.Fault("/.well-known/jwks", kindetest.Fault{Status: 500})
	withSession(f, row, r, 0)
	if row.Webhook() {
		post(r, f.Kinde.UserEvent("user.updated", kindetest.DemoUser))
	}
}
