// Package deno lets Netlify's tool run and bundle edge functions without the network: with
// Deno from npm, a stand-in for Netlify's own bootstrap, and a cache that holds the one
// module that the tool would load.
package deno
