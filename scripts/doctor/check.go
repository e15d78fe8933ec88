package main

import (
	"cmp"
	"slices"
	"strings"
)

// state is the result of a check.
type state string

const (
	isOK      state = "ok"
	toFix     state = "fix"     // something does not work until it is fixed
	isNote    state = "note"    // works, and is worth knowing
	isSkipped state = "skipped" // could not be checked, or does not apply
)

// step is one thing to do. Exactly one field is set.
type step struct {
	Do   string `json:"do,omitempty"`   // in words
	Run  string `json:"run,omitempty"`  // a command
	Copy string `json:"copy,omitempty"` // a value to enter exactly as it is
}

// check is one thing that was checked.
type check struct {
	ID    string `json:"id"` // does not change between versions
	Title string `json:"title"`
	State state  `json:"state"`
	Found string `json:"found"` // the reason, for a skipped check
	Why   string `json:"why,omitempty"`
	Fix   []step `json:"fix,omitempty"`
}

// area is the part of a check's id before the dot.
func (c check) area() string {
	area, _, _ := strings.Cut(c.ID, ".")
	return area
}

// name is the title, and the id where that says more.
func (c check) name() string {
	if strings.HasSuffix(c.ID, "."+c.Title) {
		return c.Title
	}
	return c.Title + " (" + c.ID + ")"
}

// report holds the checks that were made, by id.
type report struct {
	checklist []check
	found     map[string]check
	hide      func(string) string // removes secrets
}

func newReport(hide func(string) string) *report {
	return &report{checklist: checklist(), found: map[string]check{}, hide: hide}
}

// ok, fix, note and skip report the check id.
func (r *report) ok(id, found string)                  { r.add(id, isOK, found, nil) }
func (r *report) fix(id, found string, steps ...step)  { r.add(id, toFix, found, steps) }
func (r *report) note(id, found string, steps ...step) { r.add(id, isNote, found, steps) }
func (r *report) skip(id, reason string)               { r.add(id, isSkipped, reason, nil) }

func (r *report) add(id string, s state, found string, steps []step) {
	i := slices.IndexFunc(r.checklist, func(c check) bool { return c.ID == id })
	if i < 0 {
		panic("doctor: no check " + id) // a mistake in the program
	}
	c := r.checklist[i]
	c.State, c.Found = s, r.hide(found)
	if s == isOK || s == isSkipped {
		c.Why = ""
	}
	for _, one := range steps {
		c.Fix = append(c.Fix, step{r.hide(one.Do), r.hide(one.Run), r.hide(one.Copy)})
	}
	r.found[id] = c
}

// skipRest skips the checks of an area that were not reported.
func (r *report) skipRest(area, reason string) {
	for _, c := range r.checklist {
		if _, reported := r.found[c.ID]; !reported && c.area() == area {
			r.skip(c.ID, reason)
		}
	}
}

// blocked returns why a check that depends on the checks ids cannot be made, or "".
func (r *report) blocked(ids ...string) string {
	for _, id := range ids {
		switch c, reported := r.found[id]; {
		case !reported || c.State == toFix:
			return "because of " + id
		case c.State == isSkipped:
			return c.Found
		}
	}
	return ""
}

// checks returns those that were reported, in the order in which to fix.
func (r *report) checks() []check {
	place := func(id string) int {
		return slices.IndexFunc(r.checklist, func(c check) bool { return c.ID == id })
	}
	var list []check
	for _, c := range r.found {
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b check) int { return cmp.Compare(place(a.ID), place(b.ID)) })
	return list
}

func count(checks []check, s state) (n int) {
	for _, c := range checks {
		if c.State == s {
			n++
		}
	}
	return n
}
