package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
)

// maxGzipped is the maximum size of each script, gzipped, in bytes. Every page loads it.
var maxGzipped = map[string]int{
	"public/kinde-functions.js": 5120,
	"public/kinde-elements.js":  4096,
}

// declared are the scripts with TypeScript declarations, which are made from their comments.
var declared = []string{"kinde-functions", "kinde-elements"}

// frontend checks the pages' scripts: their types; their declarations, in a TypeScript
// project; their size; and their behavior in a simulated page.
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
	if err := j.declarations(types); err != nil {
		return err
	}
	// The project has the samples and copies of the declarations, and nothing else.
	project := filepath.Join(types, "project")
	if err := j.copyDeclarations(project, dir); err != nil {
		return err
	}
	if err := j.run(tsc, "--project", project); err != nil {
		return err
	}
	if err := j.sizes(); err != nil {
		return err
	}
	tests, err := j.filesIn(dir, ".test.mjs")
	if err != nil {
		return err
	}
	return j.run("node", append([]string{"--test"}, tests...)...)
}

// declarations completes what TypeScript has made in the folder types, and fails when
// public/ has other declarations.
func (j *job) declarations(types string) error {
	for _, name := range declared {
		file := filepath.Join(types, name+".d.ts")
		made, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		made = append([]byte("// Made from the script by go run ./scripts/check frontend.\n"), made...)
		made = append(made, "export type * from \"./kinde-types.js\";\n"...)
		if err := os.WriteFile(file, made, 0o644); err != nil {
			return err
		}
		kept, err := os.ReadFile(filepath.Join(j.root, "public", name+".d.ts"))
		if err != nil && !os.IsNotExist(err) {
			return err
		}
		if !bytes.Equal(made, kept) {
			return fmt.Errorf("public/%s.d.ts is out of date: cp %s public/", name, file)
		}
	}
	return nil
}

// copyDeclarations puts the declarations of public/ and the samples of dir into project.
func (j *job) copyDeclarations(project, dir string) error {
	if err := os.MkdirAll(project, 0o755); err != nil {
		return err
	}
	found, err := filepath.Glob(filepath.Join(j.root, "public", "*.d.ts"))
	if err != nil {
		return err
	}
	samples, err := filepath.Glob(filepath.Join(j.root, dir, "project", "*"))
	if err != nil {
		return err
	}
	for _, file := range append(found, samples...) {
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(project, filepath.Base(file)), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// sizes prints how large each script is, and refuses one that is too large.
func (j *job) sizes() error {
	for name, limit := range maxGzipped {
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
