// Package webhooks checks forwarded events with the npm package that the docs name. Run it
// by "go run ./scripts/check webhooks", which installs that package.
package webhooks
