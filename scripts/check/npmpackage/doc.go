// Package npmpackage checks the npm package: it packs npm/, and uses the tarball as a site does,
// by TypeScript, Vite, React and Deno.
//
// It defends against a package that works in the repository alone: nothing is imported from the
// tree, and the declarations must be those of the scripts.
package npmpackage
