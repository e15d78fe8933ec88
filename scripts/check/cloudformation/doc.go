// Package cloudformation tests what the linters of template.yaml do not see and a
// deployment shows late or never: permissions wider than needed, a cache that serves one
// user's response to another, a function without a route, a parameter without effect.
//
// Each rule must find no fault in the template, and a fault in each changed copy of it.
package cloudformation
