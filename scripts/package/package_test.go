package main

import (
	"archive/zip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// The same binary gives the same zip, whatever the time, the user and the umask.
func TestZipsAreReproducible(t *testing.T) {
	var sums [2][32]byte
	for i := range sums {
		binary, archive := filepath.Join(t.TempDir(), "bootstrap"), filepath.Join(t.TempDir(), "f.zip")
		write(t, binary, "binary")
		age := time.Now().Add(-time.Duration(i) * 1000 * time.Hour)
		if err := os.Chtimes(binary, age, age); err != nil {
			t.Fatal(err)
		}
		if err := zipFile(binary, archive); err != nil {
			t.Fatal(err)
		}
		var err error
		if _, sums[i], err = measure(archive); err != nil {
			t.Fatal(err)
		}
		z, err := zip.OpenReader(archive)
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		if len(z.File) != 1 || z.File[0].Name != "bootstrap" || z.File[0].Mode().Perm() != 0o755 {
			t.Errorf("got %v, want bootstrap alone, with mode 755", z.File)
		}
		in, err := z.File[0].Open()
		if err != nil {
			t.Fatal(err)
		}
		if content, err := io.ReadAll(in); err != nil || string(content) != "binary" {
			t.Errorf("got %q, %v, want binary", content, err)
		}
	}
	if sums[0] != sums[1] {
		t.Error("two zips of the same binary differ")
	}
}

func TestLicenses(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, license, err := licenseOf(root); license != "MIT" || err != nil {
		t.Errorf("licenseOf(root) = %s, %v, want MIT", license, err)
	}
	for content, want := range map[string]string{
		"  Apache License\n   Version 2.0, January 2004":                                           "Apache-2.0",
		"Redistributions in binary form must reproduce the above copyright\n… Neither the name of": "BSD-3-Clause",
		"Redistributions in binary form must reproduce the above copyright":                        "BSD-2-Clause",
		"GNU AFFERO GENERAL PUBLIC LICENSE":                                                        "",
	} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "LICENSE"), content)
		if _, license, err := licenseOf(dir); license != want || (err != nil) != (want == "") {
			t.Errorf("%.30q: licenseOf = %q, %v, want %q", content, license, err, want)
		}
	}
	if _, _, err := licenseOf(t.TempDir()); err == nil {
		t.Error("licenseOf of an empty folder = nil, want an error")
	}
}

func TestLargeZipFails(t *testing.T) {
	r := &release{version: "v1.0.0", out: "dist", built: []artifact{{function: "small", arch: "amd64", size: maxZip},
		{function: "large", arch: "arm64", size: maxZip + 1}}}
	var said strings.Builder
	if err := r.print(&said); err == nil || !strings.Contains(err.Error(), "large for arm64") ||
		strings.Contains(err.Error(), "small") || !strings.Contains(said.String(), "3.50 MB") {
		t.Errorf("got %v, want the large zip alone named: %s", err, said.String())
	}
}

func TestReplacesOnlyReleases(t *testing.T) {
	dir := t.TempDir()
	if err := empty(filepath.Join(dir, "new", "folder")); err != nil {
		t.Error(err)
	}
	write(t, filepath.Join(dir, "release", "SHA256SUMS"), "x")
	write(t, filepath.Join(dir, "release", "old_linux_amd64.zip"), "x")
	if err := empty(filepath.Join(dir, "release")); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(filepath.Join(dir, "release")); len(left) != 0 {
		t.Errorf("got %v left of a release, want nothing", left)
	}
	write(t, filepath.Join(dir, "project", "go.mod"), "x")
	write(t, filepath.Join(dir, "both", "SHA256SUMS"), "x")
	write(t, filepath.Join(dir, "both", "src", "main.go"), "x")
	for _, kept := range []string{"project/go.mod", "both/src/main.go"} {
		folder, _, _ := strings.Cut(kept, "/")
		err := empty(filepath.Join(dir, folder))
		if _, gone := os.Stat(filepath.Join(dir, kept)); err == nil || gone != nil {
			t.Errorf("%s: got %v, %v, want a refusal and the file kept", kept, err, gone)
		}
	}
}

func TestVersions(t *testing.T) {
	for version, good := range map[string]bool{"v1.2.3": true, "v1.2.3-4-gabc-dirty": true, "95236b5": true, "v1+x": true,
		"": false, "-X": false, "a b": false, "v1'": false, strings.Repeat("a", 65): false} {
		if plainVersion.MatchString(version) != good {
			t.Errorf("plainVersion.MatchString(%q) = %v, want %v", version, !good, good)
		}
	}
	if err := run(t.Context(), t.TempDir(), "v1", "sparc"); err == nil {
		t.Error("run for sparc = nil, want an error")
	}
}
