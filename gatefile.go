// Package kindefunctions holds what must be embedded from the project's root: a Go
// package cannot embed a file of a folder above its own.
package kindefunctions

import _ "embed"

// GateFile is gate.json: what each protected path prefix requires.
//
//go:embed gate.json
var GateFile []byte
