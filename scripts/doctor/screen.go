package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// screen is how a report is written.
type screen struct {
	width int
	plain bool // without colors and symbols: a file, a pipe, or NO_COLOR
}

// longestList is how many skipped checks with one reason are listed by title.
const longestList = 6

// pastedWidth is the width for files and pipes, which fits where reports are pasted.
const pastedWidth = 80

func screenOf(file *os.File) screen {
	width, terminal := columns(file)
	if !terminal {
		return screen{pastedWidth, true}
	}
	_, noColor := os.LookupEnv("NO_COLOR")
	return screen{max(width, 40), noColor || os.Getenv("TERM") == "dumb"}
}

// columns returns the width of the terminal behind file, if it is one.
func columns(file *os.File) (width int, terminal bool) {
	if !term.IsTerminal(int(file.Fd())) {
		return 0, false
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil || width == 0 {
		return pastedWidth, true
	}
	return width, true
}

// labels are the states as the margin shows them.
var labels = map[state]struct{ word, symbol, color string }{
	isOK:      {"ok", "✓", "\x1b[32m"},
	toFix:     {"FIX", "✗", "\x1b[1;31m"},
	isNote:    {"note", "!", "\x1b[33m"},
	isSkipped: {"skipped", "–", "\x1b[2m"},
}

const (
	bold  = "\x1b[1m"
	cyan  = "\x1b[36m"
	reset = "\x1b[0m"
)

func (s screen) paint(color, text string) string {
	if s.plain {
		return text
	}
	return color + text + reset
}

// label returns a state as the margin shows it.
func (s screen) label(of state) string {
	l := labels[of]
	word := l.word
	if !s.plain {
		word = l.symbol + " " + strings.ToLower(word)
	}
	return s.paint(l.color, word) + strings.Repeat(" ", s.margin()-2-utf8.RuneCountInString(word))
}

// margin is the column of the text.
func (s screen) margin() int {
	if s.plain {
		return 11
	}
	return 13
}

// write shows the checks by area, those with one outcome together, and then the summary.
func (s screen) write(to io.Writer, checks []check) error {
	out := bufio.NewWriter(to)
	area := ""
	for left := checks; len(left) > 0; {
		if next := left[0].area(); next != area {
			if area != "" {
				fmt.Fprintln(out)
			}
			area = next
			fmt.Fprintln(out, s.paint(bold, heading(area)))
		}
		var group []check
		group, left = sameOutcome(left)
		s.entry(out, group)
	}
	for _, line := range summary(checks) {
		fmt.Fprintln(out)
		for _, part := range wrap(line, s.width, 0) {
			fmt.Fprintln(out, s.paint(bold, part))
		}
	}
	return out.Flush()
}

// heading is the title of an area.
func heading(area string) string {
	if area == "apis" {
		return "APIs"
	}
	return strings.ToUpper(area[:1]) + area[1:]
}

// sameOutcome splits checks into those of the first one's area and outcome, which share an
// entry, and the rest.
func sameOutcome(checks []check) (group, rest []check) {
	first := checks[0]
	for i, c := range checks {
		same := c.area() == first.area() && c.State == first.State && c.Found == first.Found &&
			(c.State == isOK || c.State == isSkipped)
		if i == 0 || same {
			group = append(group, c)
		} else {
			rest = append(rest, c)
		}
	}
	return group, rest
}

// entry shows checks with one outcome.
func (s screen) entry(out io.Writer, checks []check) {
	first := checks[0]
	var titles []string
	for _, c := range checks {
		titles = append(titles, c.Title)
	}
	head := strings.Join(titles, ", ")
	if first.State == isSkipped && len(checks) > longestList {
		head = fmt.Sprintf("%d checks", len(checks))
	}
	if first.State == isOK || first.State == isSkipped {
		s.text(out, s.label(first.State), head+": "+first.Found)
		return
	}
	s.text(out, s.label(first.State), first.name())
	s.text(out, "", capital(first.Found)+".")
	s.text(out, "", first.Why)
	for _, one := range first.Fix {
		if one.Do != "" {
			s.text(out, "", "→ "+one.Do)
			continue
		}
		// Unbroken, so that it can be copied.
		fmt.Fprintln(out, strings.Repeat(" ", s.margin()+2)+s.paint(cyan, one.Run+one.Copy))
	}
}

// capital starts a sentence, unless its first word is a name.
func capital(text string) string {
	first, _, _ := strings.Cut(text, " ")
	if strings.ContainsAny(first, "_:/.-") || text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// text writes words right of the margin.
func (s screen) text(out io.Writer, label, text string) {
	indent := strings.Repeat(" ", s.margin())
	lead := indent
	if label != "" {
		lead = "  " + label
	}
	if strings.HasPrefix(text, "→ ") {
		indent += "  "
	}
	for _, line := range wrap(text, s.width-s.margin(), len(indent)-s.margin()) {
		fmt.Fprintln(out, strings.TrimRight(lead+line, " "))
		lead = indent
	}
}

// wrap breaks text at spaces into lines of at most width characters, which are hang fewer
// after the first line. A longer word is not broken.
func wrap(text string, width, hang int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			lines = append(lines, line)
			line = ""
			if len(lines) == 1 {
				width -= hang
			}
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

// explained writes what a code means.
func (s screen) explained(out io.Writer, what topic) {
	fmt.Fprintln(out, s.paint(bold, what.name))
	for _, r := range what.remarks {
		for i, line := range wrap(r.where+":", s.width-2, 0) {
			fmt.Fprintln(out, strings.Repeat(" ", 2+2*min(i, 1))+line)
		}
		for _, line := range wrap(sentence(r.remedy), s.width-4, 0) {
			fmt.Fprintln(out, "    "+line)
		}
	}
}

// summary returns the report's last lines: what the commands above do, the number of
// checks of each state, and what to fix first.
func summary(checks []check) (lines []string) {
	counts := fmt.Sprintf("%d ok, %d to fix, %s, %d skipped.", count(checks, isOK), count(checks, toFix),
		plural(count(checks, isNote), "note"), count(checks, isSkipped))
	first := slices.IndexFunc(checks, func(c check) bool { return c.State == toFix })
	if first < 0 {
		return append(lines, "Nothing to fix: "+counts)
	}
	c := checks[first]
	sets := slices.ContainsFunc(checks, func(c check) bool {
		return slices.ContainsFunc(c.Fix, func(s step) bool { return strings.HasPrefix(s.Run, "netlify env:set") })
	})
	if sets {
		lines = append(lines, "netlify env:set changes the deployment, from its next deploy on. For this machine change "+
			"the same line in .env; on AWS the stack's parameter: sam deploy --guided.")
	}
	return append(lines, counts+" Fix first: "+c.name()+".")
}

func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
