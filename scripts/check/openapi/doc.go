// Package openapi compares public/openapi.yaml with what the functions do:
// schemathesis reads the document, makes requests that it allows and requests
// that it forbids, with a token and with a session's cookie, and checks each
// answer against it.
//
// It defends against a document that promises what the functions do not keep,
// and against a function that does what the document does not say. Its test has
// the build tag realtools, since it needs schemathesis; run it by
// "go run ./scripts/check openapi", which installs it and lints the document,
// too.
package openapi
