// Package recipes follows docs/recipes.md as the site shows it, /demo/docs/recipes.html: it
// makes the sites that the page describes, with the page's own commands and lines, has
// scripts/dev serve them, and signs in to them in Chromium. With Netlify's own tool it
// installs into such sites, signs in, upgrades and removes. The React site uses the npm
// package, packed and installed as the page says.
//
// It defends against a page that describes what no longer works, after a change here or of
// a generator. Its tests have the build tag realtools, since they need the generators; run
// them by "go run ./scripts/check recipes install", which installs those.
package recipes
