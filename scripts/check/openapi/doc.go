// Package openapi compares public/openapi.yaml with the functions. Schemathesis reads the
// document, sends requests that it allows and requests that it forbids, with a token and
// with a session cookie, and checks each response against it.
//
// It defends against a document that promises more than the functions do, and against
// functions that do what the document does not say. The test has the build tag realtools;
// "go run ./scripts/check openapi" installs schemathesis, lints the document and runs it.
package openapi
