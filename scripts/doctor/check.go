package main

import (
	"context"
	"strings"
)

// state is the outcome of a check.
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

// check is one thing that the doctor checks. run finds the outcome and the remedy.
type check struct {
	ID    string `json:"id"` // does not change between versions
	Title string `json:"title"`
	State state  `json:"state"`
	Found string `json:"found"` // the reason, for a skipped check
	Why   string `json:"why,omitempty"`
	Fix   []step `json:"fix,omitempty"`

	run   func(*doctor, context.Context) result
	needs []string // checks that must not fail
}

// result is what a check found.
type result struct {
	state state
	found string
	fix   []step
}

func passed(found string) result                { return result{isOK, found, nil} }
func failed(found string, steps ...step) result { return result{toFix, found, steps} }
func noted(found string, steps ...step) result  { return result{isNote, found, steps} }
func skipped(reason string) result              { return result{isSkipped, reason, nil} }

// because skips a check that depends on the check id.
func because(id string) result { return skipped("because of " + id) }

// area returns the part of the id before the dot.
func (c check) area() string {
	area, _, _ := strings.Cut(c.ID, ".")
	return area
}

// name returns the title, followed by the id unless the id repeats it.
func (c check) name() string {
	if strings.HasSuffix(c.ID, "."+c.Title) {
		return c.Title
	}
	return c.Title + " (" + c.ID + ")"
}

// checkAll makes the checks of the groups and returns them with their results.
func (d *doctor) checkAll(ctx context.Context, groups []group) (made []check) {
	for _, g := range groups {
		reason := ""
		if g.skip != nil {
			reason = g.skip(d)
		}
		for _, c := range g.checks {
			got := skipped(reason)
			if reason == "" {
				got = d.make(ctx, c)
			}
			made = append(made, d.record(c, got))
		}
	}
	return made
}

// make runs a check, unless one that it needs has failed.
func (d *doctor) make(ctx context.Context, c check) result {
	if reason := d.blocked(c.needs...); reason != "" {
		return skipped(reason)
	}
	return c.run(d, ctx)
}

// record adds a result to its check, without secrets.
func (d *doctor) record(c check, got result) check {
	c.State, c.Found = got.state, d.hide(got.found)
	if c.State == isOK || c.State == isSkipped {
		c.Why = ""
	}
	for _, s := range got.fix {
		c.Fix = append(c.Fix, step{d.hide(s.Do), d.hide(s.Run), d.hide(s.Copy)})
	}
	d.results[c.ID] = c
	return c
}

// blocked returns why a check that depends on the checks ids cannot be made, or "".
func (d *doctor) blocked(ids ...string) string {
	for _, id := range ids {
		switch c, made := d.results[id]; {
		case !made || c.State == toFix:
			return "because of " + id
		case c.State == isSkipped:
			return c.Found
		}
	}
	return ""
}

func count(checks []check, s state) (n int) {
	for _, c := range checks {
		if c.State == s {
			n++
		}
	}
	return n
}
