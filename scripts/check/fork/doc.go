// Package fork tests that a fork which followed docs/netlify.md takes upgrades without a
// conflict: its owner changes only files that upgrades do not touch.
package fork
