// Package sdks signs in with Kinde's own SDKs, in a browser and in Node.js, against
// the embedded Kinde: what the SDKs rely on, the stand-in must do as Kinde does.
// Run it by "go run ./scripts/check sdks", which installs the SDKs.
package sdks
