package main

import (
	"bytes"
	"path/filepath"
)

// openapi lints the API's description, then has schemathesis compare the
// functions with it.
func openapi(j *job) error {
	const dir = "scripts/check/openapi"
	lint := j.command(j.tool("npm", "node_modules", ".bin", "redocly"), "lint", "--config="+dir+"/redocly.yaml",
		"public/openapi.yaml")
	lint.Env = append(lint.Env, "REDOCLY_TELEMETRY=off", "REDOCLY_SUPPRESS_UPDATE_NOTICE=true")
	var said bytes.Buffer // of interest when it finds something
	lint.Stdout, lint.Stderr = &said, &said
	if err := j.finish(lint); err != nil {
		_, _ = said.WriteTo(j.out)
		return err
	}
	cmd := j.command("go", "test", tags, "-count=1")
	cmd.Dir = filepath.Join(j.root, dir)
	return j.finish(cmd)
}
