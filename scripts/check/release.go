package main

import (
	"errors"
	"os"
	"path/filepath"

	"kinde-functions/scripts/check/tree"
)

// release makes a release twice, the second time from a copy in another folder, and
// compares. It prints the zips' sizes and fails when one is too large.
func release(j *job) error {
	temp, err := os.MkdirTemp("", "kinde-functions-release-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	copied := filepath.Join(temp, "copy")
	if err := tree.Copy(j.root, copied); err != nil {
		return err
	}
	var sums [2]string
	for i, folder := range []string{j.root, copied} {
		out := filepath.Join(temp, string(rune('a'+i)))
		cmd := j.command("go", "run", "./scripts/package", "-version", "v0.0.0-check", "-out", out)
		cmd.Dir = folder
		if i > 0 {
			cmd.Stdout = nil // the same table again
		}
		if err := j.finish(cmd); err != nil {
			return err
		}
		content, err := os.ReadFile(filepath.Join(out, "SHA256SUMS"))
		if err != nil {
			return err
		}
		sums[i] = string(content)
	}
	if sums[0] == "" || sums[0] != sums[1] {
		return errors.New("two releases of the same source differ:\n" + sums[0] + "\n" + sums[1])
	}
	return nil
}
