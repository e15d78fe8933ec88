package redirect

import (
	_ "embed"
	"errors"
	"net/url"
	"strings"
	"testing"
)

//go:embed testdata/hostile.txt
var hostile string

const site = "https://site.example"

func policy(t testing.TB) *Policy {
	t.Helper()
	p, err := NewPolicy(site, []string{"http://localhost:3000"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAcceptedAsTheyAre(t *testing.T) {
	for raw, absolute := range map[string]string{
		"/":                              site + "/",
		"/access/":                       site + "/access/",
		"/a/b.html?x=//evil.example#top": site + "/a/b.html?x=//evil.example#top",
		"/caf%C3%A9/..hidden/a..b":       site + "/caf%C3%A9/..hidden/a..b",
		"/q?next=%2F%2Fevil":             site + "/q?next=%2F%2Fevil",
		"/authors/":                      site + "/authors/",
		site:                             site,
		site + "/x":                      site + "/x",
		site + "?a=b":                    site + "?a=b",
		"http://localhost:3000/after":    "http://localhost:3000/after",
		"/" + strings.Repeat("a", 2047):  site + "/" + strings.Repeat("a", 2047),
	} {
		got, err := policy(t).Check(raw)
		if err != nil || got.Absolute() != absolute {
			t.Errorf("%.60q: %v %v, want %.60q", raw, got, err, absolute)
		}
	}
}

func TestHostileCorpusIsRefused(t *testing.T) {
	lines := 0
	for line := range strings.Lines(hostile) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "##") {
			continue
		}
		raw, err := url.QueryUnescape(line) // the corpus is query-escaped: it holds control characters
		if err != nil {
			t.Fatalf("corpus line %q: %v", line, err)
		}
		lines++
		if got, err := policy(t).Check(raw); !errors.Is(err, ErrUnsafe) || got != (Target{}) {
			t.Errorf("accepted %q: %v", raw, got)
		}
	}
	if lines < 80 {
		t.Errorf("only %d lines in the corpus", lines)
	}
	for _, raw := range []string{"", "/" + strings.Repeat("a", 2048)} {
		if _, err := policy(t).Check(raw); !errors.Is(err, ErrUnsafe) {
			t.Errorf("accepted %d characters", len(raw))
		}
	}
}

func TestErrorsNeverRepeatTheURL(t *testing.T) {
	_, err := policy(t).Check("https://evil.example/secret-part")
	if err == nil || strings.Contains(err.Error(), "secret-part") {
		t.Errorf("err = %v", err)
	}
}

func TestEmptyOriginsAndForeignOwnPathsAreRefused(t *testing.T) {
	if _, err := NewPolicy("", nil); err == nil {
		t.Error("an empty site makes every URL match")
	}
	if _, err := NewPolicy(site, []string{""}); err == nil {
		t.Error("an empty allowed origin makes every URL match")
	}
	if _, err := policy(t).OnSite("http://localhost:3000/"); !errors.Is(err, ErrUnsafe) {
		t.Error("OnSite accepted another origin")
	}
}

// What passes must mean the same to a URL parser as to us.
func FuzzCheck(f *testing.F) {
	for line := range strings.Lines(hostile) {
		raw, _ := url.QueryUnescape(strings.TrimSuffix(line, "\n"))
		f.Add(raw)
	}
	f.Add("/ok?x=1#y")
	f.Fuzz(func(t *testing.T, raw string) {
		target, err := policy(t).Check(raw)
		if err != nil {
			return
		}
		base, _ := url.Parse(site + "/portal")
		for _, form := range []string{raw, target.Absolute()} {
			leadsToUs(t, base, form)
		}
	})
}

func leadsToUs(t *testing.T, base *url.URL, form string) {
	t.Helper()
	u, err := base.Parse(form)
	if err != nil {
		t.Fatalf("%q accepted but does not parse: %v", form, err)
	}
	if at := u.Scheme + "://" + u.Host; at != site && at != "http://localhost:3000" || u.User != nil {
		t.Fatalf("%q leads to %s", form, u)
	}
}
