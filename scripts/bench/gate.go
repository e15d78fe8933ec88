package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"kinde-functions/shared/gate"
)

// measureGate is a mode of its own, which needs node.
var measureGate = flag.Bool("gate", false, "measure the check of protected pages in node instead, with 50 rules")

// gateLimit is the most CPU that a check may take.
const gateLimit = time.Millisecond

// gateRequest is a request to the edge function. Status 0 stands for an open page.
type gateRequest struct {
	name, path string
	pass       bool
	status     int
}

var gateRequests = []gateRequest{
	{"open page", "/pricing/plans.html", false, 0},
	{"one rule, no pass", "/area-27/start.html", false, 302},
	{"one rule, pass", "/area-27/start.html", true, 200},
	{"20 rules, pass", "/deep" + strings.Repeat("/d", 19) + "/page.html", true, 200},
	{"image, pass", "/.netlify/images?w=80&url=%2Farea-27%2Fa.png", true, 200},
}

// benchGate prints the CPU time that each request's check takes, and reports whether it is
// below the limit.
func benchGate(ctx context.Context, out io.Writer) (ok bool, err error) {
	dir, err := os.MkdirTemp("", "kinde-functions-bench-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	rules, err := gateProject(dir)
	if err != nil {
		return false, err
	}
	measured, err := runGate(ctx, dir, rules)
	if err != nil {
		return false, err
	}
	ok = true
	fmt.Fprintf(out, "protected pages, %d rules      CPU of a check\n", len(rules))
	for _, r := range gateRequests {
		got := measured[r.name]
		if got.Status != r.status {
			return false, fmt.Errorf("%s: got status %d, want %d", r.name, got.Status, r.status)
		}
		verdict := "ok"
		if took := time.Duration(got.Micros * float64(time.Microsecond)); took >= gateLimit {
			verdict, ok = fmt.Sprintf("over the limit of %s", gateLimit), false
		}
		fmt.Fprintf(out, "  %-24s %8.0f µs  %s\n", r.name, got.Micros, verdict)
	}
	return ok, nil
}

type gateResult struct {
	Status int
	Micros float64
}

// gateProject writes the edge function and a gate.json of 50 rules into a folder. A path
// below the deepest of the first 20 rules must meet all of those.
func gateProject(dir string) (gate.Rules, error) {
	var lines []string
	for i := range 50 {
		path := fmt.Sprintf("/area-%02d/", i)
		if i < 20 {
			path = "/deep/" + strings.Repeat("d/", i)
		}
		lines = append(lines, fmt.Sprintf(`{"path": %q, "permission": "area-%02d"}`, path, i))
	}
	file := []byte(`{"rules": [` + strings.Join(lines, ",") + `]}`)
	rules, err := gate.Parse(file)
	if err == nil {
		err = os.CopyFS(filepath.Join(dir, "edge"), os.DirFS("edge"))
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "gate.json"), file, 0o600)
	}
	return rules, err
}

func runGate(ctx context.Context, dir string, rules gate.Rules) (map[string]gateResult, error) {
	key := []byte(strings.Repeat("k", 32))
	pass := gate.Keys{key}.Issue("a session", rules, nil, time.Now().Add(gate.PassLife))
	args := []string{"--no-warnings", "scripts/bench/gate.mjs", filepath.Join(dir, "edge/netlify/gate.js"),
		base64.StdEncoding.EncodeToString(key)}
	for _, r := range gateRequests {
		held := ""
		if r.pass {
			held = pass
		}
		args = append(args, r.name, r.path, held)
	}
	cmd := exec.CommandContext(ctx, "node", args...)
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("node: %w", err)
	}
	var results map[string]gateResult
	return results, json.Unmarshal(text, &results)
}
