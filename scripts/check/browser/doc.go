// Package browser takes a real Chromium on the tour that a visitor takes:
// signing in at the embedded Kinde, the profile, the portal and back, signing
// out, the Back button; on a second one over a page of the site's elements; into
// pages that use the module by cookie and by token, also from another origin; and
// into every trouble that the functions, Kinde or the network can be in. It shows
// what no other test can: which cookies a browser sends when, what its
// Content-Security-Policy blocks, and what it still shows afterwards.
//
// axe-core looks at every page and state on the way, in light, dark and forced
// colors, and each thing that the Tab key comes to must show that it has the focus.
//
// Its tests have the build tag realtools, since they need Chromium; run them
// by "go run ./scripts/check browser", which installs it. They leave a picture
// of each station in .artifacts/browser.
package browser
