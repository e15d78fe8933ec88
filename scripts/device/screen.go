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
	"unicode"

	"golang.org/x/oauth2"
)

// screen writes what the user reads.
type screen struct {
	out     io.Writer
	columns int // of the terminal; 0: the output is not one
}

func (s screen) say(format string, args ...any) { fmt.Fprintf(s.out, format+"\n", args...) }

// strong returns text in bold on a terminal.
func (s screen) strong(text string) string {
	if s.columns == 0 {
		return text
	}
	return "\x1b[1m" + text + "\x1b[0m"
}

// ask tells the user what to do. The picture comes first, so that the code stays visible
// in a low window.
func (s screen) ask(grant *oauth2.DeviceAuthResponse, always bool) {
	code, drawn := readable(grant.UserCode), false
	if grant.VerificationURIComplete != "" {
		picture, width, err := drawQR(grant.VerificationURIComplete)
		if drawn = err == nil && (always || width <= s.columns); drawn {
			s.say("\n%s", picture)
		}
	}
	s.say("")
	s.say("To sign in, open   %s", s.strong(grant.VerificationURI))
	s.say("and enter          %s", s.strong(code))
	if grant.VerificationURIComplete != "" {
		s.say("")
		s.say("or open            %s", grant.VerificationURIComplete)
		if drawn {
			s.say("or scan the picture above.")
		}
		s.say("Continue only if the page shows the code %s.", code)
	}
	s.say("")
	s.say("The code is valid for %s, until %s. Waiting for you; Ctrl-C stops.",
		span(time.Until(grant.Expiry)), grant.Expiry.Format(time.TimeOnly))
}

// readable returns a code of eight letters and digits as XXXX-XXXX, as the page shows it.
func readable(code string) string {
	if len(code) != 8 || strings.ContainsFunc(code, func(r rune) bool {
		return !unicode.IsLetter(r) &&
			!unicode.IsDigit(r)
	}) {
		return code
	}
	return code[:4] + "-" + code[4:]
}

func (s screen) retry(err error, wait time.Duration) {
	text := strings.TrimSuffix(err.Error(), ".")
	if _, ok := errors.AsType[*Unreachable](err); ok {
		text = "the site cannot be reached: " + text
	}
	s.say("%s; trying again in %s.", upper(text), span(wait))
}

func (s screen) signedIn(token *oauth2.Token) {
	kept := "the access token stays in memory"
	if token.RefreshToken != "" {
		kept = "the access and the refresh token stay in memory"
	}
	s.say("\nSigned in; %s.", kept)
}

// shownClaims are the claims to show of a token, in this order.
var shownClaims = []string{"sub", "org_code", "iss", "azp", "aud", "scp", "scope", "permissions", "roles",
	"iat", "exp"}

// result shows the resource's response: the sample's claims, or the plain fields of
// another resource.
func (s screen) result(path string, body []byte, secrets ...string) error {
	var fields map[string]any
	if json.Unmarshal(body, &fields) != nil {
		return errors.New("the resource returned 200 with a body that is not a JSON object; it is not shown")
	}
	title, names := "", shownClaims
	claims, ok := fields["user"].(map[string]any)
	if ok {
		if message, ok := fields["message"].(string); ok {
			title = ", " + printable(message, secrets...)
		}
	} else {
		claims, names = fields, slices.Sorted(maps.Keys(fields))
	}
	s.say("GET %s: 200%s", path, title)
	s.say("")
	table := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	for _, name := range names[:min(len(names), 20)] {
		if name == "scope" && claims["scp"] != nil { // the same scopes
			continue
		}
		if text := plain(name, claims[name], time.Now()); text != "" {
			fmt.Fprintf(table, "  %s\t%s\n", printable(name, secrets...), printable(text, secrets...))
		}
	}
	return table.Flush()
}

// plain returns a claim's value, empty if it has no short form.
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

// span returns a length of time in words.
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
