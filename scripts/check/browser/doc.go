// Package browser tests the site's pages, scripts and elements in Chromium, against the
// functions and the embedded Kinde that scripts/dev runs. It tests what no other test can:
// which cookies a browser sends, what its Content-Security-Policy blocks, what it shows of
// a page in its back/forward cache, and what axe-core and the Tab key find on the pages.
//
// The tests have the build tag realtools, since they need Chromium. Run them with
// "go run ./scripts/check browser", which installs it. A test that fails leaves a
// screenshot in .artifacts/browser. With -args -screenshots in go test, the accessibility
// checks leave one of every state that they check.
package browser
