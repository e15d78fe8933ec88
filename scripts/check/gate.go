package main

import "strings"

// gate checks protected pages: the check at the edge against its vectors, CloudFront's
// functions in a runtime like theirs, and every flow in Chromium behind netlify dev,
// with Deno.
func gate(j *job) error {
	const dir = "scripts/check/gate"
	scripts, err := j.files(func(name string) bool {
		return strings.HasPrefix(name, dir+"/") && strings.HasSuffix(name, ".test.mjs")
	})
	if err != nil {
		return err
	}
	if err := j.run("node", append([]string{"--experimental-vm-modules", "--no-warnings", "--test"}, scripts...)...); err != nil {
		return err
	}
	return j.run("go", "test", tags, "-count=1", "./"+dir)
}
