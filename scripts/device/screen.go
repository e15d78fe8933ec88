package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// screen is what the person reads.
type screen struct {
	out     io.Writer
	columns int // of the terminal; 0: it is none
}

func (s screen) say(format string, args ...any) { fmt.Fprintf(s.out, format+"\n", args...) }

// strong makes a text stand out where that is possible.
func (s screen) strong(text string) string {
	if s.columns == 0 {
		return text
	}
	return "\x1b[1m" + text + "\x1b[0m"
}

// ask tells the person what to do. The picture comes first, so that the code stays
// in sight in a low window.
func (s screen) ask(g Grant, now time.Time, always bool) {
	drawn := false
	if g.Complete != "" {
		picture, width, err := drawQR(g.Complete)
		if drawn = err == nil && (always || width <= s.columns); drawn {
			s.say("\n%s", picture)
		}
	}
	s.say("")
	s.say("To sign in, open   %s", s.strong(g.URI))
	s.say("and enter          %s", s.strong(g.UserCode))
	if g.Complete != "" {
		s.say("")
		s.say("or open            %s", g.Complete)
		if drawn {
			s.say("or scan the picture above.")
		}
		s.say("Go on only if the page shows the code %s.", g.UserCode)
	}
	s.say("")
	s.say("The code lives %s, until %s. Waiting for you; Ctrl-C stops.", span(g.Expires.Sub(now)), g.Expires.Format(time.TimeOnly))
}

func (s screen) trouble(err error, wait time.Duration) {
	text := strings.TrimSuffix(err.Error(), ".")
	if _, ok := errors.AsType[*Unreachable](err); ok {
		text = "the site cannot be reached: " + text
	}
	s.say("%s; trying again in %s.", upper(text), span(wait))
}

func (s screen) signedIn(t Tokens) {
	kept := "the access token stays in memory"
	if t.Refresh.Reveal() != "" {
		kept = "the access and the refresh token stay in memory"
	}
	s.say("\nSigned in; %s.", kept)
}

// matter are the claims to show of a token, in this order.
var matter = []string{"sub", "org_code", "iss", "azp", "aud", "scp", "scope", "permissions", "roles", "iat", "exp"}

// result shows what the resource answered: the sample's claims, of another resource
// its plain fields.
func (s screen) result(path string, a Answer, now time.Time) error {
	var fields map[string]any
	if json.Unmarshal(a.Body, &fields) != nil {
		return errors.New("the resource answered 200 with what is no JSON object; it is not shown")
	}
	title, names := "", matter
	claims, ok := fields["user"].(map[string]any)
	if ok {
		if message, ok := fields["message"].(string); ok {
			title = ", " + a.Text(message)
		}
	} else {
		claims, names = fields, slices.Sorted(maps.Keys(fields))
	}
	s.say("GET %s: %d%s", path, a.Status, title)
	s.say("")
	table := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	for _, name := range names[:min(len(names), 20)] {
		if name == "scope" && claims["scp"] != nil { // says the same
			continue
		}
		if text := plain(name, claims[name], now); text != "" {
			fmt.Fprintf(table, "  %s\t%s\n", a.Text(name), a.Text(text))
		}
	}
	return table.Flush()
}

// plain writes a claim's value; empty for what has no short form.
func plain(name string, value any, now time.Time) string {
	switch v := value.(type) {
	case string:
		return v
	case bool:
		return fmt.Sprint(v)
	case float64:
		if name != "exp" && name != "iat" || math.Abs(v) > math.MaxInt32 {
			return fmt.Sprint(v)
		}
		at := time.Unix(int64(v), 0)
		if left := at.Sub(now); left > 0 {
			return at.Format(time.DateTime) + ", in " + span(left)
		}
		return at.Format(time.DateTime)
	case []any:
		var texts []string
		for _, item := range v {
			if text := plain("", item, now); text != "" {
				texts = append(texts, text)
			}
		}
		return strings.Join(texts, ", ")
	case map[string]any: // Kinde's roles: {"id", "key", "name"}
		key, _ := v["key"].(string)
		return key
	}
	return ""
}

// span is a length of time in words.
func span(d time.Duration) string {
	unit, n := "second", d.Round(time.Second)/time.Second
	switch {
	case d >= 2*time.Hour:
		unit, n = "hour", d.Round(time.Hour)/time.Hour
	case d >= 2*time.Minute:
		unit, n = "minute", d.Round(time.Minute)/time.Minute
	}
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

func upper(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
