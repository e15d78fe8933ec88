package main

import (
	"encoding/json"
	"os"
	"regexp"
	"testing"
)

// The release has the npm package beside the zips, under the same version.
func TestNPMPackageHasChangelogVersion(t *testing.T) {
	changelog, err := os.ReadFile("../../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := os.ReadFile("../../npm/package.json")
	if err != nil {
		t.Fatal(err)
	}
	latest := regexp.MustCompile(`(?m)^## (\d+\.\d+\.\d+\S*)`).FindSubmatch(changelog)
	if latest == nil {
		t.Fatal("CHANGELOG.md has no version")
	}
	var npm struct{ Version string }
	if err := json.Unmarshal(manifest, &npm); err != nil {
		t.Fatal(err)
	}
	if want := string(latest[1]); npm.Version != want {
		t.Errorf("npm/package.json has version %q, want %q, the changelog's latest", npm.Version, want)
	}
}
