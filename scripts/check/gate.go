package main

// gate tests protected pages: the edge function with its vectors, CloudFront's functions in
// a similar runtime, its cost, and every flow in Chromium behind netlify dev, with Deno.
func gate(j *job) error {
	scripts, err := j.filesIn("scripts/check/gate", ".test.mjs")
	if err != nil {
		return err
	}
	node := []string{"--experimental-vm-modules", "--no-warnings", "--test"}
	if err := j.run("node", append(node, scripts...)...); err != nil {
		return err
	}
	if err := j.run("go", "run", "./scripts/bench", "-gate"); err != nil {
		return err
	}
	return j.test("gate")
}
