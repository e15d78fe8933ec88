package main

import (
	"net/url"
	"regexp"
	"strings"

	"kinde-functions/shared/config"
)

// shortest is the length from which values are hidden. Shorter ones are no secrets, and
// hiding them would remove ordinary words.
const shortest = 6

var (
	email   = regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z0-9.-]+`)
	jwtLike = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}[A-Za-z0-9_.-]*`)
)

// hider returns the last guard of everything that is shown. No report is made of secrets;
// if one got in, or a server echoed one, it is replaced here, as are characters that act on
// a terminal.
func hider(env map[string]string) func(string) string {
	var secrets []*regexp.Regexp
	for _, secret := range secretsIn(env) { // host names come back in lower case
		secrets = append(secrets, regexp.MustCompile("(?i)"+regexp.QuoteMeta(secret)))
	}
	return func(text string) string {
		for _, secret := range secrets {
			text = secret.ReplaceAllLiteralString(text, "[hidden]")
		}
		text = email.ReplaceAllString(jwtLike.ReplaceAllString(text, "[hidden]"), "[hidden]")
		return strings.Map(func(r rune) rune {
			if r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u202e' || r == '\u2066' || r == '\ufffd' {
				return '?'
			}
			return r
		}, text)
	}
}

// secretNames returns the settings whose values are secret.
func secretNames() (names []string) {
	for _, setting := range config.All() {
		if setting.Secret() {
			names = append(names, setting.Name())
		}
	}
	return names
}

// secretsIn returns the secret values and their parts, in the forms in which they may show.
func secretsIn(env map[string]string) []string {
	var all []string
	add := func(value string) {
		for _, form := range []string{value, url.QueryEscape(value), url.PathEscape(value)} {
			if len(form) >= shortest {
				all = append(all, form)
			}
		}
	}
	for _, name := range secretNames() {
		add(env[name])
	}
	for key := range strings.SplitSeq(env[config.SessionKeys.Name()], ",") {
		add(strings.TrimSpace(key))
	}
	if u, err := url.Parse(env[config.RedisURL.Name()]); err == nil && u.User != nil {
		password, _ := u.User.Password()
		add(password)
	}
	return all
}

// quoted returns a server's text shortened and in printable ASCII.
func quoted(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text)
	if len(text) > 120 {
		text = text[:120] + "…"
	}
	return text
}
