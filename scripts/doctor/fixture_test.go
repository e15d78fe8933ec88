package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kinde-functions/shared/local/kindetest"
)

const site = "https://site.example"

// tenant is a tenant and good settings for it.
type tenant struct {
	*kindetest.Server
	env map[string]string
}

func newTenant(t *testing.T, options kindetest.Options) *tenant {
	t.Helper()
	if options.Site == "" {
		options.Site = site
	}
	server, err := kindetest.Serve(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	env := server.Env()
	env["SESSION_KEYS"] = newKey()
	return &tenant{server, env}
}

func newKey() string {
	var key [32]byte
	rand.Read(key[:])
	return base64.StdEncoding.EncodeToString(key[:])
}

// check makes the checks with settings changed, names and values in turn; an empty value
// unsets. It returns them by id.
func (p *tenant) check(t *testing.T, changes ...string) map[string]check {
	t.Helper()
	env := maps.Clone(p.env)
	for i := 0; i < len(changes); i += 2 {
		env[changes[i]] = changes[i+1]
	}
	return byID(runChecks(t.Context(), env, ""))
}

// checklist returns all checks, without results.
func checklist() (list []check) {
	for _, g := range newDoctor(map[string]string{}, "").checks() {
		list = append(list, g.checks...)
	}
	return list
}

// runChecks makes every check.
func runChecks(ctx context.Context, env map[string]string, url string) []check {
	return newDoctor(env, url).run(ctx)
}

func byID(checks []check) map[string]check {
	found := map[string]check{}
	for _, c := range checks {
		found[c.ID] = c
	}
	return found
}

// fixes returns the checks that found something to fix.
func fixes(checks map[string]check) map[string]check {
	found := maps.Clone(checks)
	maps.DeleteFunc(found, func(_ string, c check) bool { return c.State != toFix })
	return found
}

// wantCheck checks the state of a check, and that each of has is in it as JSON.
func wantCheck(t *testing.T, got check, state state, has ...string) {
	t.Helper()
	if got.State != state || state == toFix && (len(got.Fix) == 0 || got.Why == "") {
		t.Errorf("got %s, want %s with a reason and steps", text(got), state)
	}
	for _, want := range has {
		if !strings.Contains(text(got), want) {
			t.Errorf("got %s, want %q in it", text(got), want)
		}
	}
}

// text is a check as JSON.
func text(c check) string {
	raw, _ := json.Marshal(c)
	plain := strings.NewReplacer(`\"`, `"`, `\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(raw))
	return plain
}

// command runs the program in a project folder with a .env file and the environment env.
func command(t *testing.T, dotenv string, env map[string]string, args ...string) (status int, out, errors string) {
	t.Helper()
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, ".env"), []byte(dotenv), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	m := program{
		root: root, env: func(name string) (string, bool) { value, set := env[name]; return value, set },
		environ: func() (list []string) {
			for name, value := range env {
				list = append(list, name+"="+value)
			}
			return list
		},
		screen: screen{pastedWidth, true}, in: strings.NewReader(""), out: &stdout, errors: &stderr,
	}
	status = m.run(t.Context(), args)
	return status, stdout.String(), stderr.String()
}

// dotenv writes settings as a .env file.
func dotenv(env map[string]string) string {
	var lines strings.Builder
	for name, value := range env {
		lines.WriteString(name + "='" + value + "'\n")
	}
	return lines.String()
}

// clock returns a tenant's clock that is off by a duration.
func clock(by time.Duration) func() time.Time {
	return func() time.Time { return time.Now().Add(by) }
}

func base64url(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
