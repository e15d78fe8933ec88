package main

import (
	"net/url"
	"regexp"
	"strings"

	"kinde-functions/shared/config"
)

// shortest is the length from which a value is hidden: shorter ones are no secret,
// and would take ordinary words out of the report.
const shortest = 6

var (
	email = regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z0-9.-]+`)
	jwt   = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}[A-Za-z0-9_.-]*`)
)

// hider makes the last guard of everything that is shown: nothing is put into a
// report that holds a secret, and if it were, or if a server echoed one, this takes it
// out. What could act on a terminal goes too.
func hider(env map[string]string) func(string) string {
	var secrets []*regexp.Regexp
	for _, secret := range secretsIn(env) { // a host's name comes back in small letters
		secrets = append(secrets, regexp.MustCompile("(?i)"+regexp.QuoteMeta(secret)))
	}
	return func(text string) string {
		for _, secret := range secrets {
			text = secret.ReplaceAllLiteralString(text, "[hidden]")
		}
		text = email.ReplaceAllString(jwt.ReplaceAllString(text, "[hidden]"), "[hidden]")
		return strings.Map(func(r rune) rune {
			if r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u202e' || r == '\u2066' || r == '\ufffd' {
				return '?'
			}
			return r
		}, text)
	}
}

// secretNames are the settings whose values are secret.
func secretNames() (names []string) {
	for _, setting := range config.All() {
		if setting.Secret() {
			names = append(names, setting.Name())
		}
	}
	return names
}

// secretsIn are the secret values and their parts, as they might show.
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

// quoted is a server's text as it may be shown: short, and of plain characters.
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
