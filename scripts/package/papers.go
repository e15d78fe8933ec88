package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/CycloneDX/cyclonedx-go"
)

// maxZip is the most bytes that a function's zip may have: what is downloaded before
// a cold start.
const maxZip = 3_500_000

// module is one that is linked into a function.
type module struct {
	path, version string
	dir           string // where its source is
	license       string // SPDX
	text          string
}

// modules returns every module that a function links, with Go's standard library.
func (r *release) modules(ctx context.Context) ([]module, error) {
	linked := map[string]string{}
	for _, a := range r.built {
		for _, dep := range a.info.Deps {
			linked[dep.Path] = dep.Version
		}
		linked["std"] = strings.TrimPrefix(a.info.GoVersion, "go")
	}
	var found []module
	for _, path := range slices.Sorted(maps.Keys(linked)) {
		m := module{path: path, version: linked[path]}
		query := []string{"list", "-m", "-f", "{{.Dir}}", path}
		if path == "std" {
			query = []string{"env", "GOROOT"}
		}
		cmd := exec.CommandContext(ctx, "go", query...)
		cmd.Dir = r.root
		dir, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("go %s: %w", strings.Join(query, " "), err)
		}
		m.dir = strings.TrimSpace(string(dir))
		if m.text, m.license, err = licenseOf(m.dir); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		found = append(found, m)
	}
	return found, nil
}

// signs are words that occur in one license alone, by its SPDX name. A module under any
// other license fails the release until its license has been reviewed and added here.
var signs = []struct{ license, words string }{
	{"Apache-2.0", "Apache License Version 2.0"},
	{"BSD-3-Clause", "Neither the name of"},
	{"BSD-2-Clause", "Redistributions in binary form must reproduce the above copyright"},
	{"MIT", "Permission is hereby granted, free of charge, to any person obtaining a copy"},
	{"ISC", "Permission to use, copy, modify, and/or distribute this software for any purpose"},
}

func licenseOf(dir string) (text, license string, err error) {
	//nolint:misspell // the name of a file
	for _, name := range []string{"LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "COPYING"} {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			continue
		}
		words := strings.Join(strings.Fields(string(content)), " ")
		for _, sign := range signs {
			if strings.Contains(words, sign.words) {
				return string(content), sign.license, nil
			}
		}
		return "", "", fmt.Errorf("%s is an unknown license", name)
	}
	return "", "", fmt.Errorf("no license in its folder")
}

// notice returns the text that Apache-2.0 section 4(d) requires to distribute, or "".
func notice(dir string) string {
	content, err := os.ReadFile(filepath.Join(dir, "NOTICE"))
	if err != nil {
		return ""
	}
	return "\n" + strings.TrimSpace(string(content)) + "\n"
}

// writeLicenses writes the texts of the licenses of all linked code.
func (r *release) writeLicenses(modules []module) error {
	own, err := os.ReadFile(filepath.Join(r.root, "LICENSE"))
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "kinde-functions %s\n\n%s\n", r.version, strings.TrimSpace(string(own)))
	for _, m := range modules {
		fmt.Fprintf(&b, "\n%s\n%s %s (%s)\n\n%s\n%s", strings.Repeat("-", 72), m.path, m.version, m.license,
			strings.TrimSpace(m.text), notice(m.dir))
	}
	return os.WriteFile(filepath.Join(r.out, "LICENSES.txt"), []byte(b.String()), 0o644)
}

// writeBill writes the bill of materials of each function, as CycloneDX. It has no time
// and no serial number, which would make two builds differ.
func (r *release) writeBill(modules []module) error {
	bill := cyclonedx.NewBOM()
	bill.Metadata = &cyclonedx.Metadata{Component: &cyclonedx.Component{
		BOMRef: "kinde-functions", Type: cyclonedx.ComponentTypeApplication, Name: "kinde-functions", Version: r.version,
		Licenses: licensed("MIT"),
	}}
	var components []cyclonedx.Component
	var dependencies []cyclonedx.Dependency
	for _, m := range modules {
		components = append(components, cyclonedx.Component{
			BOMRef: purl(m.path, m.version), PackageURL: purl(m.path, m.version), Type: cyclonedx.ComponentTypeLibrary,
			Name: m.path, Version: m.version, Licenses: licensed(m.license),
		})
	}
	for _, a := range r.sorted() {
		components = append(components, cyclonedx.Component{
			BOMRef: a.file, Type: cyclonedx.ComponentTypeFile, Name: a.file, Version: r.version,
			Hashes: &[]cyclonedx.Hash{{Algorithm: cyclonedx.HashAlgoSHA256, Value: fmt.Sprintf("%x", a.sum)}},
		})
		needs := []string{purl("std", strings.TrimPrefix(a.info.GoVersion, "go"))}
		for _, dep := range a.info.Deps {
			needs = append(needs, purl(dep.Path, dep.Version))
		}
		slices.Sort(needs)
		dependencies = append(dependencies, cyclonedx.Dependency{Ref: a.file, Dependencies: &needs})
	}
	bill.Components, bill.Dependencies = &components, &dependencies
	out, err := os.Create(filepath.Join(r.out, "sbom.cdx.json"))
	if err != nil {
		return err
	}
	defer out.Close()
	if err := cyclonedx.NewBOMEncoder(out, cyclonedx.BOMFileFormatJSON).SetPretty(true).Encode(bill); err != nil {
		return err
	}
	return out.Sync()
}

func licensed(spdx string) *cyclonedx.Licenses {
	return &cyclonedx.Licenses{{License: &cyclonedx.License{ID: spdx}}}
}

func purl(path, version string) string { return "pkg:golang/" + path + "@" + version }

// sorted are the zips in an order that does not depend on who was built first.
func (r *release) sorted() []artifact {
	slices.SortFunc(r.built, func(a, b artifact) int { return strings.Compare(a.file, b.file) })
	return r.built
}

// writeSums writes SHA256SUMS for `sha256sum -c`.
func (r *release) writeSums() error {
	var b strings.Builder
	for _, a := range r.sorted() {
		fmt.Fprintf(&b, "%x  %s\n", a.sum, a.file)
	}
	for _, name := range []string{"LICENSES.txt", "sbom.cdx.json"} {
		_, sum, err := measure(filepath.Join(r.out, name))
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%x  %s\n", sum, name)
	}
	return os.WriteFile(filepath.Join(r.out, "SHA256SUMS"), []byte(b.String()), 0o644)
}

// print shows the zips' sizes, and fails when one is too large.
func (r *release) print(out io.Writer) error {
	sizes := map[string]map[string]int64{}
	for _, a := range r.built {
		if sizes[a.function] == nil {
			sizes[a.function] = map[string]int64{}
		}
		sizes[a.function][a.arch] = a.size
	}
	fmt.Fprintf(out, "kinde-functions %s in %s\n", r.version, r.out)
	var tooLarge []string
	for _, function := range slices.Sorted(maps.Keys(sizes)) {
		fmt.Fprintf(out, "%-20s", function)
		for _, arch := range slices.Sorted(maps.Keys(sizes[function])) {
			size := sizes[function][arch]
			fmt.Fprintf(out, "  %s %.2f MB", arch, float64(size)/1e6)
			if size > maxZip {
				tooLarge = append(tooLarge, function+" for "+arch)
			}
		}
		fmt.Fprintln(out)
	}
	if len(tooLarge) > 0 {
		return fmt.Errorf("over %.1f MB: %s", maxZip/1e6, strings.Join(tooLarge, ", "))
	}
	return nil
}
