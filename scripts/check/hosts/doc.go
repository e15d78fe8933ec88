// Package hosts tests the project with its hosts' command-line tools: Netlify's and SAM must
// build every function as a binary that the host runs, and serve it correctly to browsers
// and programs, with the embedded Kinde.
//
// Its tests have the build tag realtools, since they need those tools; run
// them by "go run ./scripts/check netlify sam", which installs them.
package hosts
