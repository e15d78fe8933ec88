package main

import "bytes"

// openapi lints the API's description and compares the functions with it.
func openapi(j *job) error {
	const config = "--config=scripts/check/openapi/redocly.yaml"
	lint := j.command(j.tool("npm", "node_modules", ".bin", "redocly"), "lint", config, "public/openapi.yaml")
	lint.Env = append(lint.Env, "REDOCLY_TELEMETRY=off", "REDOCLY_SUPPRESS_UPDATE_NOTICE=true")
	var output bytes.Buffer // of interest only if it fails
	lint.Stdout, lint.Stderr = &output, &output
	if err := j.finish(lint); err != nil {
		_, _ = output.WriteTo(j.out)
		return err
	}
	return j.test("openapi")
}

// clients lints the API's description with Spectral and calls the functions with generated
// clients.
func clients(j *job) error {
	const rules = "--ruleset=scripts/check/clients/testdata/spectral.yaml"
	spectral := j.tool("clients", "node_modules", ".bin", "spectral")
	if err := j.run(spectral, "lint", rules, "--fail-severity=hint", "public/openapi.yaml"); err != nil {
		return err
	}
	return j.test("clients")
}
