package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// largest is how many bytes a script for pages may have on its way, gzipped. It
// goes to every visitor of every page.
var largest = map[string]int{
	"public/kinde-functions.js": 4096,
	"public/kinde-elements.js":  3072,
}

// frontend checks the scripts of the pages: their types, as TypeScript reads
// them from the comments and as a project of its own would use them; their
// size; and what the module does in a page made up by its tests.
func frontend(j *job) error {
	const dir = "scripts/check/frontend"
	types := j.tool("types")
	tsc := j.tool("npm", "node_modules", ".bin", "tsc")
	if err := os.RemoveAll(types); err != nil {
		return err
	}
	if err := j.run(tsc, "--project", dir, "--outDir", types); err != nil {
		return err
	}
	// The sample stands beside the declarations, as it would in a project that
	// has nothing but them.
	sample, err := os.ReadFile(filepath.Join(j.root, dir, "sample.ts"))
	if err != nil {
		return err
	}
	local := bytes.ReplaceAll(sample, []byte(`"kinde-functions"`), []byte(`"./kinde-functions.js"`))
	copied := filepath.Join(types, "sample.ts")
	if err := os.WriteFile(copied, local, 0o644); err != nil {
		return err
	}
	if err := j.run(tsc, "--strict", "--noEmit", "--target", "es2023", "--module", "esnext", "--moduleResolution", "bundler", copied); err != nil {
		return err
	}
	if err := j.sizes(); err != nil {
		return err
	}
	tests, err := j.files(func(name string) bool {
		return strings.HasPrefix(name, dir+"/") && strings.HasSuffix(name, ".test.mjs")
	})
	if err != nil {
		return err
	}
	return j.run("node", append([]string{"--test"}, tests...)...)
}

// sizes prints how large each script is, and refuses one that is too large.
func (j *job) sizes() error {
	for name, limit := range largest {
		content, err := os.ReadFile(filepath.Join(j.root, name))
		if err != nil {
			return err
		}
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		if _, err := w.Write(content); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
		fmt.Fprintf(j.out, "%s: %d bytes, %d gzipped\n", name, len(content), packed.Len())
		if packed.Len() >= limit {
			return fmt.Errorf("%s must stay under %d bytes, gzipped", name, limit)
		}
	}
	return nil
}

// recipes follows the recipes that the site gives to people with a site of their own.
func recipes(j *job) error {
	return j.run("go", "test", tags, "-count=1", "./scripts/check/recipes")
}

// sdks signs in with Kinde's own SDKs against the embedded Kinde.
func sdks(j *job) error {
	return j.run("go", "test", tags, "-count=1", "./scripts/check/sdks")
}
