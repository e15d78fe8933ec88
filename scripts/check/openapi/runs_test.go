//go:build realtools

package openapi

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"kinde-functions/shared/kindetest"
	"kinde-functions/shared/lambdarun"
)

// pagesOrigin is KINDE_SITE_URL; schemathesis.toml names it, too.
const pagesOrigin = "https://www.example.com"

// run is one run of schemathesis on all functions.
type run struct {
	name   string
	format lambdarun.Format
	unset  bool // the functions get no settings
	// trouble spoils the tenant before the nth request for a path; nil: it is well.
	trouble func(k *kindetest.Kinde, n int)
	args    []string
}

const asJSON = "--header=Accept: application/json"

// conformance leaves out what is said of requests: a tenant in trouble answers
// good ones badly.
const conformance = "--checks=status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance"

var runs = []run{
	{name: "a program", format: lambdarun.Netlify, args: []string{asJSON, "--max-examples=60"}},
	{name: "a browser", format: lambdarun.HTTPAPI2, args: []string{"--max-examples=40"}},
	// 27 are three rounds of troubles.
	{name: "a tenant in trouble", format: lambdarun.Netlify, trouble: cycle,
		args: []string{asJSON, conformance, "--phases=fuzzing", "--mode=positive", "--max-examples=27"}},
	{name: "no signing keys", format: lambdarun.Netlify, trouble: noKeys, args: []string{asJSON, conformance, "--phases=examples"}},
	{name: "no settings", format: lambdarun.Netlify, unset: true, args: []string{asJSON, conformance, "--phases=examples"}},
}

func TestTheFunctionsAreAsDescribed(t *testing.T) {
	binaries := buildAll(t)
	answers := record{}
	for _, r := range runs {
		t.Run(r.name, func(t *testing.T) {
			tenant, err := kindetest.Serve(kindetest.Options{Site: pagesOrigin})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(tenant.Close)
			began := time.Now()
			s := serve(t, binaries, tenant, r)
			schemathesis(t, r.args, s.URL, tenant.Kinde.Mint())
			fmt.Printf("%s: %.1f s\n%s", r.name, time.Since(began).Seconds(), s.answers)
			answers.add(s.answers)
		})
	}
	if !t.Failed() { // a run that finds something ends early
		answers.checkAgainst(t, documented(t))
	}
}

// schemathesis runs the tool and shows what it says when it finds anything.
func schemathesis(t *testing.T, args []string, url, token string) {
	t.Helper()
	tool, config, document := inProject(t, ".tools/venv/bin/schemathesis"), inProject(t, "scripts/check/openapi/schemathesis.toml"), inProject(t, documentPath)
	args = append([]string{"--config-file", config, "run", document, "--url", url, "--no-color"}, args...)
	var said bytes.Buffer
	cmd := exec.CommandContext(t.Context(), tool, args...)
	cmd.Dir = t.TempDir() // it leaves files behind
	cmd.Env = append(os.Environ(), "TOKEN="+token)
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

// data is where the functions get what they hand on.
var data = []string{"/account_api/v1/", "/oauth2/v2/user_profile"}

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
}

func cycle(k *kindetest.Kinde, n int) {
	k.ClearFaults()
	trouble := troubles[n%len(troubles)]
	for _, path := range trouble.paths {
		k.Fault(path, trouble.fault)
	}
}

func noKeys(k *kindetest.Kinde, _ int) {
	k.ClearFaults()
	k.Fault("/.well-known/jwks", kindetest.Fault{Status: 500})
}
