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

	"kinde-functions/shared/kindetest"
	"kinde-functions/shared/lambdarun"
	"kinde-functions/shared/route"
)

// pagesOrigin is KINDE_SITE_URL; schemathesis.toml names it, too. The functions
// are asked there, as it were.
const (
	pagesHost   = "www.example.com"
	pagesOrigin = "https://" + pagesHost
)

// run is one run of schemathesis on all functions.
type run struct {
	name   string
	format lambdarun.Format
	unset  bool   // the functions get no settings
	limit  string // RATE_LIMIT; empty: ampleLimit
	auth   string // byToken, byCookie, or nothing
	// before may change the nth request for a row, and spoil the tenant; nil: all
	// is well.
	before func(p *party, row route.Route, r *http.Request, n int)
	args   []string
	check  func(record, *testing.T) // of this run's answers alone; may be nil
}

const asJSON = "--header=Accept: application/json"

// ampleLimit stops nobody, and has the functions count.
const ampleLimit = "1000000/24h"

// What a run's requests rely on, as schemathesis.toml would say it.
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

// conformance leaves out what is said of requests: a tenant in trouble answers
// good ones badly.
const conformance = "--checks=status_code_conformance,content_type_conformance," +
	"response_headers_conformance,response_schema_conformance"

var runs = []run{
	{name: "a program", format: lambdarun.Netlify, auth: byToken, args: []string{asJSON, "--max-examples=40"},
		check: record.checkLetIn},
	{name: "a script of the site's", format: lambdarun.Netlify, auth: byCookie,
		args: []string{asJSON, "--max-examples=20"}, check: record.checkLetIn},
	{name: "a browser", format: lambdarun.HTTPAPI2, auth: byCookie, args: []string{"--max-examples=20"},
		check: record.checkLetIn},
	// 30 are a round of all visits, and of those to pages another that does not ask
	// for JSON.
	{name: "visits", format: lambdarun.HTTPAPI2, before: browse,
		args: []string{conformance, "--phases=fuzzing", "--mode=positive", "--max-examples=30"}},
	// 30 are three rounds of troubles.
	{name: "a tenant in trouble", format: lambdarun.Netlify, auth: byToken, before: cycle,
		args:  []string{asJSON, conformance, "--phases=fuzzing", "--mode=positive", "--max-examples=30"},
		check: record.checkTroubled},
	{name: "too many requests", format: lambdarun.HTTPAPI2, auth: byToken, limit: "1/24h",
		args: []string{asJSON, conformance, onlyLimited(), "--phases=fuzzing", "--mode=positive", "--max-examples=3"}},
	{name: "no signing keys", format: lambdarun.Netlify, auth: byToken, before: noKeys,
		args: []string{asJSON, conformance, "--phases=examples"}},
	{name: "no settings", format: lambdarun.Netlify, auth: byToken, unset: true,
		args: []string{asJSON, conformance, "--phases=examples"}},
}

func TestTheFunctionsAreAsDescribed(t *testing.T) {
	binaries := buildAll(t)
	answers := record{}
	var mu sync.Mutex
	t.Run("runs", func(t *testing.T) { // ends when they have
		for _, r := range runs {
			t.Run(r.name, func(t *testing.T) {
				t.Parallel() // schemathesis is one process that keeps one core busy
				got := r.on(t, binaries)
				mu.Lock()
				defer mu.Unlock()
				answers.add(got)
			})
		}
	})
	if !t.Failed() { // a run that finds something ends early
		answers.checkAgainst(t, documented(t))
	}
}

// on makes the run on functions of its own, and gives what they have answered.
func (r run) on(t *testing.T, binaries map[string]string) record {
	t.Helper()
	p := invite(t)
	began := time.Now()
	s := serve(t, binaries, p, r)
	schemathesis(t, r, s.URL, p)
	fmt.Printf("%s: %.1f s, %d requests\n%s", r.name, time.Since(began).Seconds(), s.answers.total(), s.answers)
	if r.check != nil {
		r.check(s.answers, t)
	}
	return s.answers
}

