package main

import "path/filepath"

func netlify(j *job) error { return j.testHost("Netlify") }

func sam(j *job) error { return j.testHost("SAM") }

func cfnLint(j *job) error {
	return j.run(j.tool("venv", "bin", "cfn-lint"), "--include-checks", "I", "--", "template.yaml")
}

func browser(j *job) error {
	return j.run("go", "test", tags, "-count=1", "./scripts/check/browser")
}

// fork merges upgrades into a fork with git.
func fork(j *job) error { return j.run("go", "test", tags, "-count=1", "./scripts/check/fork") }

// redis runs the tests of instances that share a Redis, with a real server.
func redis(j *job) error {
	return j.run("go", "test", tags, "-count=1", "./scripts/check/redis")
}

// testHost runs a host's tests from within their folder, where go test shows
// what passing tests print: the functions' sizes.
func (j *job) testHost(name string) error {
	cmd := j.command("go", "test", tags, "-count=1", "-run=^Test"+name)
	cmd.Dir = filepath.Join(j.root, "scripts", "check", "hosts")
	return j.finish(cmd)
}
