package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// clone is a clone of a project that pins one tool, of the version given, and how often
// that was installed.
type clone struct {
	*job
	filled int
}

func pinning(t *testing.T, version string) *clone {
	t.Helper()
	c := &clone{job: &job{ctx: t.Context(), root: t.TempDir(), out: io.Discard}}
	c.pin(t, version)
	return c
}

func (c *clone) pin(t *testing.T, version string) {
	t.Helper()
	folder := filepath.Join(c.root, pins)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "pin"), []byte(version), 0o600); err != nil {
		t.Fatal(err)
	}
}

// again installs the tool, fails as it is told to, and tells whether it was filled anew.
func (c *clone) again(t *testing.T, failure error) bool {
	t.Helper()
	before := c.filled
	err := c.install("tool", pins, []string{"pin"}, func(dir string) error {
		c.filled++
		if _, err := os.Stat(filepath.Join(dir, "used")); err == nil {
			t.Error("what was installed before is still there")
		}
		if err := os.WriteFile(filepath.Join(dir, "used"), nil, 0o600); err != nil {
			t.Error(err)
		}
		return failure
	})
	if !errors.Is(err, failure) {
		t.Errorf("%v, want %v", err, failure)
	}
	return c.filled > before
}

func TestToolsAreInstalledOncePerPins(t *testing.T) {
	c := pinning(t, "1")
	if !c.again(t, errors.New("half done")) || !c.again(t, nil) {
		t.Error("what was not installed, or failed half-way, is taken for installed")
	}
	if c.again(t, nil) {
		t.Error("installed anew, with the same pins")
	}
	if c.pin(t, "2"); !c.again(t, nil) {
		t.Error("another version is pinned, and the old one stays")
	}
}

// Clones may share their tools by a link.
func TestToolsBehindALinkStay(t *testing.T) {
	owner, guest := pinning(t, "1"), pinning(t, "1")
	owner.again(t, nil)
	if err := os.Symlink(owner.tool(), guest.tool()); err != nil {
		t.Fatal(err)
	}
	if guest.again(t, nil) || owner.again(t, nil) {
		t.Error("what was installed is wiped and installed anew")
	}
}
