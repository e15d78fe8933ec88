//go:build realtools

package fork

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kinde-functions/scripts/check/tree"
)

// upgrades is the number of commits that a fork merges at once.
const upgrades = 20

func TestForkMergesUpgrades(t *testing.T) {
	owned := ownedFiles(t)
	upstream, fork := clones(t)
	for _, name := range owned {
		appendTo(t, fork, name, "# of the fork's owner\n")
	}
	appendTo(t, fork, "public/pricing.html", "<!doctype html><title>Pricing</title>\n")
	git(t, fork, "add", "--all")
	git(t, fork, "commit", "--quiet", "--message", "site: add our pages")
	upgrade(t, upstream, owned)

	git(t, fork, "fetch", "--quiet", "origin")
	git(t, fork, "merge", "--quiet", "--no-edit", "origin/main")
	if got := git(t, fork, "status", "--porcelain"); got != "" {
		t.Errorf("after the merge: got changes %s, want none", got)
	}
	for _, name := range owned {
		if text := read(t, fork, name); !strings.HasSuffix(text, "# of the fork's owner\n") {
			t.Errorf("%s: got %q, want the owner's", name, text)
		}
	}
	if text := read(t, fork, "netlify.toml"); !strings.Contains(text, "of an upgrade") {
		t.Error("netlify.toml has nothing of the upgrades")
	}
}

