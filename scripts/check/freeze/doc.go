// Package freeze stops built functions as Lambda freezes them, ends their
// connections to Kinde meanwhile, and counts the requests that are lost.
package freeze
