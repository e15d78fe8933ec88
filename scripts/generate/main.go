// Command generate rewrites the parts of files that follow from the route table,
// the settings and the error codes: redirects in netlify.toml, resources in
// template.yaml and tables in docs/. It makes the site's guide, public/demo/docs/, from
// README.md and docs/.
//
//	go generate ./...
//
// In files other than the guide's it replaces only the text between a pair of marks,
// so the rest is edited by hand. Tests fail while a file is out of date.
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"kinde-functions/scripts/generate/derived"
	"kinde-functions/scripts/generate/guide"
	"kinde-functions/scripts/workplace"
)

//go:generate go run .

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run() error {
	root, err := workplace.Root(".")
	if err != nil {
		return err
	}
	files, err := derived.Files(root)
	if err != nil {
		return err
	}
	for _, file := range files {
		if file.Current == file.Derived {
			continue
		}
		if err := os.WriteFile(filepath.Join(root, file.Name), []byte(file.Derived), 0o644); err != nil {
			return err
		}
		fmt.Println(file.Name)
	}
	pages, err := guide.Pages(root) // after docs/ has its tables
	if err != nil {
		return err
	}
	for _, page := range pages {
		name := filepath.Join(root, page.Name)
		if current, err := os.ReadFile(name); err == nil && bytes.Equal(current, page.HTML) {
			continue
		}
		if err := os.WriteFile(name, page.HTML, 0o644); err != nil {
			return err
		}
		fmt.Println(page.Name)
	}
	return nil
}
