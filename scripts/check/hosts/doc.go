// Package hosts tests the project on its hosts' own command-line tools: that
// Netlify's and SAM's build every function as the kind of binary the host
// runs, and that what they serve keeps the contract with browsers and callers,
// against the embedded Kinde.
//
// Its tests have the build tag realtools, since they need those tools; run
// them by "go run ./scripts/check netlify sam", which installs them.
package hosts
