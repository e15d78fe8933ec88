package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// crlf has \r\n at the ends of its lines, as git makes them at a checkout on Windows.
func crlf(files map[string]string) map[string]string {
	converted := map[string]string{}
	for name, content := range files {
		converted[name] = strings.ReplaceAll(content, "\n", "\r\n")
	}
	return converted
}

func TestFilesWithCRLFStaySo(t *testing.T) {
	for name, files := range map[string]map[string]string{"plain": plainSite, "astro": astroSite} {
		t.Run(name, func(t *testing.T) {
			files := crlf(files)
			dir := newSite(t, files)
			install(t, dir, command{only: "portal,roles"})
			got := filesIn(t, dir)["netlify.toml"]
			if !strings.Contains(got, "GO_VERSION") || strings.Count(got, "\n") != strings.Count(got, "\r\n") {
				t.Errorf("got netlify.toml %q, want \\r\\n at the ends of all lines", got)
			}
			install(t, dir, command{remove: true})
			if left := filesIn(t, dir); !maps.Equal(left, files) {
				t.Errorf("got netlify.toml %q after -remove, want it as it was", left["netlify.toml"])
			}
		})
	}
}

func TestConvertedLineEndingsAreNoChange(t *testing.T) {
	dir := newSite(t, plainSite)
	install(t, dir, command{only: "portal"})
	for name, content := range crlf(filesIn(t, dir)) {
		put(t, dir, name, content)
	}
	if out := install(t, dir, command{}); !strings.Contains(out, "Nothing to do.") || strings.Contains(out, "keep") {
		t.Errorf("got\n%s\nwant nothing to do", out)
	}
	install(t, dir, command{remove: true})
	if got := filesIn(t, dir); !maps.Equal(got, crlf(plainSite)) {
		t.Errorf("after -remove: netlify.toml is %q", got["netlify.toml"])
	}
}

func TestDamagedMarksAreRefused(t *testing.T) {
	dir := newSite(t, plainSite)
	install(t, dir, command{only: "portal"})
	whole := filesIn(t, dir)
	text := whole["netlify.toml"]
	_, redirects, err := cut(text, "redirects")
	if err != nil || redirects == "" {
		t.Fatalf("got the block %q, %v", redirects, err)
	}
	for what, damaged := range map[string]string{
		"no end":         strings.Replace(text, end("redirects"), "", 1),
		"no begin":       strings.Replace(text, begin("redirects"), "", 1),
		"twice":          text + "\n" + redirects,
		"changed begin":  strings.Replace(text, begin("redirects"), "# kinde-functions: redirects, mine\n", 1),
		"changed ending": strings.Replace(text, end("redirects"), "# end of kinde-functions: redirects!\n", 1),
	} {
		put(t, dir, "netlify.toml", damaged)
		want := filesIn(t, dir)
		for _, remove := range []bool{false, true} {
			c := command{out: io.Discard, yes: true, only: "roles", remove: remove}
			if err := c.run(source{"../.."}, dir); err == nil || !strings.Contains(err.Error(), "netlify.toml") {
				t.Errorf("%s, -remove %t: got %v, want an error that names netlify.toml", what, remove, err)
			}
			if !maps.Equal(filesIn(t, dir), want) {
				t.Fatalf("%s, -remove %t: the site has changed", what, remove)
			}
		}
	}
}

func TestChangedLinesBetweenMarksStay(t *testing.T) {
	dir := newSite(t, plainSite)
	install(t, dir, command{only: "portal"})
	changed := strings.Replace(filesIn(t, dir)["netlify.toml"], "status = 200", "status = 302", 1)
	put(t, dir, "netlify.toml", changed)
	for _, c := range []command{{only: "roles"}, {remove: true}} {
		out := install(t, dir, c)
		if !strings.Contains(out, "netlify.toml stays as it is") || filesIn(t, dir)["netlify.toml"] != changed {
			t.Errorf("%+v: the owner's lines were replaced:\n%s", c, out)
		}
	}
}

