package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// openPublished returns the folder to serve: publish, which is relative to the project's
// folder root unless it is absolute. The netlify.toml beside it or above it, if any, has
// the site's redirects and headers.
func openPublished(root, publish string) (static, error) {
	dir := publish
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(root, dir)
	}
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return static{}, fmt.Errorf("-publish %s: there is no folder %s; build the site first", publish, dir)
	case !info.IsDir():
		return static{}, fmt.Errorf("-publish %s: %s is not a folder", publish, dir)
	}
	return static{dir: dir, config: nearestConfig(dir)}, nil
}

// nearestConfig returns the netlify.toml of a folder or of the nearest one above it; if
// there is none, where it would be in the folder.
func nearestConfig(dir string) string {
	for folder := dir; ; folder = filepath.Dir(folder) {
		file := filepath.Join(folder, "netlify.toml")
		if _, err := os.Stat(file); err == nil {
			return file
		}
		if folder == filepath.Dir(folder) {
			return filepath.Join(dir, "netlify.toml")
		}
	}
}
