package redirect

import (
	_ "embed"
	"errors"
	"net/url"
	"strings"
	"testing"

	"kinde-functions/shared/problem"
)

//go:embed testdata/hostile.txt
var hostile string

const site = "https://site.example"

func newTestPolicy(t testing.TB) *Policy {
	t.Helper()
	p, err := NewPolicy(site, []string{"http://localhost:3000"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestCheckAcceptsUnchanged(t *testing.T) {
	for raw, want := range map[string]string{
		"/":                                    site + "/",
		"/access/":                             site + "/access/",
		"/a/b.html?x=//evil.example#top":       site + "/a/b.html?x=//evil.example#top",
		"/caf%C3%A9/..hidden/a..b":             site + "/caf%C3%A9/..hidden/a..b",
		"/q?next=%2F%2Fevil":                   site + "/q?next=%2F%2Fevil",
		"/authors/":                            site + "/authors/",
		"/auth":                                site + "/auth",
		"/x/auth/login":                        site + "/x/auth/login",
		site:                                   site,
		site + "/x":                            site + "/x",
		site + "?a=b":                          site + "?a=b",
		site + "#/../x":                        site + "#/../x",
		"http://localhost:3000/after":          "http://localhost:3000/after",
		"/" + strings.Repeat("a", 2047):        site + "/" + strings.Repeat("a", 2047),
		site + "/" + strings.Repeat("a", 2027): site + "/" + strings.Repeat("a", 2027),
		// The query and the fragment do not affect routing.
		"/search?q=100%":                        site + "/search?q=100%",
		"/?q=100%zz":                            site + "/?q=100%zz",
		"/#50%":                                 site + "/#50%",
		"/#/../%2e%2e/%00":                      site + "/#/../%2e%2e/%00",
		"/?%00%0a%0d%5c":                        site + "/?%00%0a%0d%5c",
		"/?a=/./..//auth/&b=https://x.example":  site + "/?a=/./..//auth/&b=https://x.example",
		"/?" + `"<>^` + "`{|}" + "[]'()*;:@!$,": site + "/?" + `"<>^` + "`{|}" + "[]'()*;:@!$,",
		"/??#??##":                              site + "/??#??##",
	} {
		got, err := newTestPolicy(t).Check(raw)
		if err != nil || got.Absolute() != want {
			t.Errorf("%.60q: got %.60q %v, want %.60q", raw, got.Absolute(), err, want)
		}
	}
}

func TestCheckRefusesHostileCorpus(t *testing.T) {
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
		if got, err := newTestPolicy(t).Check(raw); !errors.Is(err, ErrUnsafe) || got != (Target{}) {
			t.Errorf("%q: got %q, want ErrUnsafe", raw, got.Absolute())
		}
	}
	if lines < 140 {
		t.Errorf("got %d lines in the corpus, want 140", lines)
	}
	for _, raw := range []string{"", "/" + strings.Repeat("a", 2048), site + "/" + strings.Repeat("a", 2028)} {
		if _, err := newTestPolicy(t).Check(raw); !errors.Is(err, ErrUnsafe) {
			t.Errorf("%d characters: got %v, want ErrUnsafe", len(raw), err)
		}
	}
}

func TestErrorsNeverRepeatTheURL(t *testing.T) {
	_, err := newTestPolicy(t).Check("https://evil.example/secret-part")
	if err == nil || strings.Contains(err.Error(), "secret-part") {
		t.Errorf("got %v, want an error without the URL", err)
	}
}

func TestEmptyOriginsAreRefused(t *testing.T) {
	if _, err := NewPolicy("", nil); err == nil {
		t.Error("an empty site makes every URL match")
	}
	if _, err := NewPolicy(site, []string{""}); err == nil {
		t.Error("an empty allowed origin makes every URL match")
	}
	for _, path := range []string{"http://localhost:3000/", site + "/", ""} {
		if _, err := newTestPolicy(t).OnSite(path); !errors.Is(err, ErrUnsafe) {
			t.Errorf("OnSite(%q): got %v, want ErrUnsafe", path, err)
		}
	}
}

// FuzzCheck checks that an accepted URL is unchanged, has an allowed origin for net/url
// too, and is safe in a header.
func FuzzCheck(f *testing.F) {
	for line := range strings.Lines(hostile) {
		raw, _ := url.QueryUnescape(strings.TrimSuffix(line, "\n"))
		f.Add(raw)
	}
	f.Add("/ok?x=1#y")
	f.Add("/ok?x=100%#50%")
	f.Fuzz(func(t *testing.T, raw string) {
		target, err := newTestPolicy(t).Check(raw)
		if err != nil {
			return
		}
		location := target.Absolute()
		if location != raw && location != site+raw {
			t.Fatalf("%q: got Location %q, want it unchanged", raw, location)
		}
		if strings.ContainsFunc(location, func(c rune) bool { return c <= ' ' || c > '~' || c == '\\' }) {
			t.Fatalf("%q: the Location holds a character that no header may hold", raw)
		}
		base, _ := url.Parse(site + "/portal")
		for _, form := range []string{raw, location} {
			checkOrigin(t, base, form)
		}
	})
}

func checkOrigin(t *testing.T, base *url.URL, form string) {
	t.Helper()
	// Browsers accept any fragment; net/url refuses a raw % in it.
	form, _, _ = strings.Cut(form, "#")
	if form == "" {
		t.Fatal("accepted a fragment alone")
	}
	u, err := base.Parse(form)
	if err != nil {
		t.Fatalf("%q: got %v, want a URL that parses", form, err)
	}
	if origin := u.Scheme + "://" + u.Host; origin != site && origin != "http://localhost:3000" || u.User != nil {
		t.Fatalf("%q: got %s, want an allowed origin", form, u)
	}
	path := strings.ToLower(u.Path)
	if strings.HasPrefix(path, "/auth/") || strings.HasPrefix(path, "/.netlify/") || strings.Contains(path, "//") {
		t.Fatalf("%q: got the path %q", form, u.Path)
	}
}

func TestReturnURL(t *testing.T) {
	p, err := NewPolicy(site, nil)
	if err != nil {
		t.Fatal(err)
	}
	fallback, err := p.OnSite("/home")
	if err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		fields map[string]string
		want   string // empty: refused
	}{
		"none":    {nil, site + "/home"},
		"a path":  {map[string]string{"return_url": "/a"}, site + "/a"},
		"empty":   {map[string]string{"return_url": ""}, ""},
		"foreign": {map[string]string{"return_url": "https://evil.example/"}, ""},
	} {
		got, err := p.ReturnURL(row.fields, fallback)
		refused := err != nil && problem.From(err).Code == problem.InvalidReturnURL && errors.Is(err, ErrUnsafe)
		if got.Absolute() != row.want || refused != (row.want == "") {
			t.Errorf("%s: got %q, %v, want %q", name, got.Absolute(), err, row.want)
		}
	}
}
