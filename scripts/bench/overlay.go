package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// replace lets the go command, until restore is called, read text in place of one
// of the project's files. It keeps what it needs beside path.
func replace(file, text, path string) (restore func(), err error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return nil, err
	}
	original := filepath.Join(strings.TrimSpace(string(out)), filepath.FromSlash(file))
	if _, err := os.Stat(original); err != nil {
		return nil, err // else the overlay would be a new file, and the build another
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{original: path + ".go"}})
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(path+".go", []byte(text), 0o600); err != nil {
		return nil, err
	}
	if err := os.WriteFile(path+".json", overlay, 0o600); err != nil {
		return nil, err
	}
	before := os.Getenv("GOFLAGS")
	os.Setenv("GOFLAGS", strings.TrimSpace(before+" -overlay="+path+".json"))
	return func() { os.Setenv("GOFLAGS", before) }, nil
}
