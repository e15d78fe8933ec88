// Package cloudformation tests of template.yaml what its linters do not see and a
// deployment would show late or never: permissions that are wider than they need
// be, a cache that keeps one person's answer for another, a function that nothing
// leads to, a parameter that does nothing.
//
// Each rule is tried on the template, where it must find nothing, and on copies
// that are broken in the way it is about, where it must find something.
package cloudformation
