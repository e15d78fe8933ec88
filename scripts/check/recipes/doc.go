// Package recipes follows the recipes of public/docs/recipes.html as they stand there:
// it builds sites by Vite, Astro and Eleventy with the page's own commands and lines, has
// scripts/dev serve what they write, and visits them in Chromium; and it has TypeScript
// read the page's scripts.
//
// It defends against a page that tells people to do what no longer works, by a change
// here or of a generator. Its tests have the build tag realtools, since they need the
// generators; run them by "go run ./scripts/check recipes", which installs those.
package recipes
