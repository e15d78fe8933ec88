package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"kinde-functions/scripts/workplace"
)

// replace makes the go command read text in place of a file of the project, until restore
// is called. It stores the overlay next to path.
func replace(file, text, path string) (restore func(), err error) {
	root, err := workplace.Root(".")
	if err != nil {
		return nil, err
	}
	original := filepath.Join(root, filepath.FromSlash(file))
	if _, err := os.Stat(original); err != nil {
		return nil, err // an overlay of a missing file would add it to the build
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
