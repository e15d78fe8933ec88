package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"kinde-functions/scripts/check/tree"
)

// release makes a release, then the half for one processor from a copy of the project, and
// compares them. It prints the zips' sizes and fails if one is too large.
func release(j *job) error {
	temp, err := os.MkdirTemp("", "kinde-functions-release-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	whole, err := j.pack(j.root, filepath.Join(temp, "whole"))
	if err != nil {
		return err
	}
	copied := filepath.Join(temp, "copy")
	if err := tree.Copy(j.root, copied); err != nil {
		return err
	}
	half, err := j.pack(copied, filepath.Join(temp, "half"), "-arch", "amd64")
	if err != nil {
		return err
	}
	if len(half) == 0 || len(whole) != 2*len(half) {
		return fmt.Errorf("got %d zips, and %d for one processor", len(whole), len(half))
	}
	for line := range half {
		if !whole[line] {
			return fmt.Errorf("not reproducible: %s", line)
		}
	}
	return nil
}

// pack makes a release of the project in folder and returns the checksums of its zips.
func (j *job) pack(folder, out string, args ...string) (sums map[string]bool, err error) {
	args = append([]string{"run", "./scripts/package", "-version", "v0.0.0-check", "-out", out}, args...)
	cmd := j.command("go", args...)
	cmd.Dir = folder
	if err := j.finish(cmd); err != nil {
		return nil, err
	}
	content, err := os.ReadFile(filepath.Join(out, "SHA256SUMS"))
	sums = map[string]bool{}
	for line := range strings.Lines(string(content)) {
		if strings.HasSuffix(line, ".zip\n") {
			sums[line] = true
		}
	}
	return sums, err
}