// TestForkWithoutDemoMergesUpgrades runs the commands that docs/netlify.md gives to forks
// that have deleted the demo. A page like one of the demo's must not be taken for it.
func TestForkWithoutDemoMergesUpgrades(t *testing.T) {
	upstream, fork := clones(t)
	page := read(t, fork, "public/demo/members/index.html")
	deleteDemo(t, fork)
	appendTo(t, fork, "public/members.html", page)
	git(t, fork, "add", "--all")
	git(t, fork, "commit", "--quiet", "--message", "site: replace the demo")
	appendTo(t, upstream, "public/demo/new.js", "// new in the demo\n")
	git(t, upstream, "add", "--all")
	upgrade(t, upstream, []string{"public/index.html"})

	git(t, fork, "remote", "rename", "origin", "upstream")
	for line := range strings.Lines(withoutDemo(t)) {
		args := strings.Fields(line)
		out, err := command(t, fork, args[1:]...).CombinedOutput()
		if err != nil && args[1] != "merge" { // which stops at the files of the demo
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
		if args[1] == "merge" {
			for conflict := range strings.Lines(git(t, fork, "diff", "--name-only", "--diff-filter=U")) {
				if !strings.HasPrefix(conflict, "public/demo/") {
					t.Errorf("got a conflict in %s", conflict)
				}
			}
		}
	}
	if got := git(t, fork, "status", "--porcelain"); got != "" {
		t.Errorf("after the merge: got changes %s, want none", got)
	}
	if _, err := os.Stat(filepath.Join(fork, "public", "demo")); !os.IsNotExist(err) {
		t.Errorf("public/demo: got %v, want none", err)
	}
	if got := read(t, fork, "public/members.html"); got != page {
		t.Errorf("public/members.html: got\n%s\nwant the owner's\n%s", got, page)
	}
	if text := read(t, fork, "netlify.toml"); !strings.Contains(text, "of an upgrade") {
		t.Error("netlify.toml has nothing of the upgrades")
	}
}

func TestForkWithoutDemoPassesRepositoryTests(t *testing.T) {
	_, fork := clones(t)
	deleteDemo(t, fork)
	git(t, fork, "add", "--all")
	for _, args := range [][]string{
		{"generate", "./..."},
		{"run", "./scripts/gate"},
		{"test", "-trimpath", "./scripts/generate/...", "./shared/problem"},
		{"test", "-trimpath", "./shared/route", "-skip=^(TestBuiltFunctions|TestContributingExamples)"}, // slow
	} {
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Dir = fork
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("go %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	if got := git(t, fork, "status", "--porcelain", "--untracked-files=all"); strings.Contains(got, "?? ") ||
		strings.Contains(got, " M ") {
		t.Errorf("go generate: got changes\n%s\nwant none", got)
	}
}

// deleteDemo does what docs/netlify.md says about the demo.
func deleteDemo(t *testing.T, fork string) {
	t.Helper()
	if err := os.RemoveAll(filepath.Join(fork, "public", "demo")); err != nil {
		t.Fatal(err)
	}
	page := read(t, fork, "public/index.html")
	marked := regexp.MustCompile(`(?s) *<!-- Delete this element .*?</section>\n`)
	if found := marked.FindAllString(page, -1); len(found) != 1 || strings.Count(found[0], "<section") != 1 {
		t.Fatalf("public/index.html: got marked elements %q, want one", found)
	}
	page = marked.ReplaceAllString(page, "")
	if err := os.WriteFile(filepath.Join(fork, "public", "index.html"), []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
}

// withoutDemo returns the commands of docs/netlify.md for forks without the demo.
func withoutDemo(t *testing.T) string {
	t.Helper()
	_, commands, found := strings.Cut(section(t), "deleted `public/demo` merges like this.")
	_, commands, _ = strings.Cut(commands, "```sh\n")
	commands, _, ended := strings.Cut(commands, "```")
	if !found || !ended || !strings.HasPrefix(commands, "git fetch") {
		t.Fatalf("docs/netlify.md has no commands for forks without the demo, got %q", commands)
	}
	return commands
}

// A fork that changes another file than those of the guide gets a conflict, so that the
// test above can fail.
func TestForkThatChangesOtherFilesConflicts(t *testing.T) {
	upstream, fork := clones(t)
	appendTo(t, fork, "netlify.toml", "# of the fork's owner\n")
	git(t, fork, "commit", "--quiet", "--all", "--message", "netlify: change a header")
	upgrade(t, upstream, nil)
	git(t, fork, "fetch", "--quiet", "origin")
	out, err := command(t, fork, "merge", "--no-edit", "origin/main").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "CONFLICT (content): Merge conflict in netlify.toml") {
		t.Errorf("got %v %s, want a conflict in netlify.toml", err, out)
	}
}

// section returns the section of docs/netlify.md about forks.
func section(t *testing.T) string {
	t.Helper()
	root, err := tree.Root()
	if err != nil {
		t.Fatal(err)
	}
	_, guide, found := strings.Cut(read(t, root, "docs/netlify.md"), "\n## Keep a fork current\n")
	if !found {
		t.Fatal("docs/netlify.md has no section \"Keep a fork current\"")
	}
	guide, _, _ = strings.Cut(guide, "\n## ")
	return guide
}

// ownedFiles returns the files that docs/netlify.md gives to the owner of a fork.
func ownedFiles(t *testing.T) []string {
	t.Helper()
	var owned []string
	for _, m := range regexp.MustCompile("(?m)^- `(public/[A-Za-z0-9._/-]+)`").FindAllStringSubmatch(section(t), -1) {
		owned = append(owned, m[1])
	}
	if len(owned) < 2 {
		t.Fatalf("docs/netlify.md gives the owner %v", owned)
	}
	return owned
}

// clones makes a repository of the project and a fork of it.
func clones(t *testing.T) (upstream, fork string) {
	t.Helper()
	root, err := tree.Root()
	if err != nil {
		t.Fatal(err)
	}
	upstream, fork = filepath.Join(t.TempDir(), "upstream"), filepath.Join(t.TempDir(), "fork")
	if err := tree.Copy(root, upstream); err != nil {
		t.Fatal(err)
	}
	git(t, upstream, "init", "--quiet", "--initial-branch=main")
	git(t, upstream, "add", "--all", "--force")
	git(t, upstream, "commit", "--quiet", "--message", "start")
	git(t, ".", "clone", "--quiet", upstream, fork)
	return upstream, fork
}

// upgrade commits changes to every file of upstream but those that forks own, at the
// end of each and in several commits.
func upgrade(t *testing.T, upstream string, owned []string) {
	t.Helper()
	files, err := tree.Files(upstream)
	if err != nil {
		t.Fatal(err)
	}
	files = slices.DeleteFunc(files, func(name string) bool { return slices.Contains(owned, name) })
	for i := range upgrades {
		for n := i; n < len(files); n += upgrades {
			appendTo(t, upstream, files[n], "# of an upgrade\n")
		}
		git(t, upstream, "commit", "--quiet", "--all", "--message", fmt.Sprintf("upgrade %d", i+1))
	}
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func appendTo(t *testing.T, dir, name, text string) {
	t.Helper()
	file, err := os.OpenFile(filepath.Join(dir, name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := command(t, dir, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// command prepares git without the settings of this machine.
func command(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
	return cmd
}
