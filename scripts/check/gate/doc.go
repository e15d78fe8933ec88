// Package gate tests protected pages in a real browser: Netlify's command-line tool serves
// the project, with the edge function in Deno.
package gate
