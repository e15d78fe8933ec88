package audit

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// sampleLog returns the lines of a successful request and of one with all kinds of failure.
func sampleLog() string {
	var out bytes.Buffer
	l := New(&out, "portal", slog.LevelInfo)
	l.Write(Request{ID: "01J9", Method: "GET", Route: "/portal", Status: 302, Duration: 100 * time.Millisecond,
		Upstream: 90 * time.Millisecond, UpstreamCalls: 1, Cold: true},
		&Decision{RequestID: "01J9", Action: "GET /portal", Outcome: Allowed, Reason: "ok", Subject: "kp_1"})
	l.Write(Request{ID: "01JA", Method: "GET", Route: "/portal", Status: 502, Duration: time.Second,
		Failure: Failure{"upstream-misconfigured", "kinde responded 404", "fix it"}},
		&Decision{RequestID: "01JA", Action: "GET /portal", Outcome: Denied, Reason: "expired"})
	return out.String()
}

// blocks returns the runbook's fenced blocks in a language.
func blocks(t *testing.T, language string) []string {
	t.Helper()
	raw, err := os.ReadFile("../../docs/runbook.md")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(string(raw), -1) {
		found = append(found, m[1])
	}
	return found
}

func TestRunbookQueriesUseExistingFields(t *testing.T) {
	fields := map[string]bool{}
	for line := range strings.Lines(sampleLog()) {
		var event map[string]any
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatal(err)
		}
		for name := range event {
			fields[name] = true
		}
	}
	insights := blocks(t, "")
	if len(insights) < 5 {
		t.Fatalf("got %d Insights queries, want at least 5", len(insights))
	}
	known := regexp.MustCompile(
		`^(filter|stats|sort|count|pct|avg|by|as|and|asc|desc|like|times|p50|p99|kinde|calls|starts|message|cold|true)$`)
	for _, query := range insights {
		plain := regexp.MustCompile(`(?m)^#.*$|"[^"]*"`).ReplaceAllString(query, "")
		for _, word := range regexp.MustCompile(`[a-z_]+[0-9]*`).FindAllString(plain, -1) {
			if !fields[word] && !known.MatchString(word) {
				t.Errorf("got the unknown field %q in %s", word, query)
			}
		}
	}
}

func TestRunbookJQQueries(t *testing.T) {
	if _, err := exec.LookPath("jq"); err != nil {
		t.Skip("jq is missing; go run ./scripts/check installs it")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "portal.log"), []byte("START not JSON\n"+sampleLog()), 0o600); err != nil {
		t.Fatal(err)
	}
	queries := 0
	for _, block := range blocks(t, "sh") {
		if !strings.Contains(block, "jq ") {
			continue
		}
		queries++
		sh := exec.Command("sh", "-e", "-c", block)
		sh.Dir = dir
		out, err := sh.CombinedOutput()
		want := "01J9"
		switch {
		case strings.Contains(block, ">= 500"):
			want = "upstream-misconfigured\tkinde responded 404\tfix it"
		case strings.Contains(block, "denied"):
			want = "1 expired"
		}
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%s: got %v\n%s\nwant %s", block, err, out, want)
		}
	}
	if queries != 4 {
		t.Errorf("got %d queries, want 4", queries)
	}
}
