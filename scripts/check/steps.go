package main

import (
	"path/filepath"
	"strings"
)

// steps are all checks. They start in this order.
var steps = []step{
	{name: "npm", does: "install the Netlify CLI, Redocly and TypeScript", run: packages("npm", pins)},
	{name: "generators", does: "install the recipes' site generators", run: packages("generators", pins+"/generators")},
	{name: "sdk-packages", does: "install Kinde's SDKs", run: packages("sdks", pins+"/sdks")},
	{name: "deno", does: "install Deno", run: packages("deno", pins+"/deno")},
	{name: "package-tools", does: "install what uses the npm package", run: packages("package", pins+"/package")},
	{name: "webhook-packages", does: "install a verifier of webhooks", run: packages("webhooks", pins+"/webhooks")},
	{name: "debian", does: "install Debian packages", run: installDebian},
	{name: "python", does: "install SAM, cfn-lint and schemathesis", needs: "debian", run: pythonPackages("venv", pins)},
	{name: "client-packages", does: "install Spectral, a client generator, an OAuth client",
		run: packages("clients", pins+"/clients")},
	{name: "client-python", does: "install Python's client generator and OAuth client", needs: "debian",
		run: pythonPackages("clients-venv", pins+"/clients")},
	{name: "freeze", does: "freeze functions, count lost requests", waits: true, run: freeze},
	{name: "gofmt", does: "check formatting", run: gofmt},
	{name: "vet", does: "go vet", run: command("go", "vet", tags, "./...")},
	{name: "fix", does: "find code with a newer idiom", run: silent("go", "fix", tags, "-diff", "./...")},
	{name: "tidy", does: "check go.mod and go.sum", run: silent("go", "mod", "tidy", "-diff")},
	{name: "lint", does: "run the linters of .golangci.yml", run: goTool("golangci-lint", "run", "./...")},
	{name: "deadcode", does: "find unreachable functions", run: deadcode},
	{name: "govulncheck", does: "find known vulnerabilities", show: true, run: govulncheck},
	{name: "shellcheck", does: "lint shell scripts", needs: "debian", run: shellcheck},
	{name: "cfn-lint", does: "lint template.yaml", needs: "python", run: cfnLint},
	{name: "fork", does: "merge upgrades into a fork", run: goTest("fork")},
	{name: "release", does: "make a release twice and compare", show: true, run: release},
	{name: "browser", does: "visit the pages in Chromium", needs: "debian npm", run: goTest("browser")},
	{name: "netlify", does: "build, serve and deploy with Netlify", needs: "npm package-tools", show: true, run: netlify},
	{name: "sam", does: "build and serve with SAM", needs: "debian python", show: true, run: sam},
	{name: "openapi", does: "compare the functions with openapi.yaml", needs: "npm python", show: true, run: openapi},
	{name: "clients", does: "call the functions with generated clients",
		needs: "client-packages client-python", run: clients},
	{name: "frontend", does: "check types, size and behavior of the scripts", needs: "npm", run: frontend},
	{name: "sdks", does: "sign in with Kinde's SDKs", needs: "debian sdk-packages", run: goTest("sdks")},
	{name: "npm-package", does: "pack npm/ and use the tarball", needs: "deno package-tools", run: goTest("npmpackage")},
	{name: "webhooks", does: "verify forwarded events", needs: "webhook-packages", run: goTest("webhooks")},
	{name: "gate", does: "visit protected pages at the edge", needs: "debian npm deno", show: true, run: gate},
	{name: "emulator", does: "run under AWS's Runtime Interface Emulator", run: emulator},
	{name: "redis", does: "share state through a real Redis", needs: "debian", run: goTest("redis")},
	{name: "recipes", does: "follow the site's recipes", needs: "debian npm generators package-tools deno", run: recipes},
	{name: "install", does: "install into sites, upgrade, remove",
		needs: "debian npm generators package-tools", run: install},
	{name: "fuzz", does: "run every fuzz target briefly", run: fuzz},
	{name: "race", does: "run all tests with the race detector", needs: "debian", alone: true, run: race},
}

var (
	netlify = goTest("hosts", "-run=^TestNetlify")
	sam     = goTest("hosts", "-run=^TestSAM")
	recipes = goTest("recipes", "-run=^(TestRecipes|TestMembersArea)$")
	install = goTest("recipes", "-run=^TestInstall$")
	freeze  = goTest("freeze", "-args", "-all", "-thaws=200", "-drops=5", "-stop=6s")
	race    = command("go", "test", "-race", "-shuffle=on", "./...")
)

// command returns a step that runs a command.
func command(name string, args ...string) func(*job) error {
	return func(j *job) error { return j.run(name, args...) }
}

// silent returns a step that runs a command and fails if it prints anything.
func silent(name string, args ...string) func(*job) error {
	return func(j *job) error { return j.quiet(name, args...) }
}

// goTool returns a step that runs a tool of tools.mod.
func goTool(args ...string) func(*job) error {
	return command("go", append([]string{"tool", toolsMod}, args...)...)
}

// goTest returns a step that runs the tests of a folder in scripts/check.
func goTest(folder string, args ...string) func(*job) error {
	return func(j *job) error { return j.test(folder, args...) }
}

// test runs the tests of a folder from within, where go test prints the output of passing
// tests too.
func (j *job) test(folder string, args ...string) error {
	cmd := j.command("go", append([]string{"test", tags, "-count=1"}, args...)...)
	cmd.Dir = filepath.Join(j.root, "scripts", "check", folder)
	return j.finish(cmd)
}

// filesIn lists the files in a folder whose names end in suffix.
func (j *job) filesIn(folder, suffix string) ([]string, error) {
	return j.files(func(name string) bool {
		return strings.HasPrefix(name, folder+"/") && strings.HasSuffix(name, suffix)
	})
}
