package main

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"kinde-functions/shared/local/kindetest"
)

var sample = []check{
	{ID: "tenant.discovery", Title: "The tenant", State: isOK, Found: "responds"},
	{ID: "tenant.issuer", Title: "Issuer", State: toFix, Found: "it is another", Why: "Tokens carry it.",
		Fix: []step{{Do: "Set it to the one that the tenant names, exactly as it is written there:"},
			{Run: "netlify env:set KINDE_ISSUER_URL https://a-rather-long-name.example.com"}}},
	{ID: "tenant.methods", Title: "What it offers", State: isOK, Found: "responds"},
	{ID: "machine.audience", Title: "Its audience", State: isSkipped, Found: "because of tenant.issuer"},
	{ID: "machine.scopes", Title: "Its scopes", State: isSkipped, Found: "because of tenant.issuer"},
	{ID: "device.client", Title: "Device application", State: isNote, Found: "odd", Why: "It is."},
	{ID: "apis.reachable", Title: "The site's own APIs", State: isSkipped, Found: "none"},
}

const samplePlain = `Tenant
  ok       The tenant, What it offers: responds
  FIX      Issuer (tenant.issuer)
           It is another.
           Tokens carry it.
           → Set it to the one that the tenant names,
             exactly as it is written there:
             netlify env:set KINDE_ISSUER_URL https://a-rather-long-name.example.com

Machine
  skipped  Its audience, Its scopes: because of
           tenant.issuer

Device
  note     Device application (device.client)
           Odd.
           It is.

APIs
  skipped  The site's own APIs: none

netlify env:set changes the deployment, from its next deploy
on. For this machine change the same line in .env; on AWS
the stack's parameter: sam deploy --guided.

2 ok, 1 to fix, 1 note, 3 skipped. Fix first: Issuer
(tenant.issuer).
`

func TestReportAsText(t *testing.T) {
	var out strings.Builder
	if err := (screen{60, true}).write(&out, sample); err != nil || out.String() != samplePlain {
		t.Errorf("got %v\n%s\nwant\n%s", err, out.String(), samplePlain)
	}
}

func TestReportOnTerminal(t *testing.T) {
	for _, width := range []int{40, 60, 200} {
		var out strings.Builder
		if err := (screen{width, false}).write(&out, sample); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), "\x1b[1;31m✗ fix\x1b[0m") ||
			!strings.Contains(out.String(), "  \x1b[32m✓ ok\x1b[0m       The") {
			t.Errorf("%q", out.String())
		}
		for line := range strings.Lines(out.String()) {
			plain := line
			for _, code := range []string{"\x1b[32m", "\x1b[1;31m", "\x1b[33m", "\x1b[2m", bold, cyan, reset} {
				plain = strings.ReplaceAll(plain, code, "")
			}
			if utf8.RuneCountInString(plain) > width+1 && !strings.Contains(plain, "netlify env:set KINDE") {
				t.Errorf("width %d: line %q is longer", width, plain)
			}
		}
	}
}

func TestWrapKeepsEveryWord(t *testing.T) {
	const words = "a bb ccc dddddddddddd e"
	for width := range 20 {
		lines := wrap(words, width, 2)
		if strings.Join(lines, " ") != words {
			t.Errorf("width %d: got %q, want all words", width, lines)
		}
	}
}

func TestReportAsJSON(t *testing.T) {
	p := newTenant(t, kindetest.Options{})
	for secret, want := range map[string]int{kindetest.ClientSecret: 0, "other-than-that": 1} {
		p.env["KINDE_CLIENT_SECRET"] = secret
		status, out, said := command(t, dotenv(p.env), nil, "--json")
		var report struct {
			OK     bool
			Checks []check
		}
		if err := json.Unmarshal([]byte(out), &report); err != nil || status != want || report.OK != (want == 0) ||
			said != "" {
			t.Fatalf("got %d, ok %v, %v, %s; want %d", status, report.OK, err, said, want)
		}
		if len(report.Checks) != len(checklist()) {
			t.Errorf("got %d checks, want %d", len(report.Checks), len(checklist()))
		}
		for i, c := range report.Checks {
			if c.ID != checklist()[i].ID || c.Title == "" || c.Found == "" || labels[c.State].word == "" {
				t.Errorf("%+v", c)
			}
		}
	}
}

func TestChecksHaveTitleAndReason(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range checklist() {
		if c.Title == "" || c.Why == "" || c.area() == "" || seen[c.ID] || strings.ContainsAny(c.ID, " ") {
			t.Errorf("%+v", c)
		}
		seen[c.ID] = true
	}
}

func TestArgumentsAreChecked(t *testing.T) {
	for _, args := range [][]string{{"--url", "site.example"}, {"--url", "https://u:p@site.example"},
		{"--url", "https://site.example/path"}, {"--nothing"}, {"extra"},
		{"--dev", "--url", "http://127.0.0.1:1"}} {
		if status, out, said := command(t, "", nil, args...); status != 2 || out != "" || said == "" ||
			strings.Contains(said, "u:p") {
			t.Errorf("%v: got %d %s%s, want 2 and an error", args, status, out, said)
		}
	}
	if status, _, said := command(t, "", nil, "--help"); status != 0 || !strings.Contains(said, "examples:") {
		t.Errorf("got %d %s", status, said)
	}
	for address, want := range map[string]string{"": "", "https://Site.Example/": "https://site.example",
		"http://localhost:8888": "http://localhost:8888"} {
		if got, err := siteAddress(address); err != nil || got != want {
			t.Errorf("%s: got %s, %v; want %s", address, got, err, want)
		}
	}
}