func TestStoppedUpgradeIsFinishedByTheNext(t *testing.T) {
	dir := newSite(t, plainSite)
	install(t, dir, command{only: "portal"})
	// The upgrade stops at a file, before it edits netlify.toml.
	put(t, dir, "netlify/functions/roles", "in the way")
	c := command{out: io.Discard, yes: true, only: "roles"}
	if err := c.run(source{"../.."}, dir); err == nil {
		t.Fatal("install writes through a file that is in the way, want an error")
	}
	if err := os.Remove(filepath.Join(dir, "netlify/functions/roles")); err != nil {
		t.Fatal(err)
	}
	out := install(t, dir, command{only: "roles"})
	if text := filesIn(t, dir)["netlify.toml"]; strings.Contains(out, "you have changed") ||
		!strings.Contains(text, "/api/roles") || strings.Contains(text, "/portal") {
		t.Errorf("got netlify.toml\n%s\nand\n%s\nwant the redirects of the upgrade", text, out)
	}
	put(t, dir, "index.html"+tmpSuffix, "the owner's") // not a file of the installation
	put(t, dir, "access/index.html"+tmpSuffix, "left by a stopped run")
	install(t, dir, command{remove: true})
	want := map[string]string{"index.html" + tmpSuffix: "the owner's"}
	maps.Copy(want, plainSite)
	if left := filesIn(t, dir); !maps.Equal(left, want) {
		t.Errorf("after -remove: %d files, want the site as it was", len(left))
	}
}

func TestSymbolicLinksInTheSiteAreRefused(t *testing.T) {
	dir := newSite(t, map[string]string{"config/netlify.toml": "# My site.\n", "index.html": "<h1>Hello</h1>\n"})
	if err := os.Symlink("config/netlify.toml", filepath.Join(dir, "netlify.toml")); err != nil {
		t.Fatal(err)
	}
	c := command{out: io.Discard, yes: true}
	if err := c.run(source{"../.."}, dir); err == nil || !strings.Contains(err.Error(), "symbolic link") {
		t.Errorf("got %v, want an error that names the link", err)
	}
	if got := filesIn(t, dir); len(got) != 3 {
		t.Errorf("got %d files, want no new one", len(got))
	}
}

func TestRepositoryItselfIsRefused(t *testing.T) {
	root := t.TempDir()
	c := command{out: io.Discard, yes: true}
	err := c.run(source{root}, filepath.Join(root, "."))
	if err == nil || !strings.Contains(err.Error(), "kinde-functions itself") {
		t.Errorf("got %v, want an error", err)
	}
}

func TestBaseOfTheWholeRepositoryIsNoBase(t *testing.T) {
	for _, base := range []string{"", ".", "/", "./"} {
		dir := newSite(t, map[string]string{"netlify.toml": fmt.Sprintf("[build]\nbase = %q\n", base)})
		install(t, dir, command{only: "health"})
		if !strings.Contains(filesIn(t, dir)["netlify.toml"], "/api/health") {
			t.Errorf("base %q: got no redirects", base)
		}
	}
}

func TestFileModesStay(t *testing.T) {
	dir := newSite(t, plainSite)
	file := filepath.Join(dir, "netlify.toml")
	if err := os.Chmod(file, 0o600); err != nil {
		t.Fatal(err)
	}
	install(t, dir, command{only: "portal"})
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got the mode %v, %v, want 0600", info.Mode(), err)
	}
}

func TestTextThatLooksLikeATableIsNotEdited(t *testing.T) {
	const text = "[build]\ncommand = '''\ncat <<END\n[[redirects]]\nEND\n'''\n"
	dir := newSite(t, map[string]string{"netlify.toml": text})
	c := command{out: io.Discard, yes: true}
	if err := c.run(source{"../.."}, dir); err == nil || !strings.Contains(err.Error(), "netlify.toml") {
		t.Errorf("got %v, want an error that names netlify.toml", err)
	}
	if got := filesIn(t, dir); len(got) != 1 || got["netlify.toml"] != text {
		t.Errorf("the site has changed")
	}
}

func TestUnknownFunctionsAreRefusedByName(t *testing.T) {
	dir := newSite(t, plainSite)
	for _, only := range []string{"portal,nope", "../x", "portal,,roles", "Portal"} {
		c := command{out: io.Discard, yes: true, only: only}
		if err := c.run(source{"../.."}, dir); err == nil || !strings.Contains(err.Error(), "there is no function") {
			t.Errorf("-only %s: got %v, want an error", only, err)
		}
	}
	if got := filesIn(t, dir); !maps.Equal(got, plainSite) {
		t.Error("the site has changed")
	}
}