// schemathesis runs the tool and shows what it says when it finds anything.
func schemathesis(t *testing.T, r run, url string, p *party) {
	t.Helper()
	tool, document, folder := inProject(t, ".tools/venv/bin/schemathesis"), inProject(t, documentPath), t.TempDir()
	config, err := os.ReadFile(inProject(t, "scripts/check/openapi/schemathesis.toml"))
	if err == nil {
		connections := "\n[dictionaries.connections]\nvalues = [\"" + p.agreed + "\"]\n"
		err = os.WriteFile(filepath.Join(folder, "run.toml"), append(config, connections+r.auth...), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	args := append([]string{"--config-file", "run.toml", "run", document, "--url", url, "--no-color"}, r.args...)
	var said bytes.Buffer
	cmd := exec.CommandContext(t.Context(), tool, args...)
	cmd.Dir = folder // it leaves files behind
	cmd.Env = append(os.Environ(), "TOKEN="+p.Kinde.Mint(), "SESSION="+p.session(t))
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Run(); err != nil {
		t.Errorf("schemathesis: %v\n%s", err, said.Bytes())
	}
}

// inProject is the absolute path of a file, which must be there.
func inProject(t *testing.T, path string) string {
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

// onlyLimited is the option that leaves out all rows but the limited ones.
func onlyLimited() string {
	var paths []string
	for _, row := range route.Table {
		if row.Limited {
			paths = append(paths, regexp.QuoteMeta(row.Pattern))
		}
	}
	return "--include-path-regex=^(" + strings.Join(paths, "|") + ")$"
}

// data is where the functions get what they hand on.
var data = []string{"/account_api/v1/", "/oauth2/v2/user_profile", "/oauth2/introspect", "/oauth2/revoke",
	"/oauth2/device/auth", "/oauth2/token", "/api/v1/connected_apps/"}

// troubles are ways in which a tenant fails to answer, one after the other.
var troubles = []struct {
	paths []string
	fault kindetest.Fault
}{
	{data, kindetest.Fault{Status: 429, Header: http.Header{"Retry-After": {"120"}}}},
	{data, kindetest.Fault{Status: 500}},
	{data, kindetest.Fault{Status: 403, Body: `{"errors":[{"code":"INVALID_CREDENTIALS"}]}`}},
	{data, kindetest.Fault{Status: 404, Body: `[{"Code":"ROUTE_NOT_FOUND"}]`}},
	{data, kindetest.Fault{Malformed: true}},
	{data, kindetest.Fault{Body: `{"url":"https://elsewhere.example.com/"}`}},
	{data, kindetest.Fault{Hang: true}},
	{data[:1], kindetest.Fault{Status: 500}},
	{[]string{"/account_api/v1/roles"}, kindetest.Fault{Hang: true}},
	{[]string{"/oauth2/revoke"}, kindetest.Fault{Status: 503, Header: http.Header{"Retry-After": {"120"}}}},
}

func cycle(p *party, row route.Route, r *http.Request, n int) {
	k := p.Kinde
	k.ClearFaults()
	trouble := troubles[n%len(troubles)]
	for _, path := range trouble.paths {
		k.Fault(path, trouble.fault)
	}
	p.keep()
	switch { // what would else not always get as far as Kinde
	case row.Pattern == "/api/device/token":
		poll(r, rand.Text())
	case row.Pattern == "/api/protected-resource":
		r.URL.RawQuery = "check=remote"
	case row.Function == "connected-apps" && connects(row):
		overDrive(r, r.URL.RawQuery)
	case row.Function == "connected-apps":
		overDrive(r, "connection="+p.agreed)
	}
}

func noKeys(p *party, row route.Route, r *http.Request, _ int) {
	p.Kinde.ClearFaults()
	p.Kinde.Fault("/.well-known/jwks", kindetest.Fault{Status: 500})
	if row.Webhook() {
		post(r, p.Kinde.UserEvent("user.updated", kindetest.DemoPerson))
	}
}
