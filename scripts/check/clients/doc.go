// Package clients calls built functions with clients that generators make from
// public/openapi.yaml in TypeScript, Go and Python, and introspects and revokes tokens with
// OAuth client libraries. It defends against a document that is valid and that generators
// cannot use, and against errors that OAuth libraries take for a success.
//
// Its tests have the build tag realtools; run them by "go run ./scripts/check clients", which
// installs the generators and lints the document with Spectral.
package clients
