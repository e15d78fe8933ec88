package main

import (
	"cmp"
	"slices"
	"strings"
)

// state is how a check came out.
type state string

const (
	isOK      state = "ok"
	toMend    state = "mend"    // something does not work until it is mended
	isNote    state = "note"    // works, and is worth knowing
	isSkipped state = "skipped" // could not be made, or has nothing to look at
)

// step is one thing to do. Exactly one field is set.
type step struct {
	Do   string `json:"do,omitempty"`   // in words
	Run  string `json:"run,omitempty"`  // a command
	Copy string `json:"copy,omitempty"` // a value to enter exactly so
}

// check is one thing that was looked at.
type check struct {
	ID    string `json:"id"` // stays the same from version to version
	Title string `json:"title"`
	State state  `json:"state"`
	Found string `json:"found"` // or for a skipped one the reason
	Why   string `json:"why,omitempty"`
	Mend  []step `json:"mend,omitempty"`
}

// area is the part of a check's id before the dot.
func (c check) area() string {
	area, _, _ := strings.Cut(c.ID, ".")
	return area
}

// name is the title, with the id where that says more.
func (c check) name() string {
	if strings.HasSuffix(c.ID, "."+c.Title) {
		return c.Title
	}
	return c.Title + " (" + c.ID + ")"
}

// report holds what was found, each check once.
type report struct {
	catalogue []check
	found     map[string]check
	hide      func(string) string // takes out what nobody may see
}

func newReport(hide func(string) string) *report {
	return &report{catalogue: catalogue(), found: map[string]check{}, hide: hide}
}

// ok, mend, note and skip report the check of that id.
func (r *report) ok(id, found string)                  { r.add(id, isOK, found, nil) }
func (r *report) mend(id, found string, steps ...step) { r.add(id, toMend, found, steps) }
func (r *report) note(id, found string, steps ...step) { r.add(id, isNote, found, steps) }
func (r *report) skip(id, reason string)               { r.add(id, isSkipped, reason, nil) }

func (r *report) add(id string, s state, found string, steps []step) {
	i := slices.IndexFunc(r.catalogue, func(c check) bool { return c.ID == id })
	if i < 0 {
		panic("doctor: no check " + id) // a mistake in the program
	}
	c := r.catalogue[i]
	c.State, c.Found = s, r.hide(found)
	if s == isOK || s == isSkipped {
		c.Why = ""
	}
	for _, one := range steps {
		c.Mend = append(c.Mend, step{r.hide(one.Do), r.hide(one.Run), r.hide(one.Copy)})
	}
	r.found[id] = c
}

// rest skips the checks of an area that were not reported.
func (r *report) rest(area, reason string) {
	for _, c := range r.catalogue {
		if _, reported := r.found[c.ID]; !reported && c.area() == area {
			r.skip(c.ID, reason)
		}
	}
}

// because is why a check that builds on those of ids makes no sense; empty when it
// does.
func (r *report) because(ids ...string) string {
	for _, id := range ids {
		switch c, reported := r.found[id]; {
		case !reported || c.State == toMend:
			return "because of " + id
		case c.State == isSkipped:
			return c.Found
		}
	}
	return ""
}

// checks are those reported, in the order in which to mend.
func (r *report) checks() []check {
	place := func(id string) int {
		return slices.IndexFunc(r.catalogue, func(c check) bool { return c.ID == id })
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
