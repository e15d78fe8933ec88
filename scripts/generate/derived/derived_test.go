package derived

import (
	"strings"
	"testing"

	"kinde-functions/shared/route"
)

func TestReplaceKeepsWhatIsOutsideTheMarks(t *testing.T) {
	got, err := replace("a\n# generated: x, by y\nold\nold\n# end of x\nb\n", "x", "new\n")
	if want := "a\n# generated: x, by y\nnew\n# end of x\nb\n"; err != nil || got != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	once := "# generated: x\n# end of x\n"
	for _, in := range []string{"", "# generated: x\n", "# end of x\n# generated: x\n", once + once} {
		if _, err := replace(in, "x", "new\n"); err == nil {
			t.Errorf("replace in %q: got no error", in)
		}
	}
}

func TestPathsOnEachHost(t *testing.T) {
	for _, row := range []struct{ pattern, tail, from, to, behavior string }{
		{"/portal", "", "/portal", "/.netlify/functions/f", "/portal"},
		{"/api/lists/{key}", "/{key}", "/api/lists/:key", "/.netlify/functions/f/:key", "/api/*"},
		{"/api/proxy/{name}/{path+}", "/{name}/{path+}", "/api/proxy/:name/*", "/.netlify/functions/f/:name/:splat",
			"/api/*"},
		{"/webhooks/kinde", "", "/webhooks/kinde", "/.netlify/functions/f", "/webhooks/*"},
	} {
		r := route.Route{Function: "f", Pattern: row.pattern, Tail: row.tail}
		if got := netlifyFrom(r.Pattern); got != row.from {
			t.Errorf("%s: got from %s, want %s", row.pattern, got, row.from)
		}
		if got := netlifyTo(r.Address()); got != row.to {
			t.Errorf("%s: got to %s, want %s", row.pattern, got, row.to)
		}
		if got := behavior(r.Pattern); got != row.behavior {
			t.Errorf("%s: got behavior %s, want %s", row.pattern, got, row.behavior)
		}
	}
}

func TestPathsAreOfDifferentMethodsOnce(t *testing.T) {
	rows := []route.Route{{Method: "GET", Pattern: "/a"}, {Method: "POST", Pattern: "/a"}, {Method: "GET", Pattern: "/b"}}
	if got := paths(rows); len(got) != 2 || got[0].Pattern != "/a" || got[1].Pattern != "/b" {
		t.Errorf("got %v, want /a and /b", got)
	}
}

func TestNamesInTheTemplate(t *testing.T) {
	for setting, want := range map[string]string{
		"KINDE_ISSUER_URL": "KindeIssuerUrl", "KINDE_M2M_CLIENT_ID": "KindeM2MClientId", "RATE_LIMIT": "RateLimit",
	} {
		if got := parameter(setting); got != want {
			t.Errorf("parameter(%s): got %s, want %s", setting, got, want)
		}
	}
	for words, want := range map[string]string{
		"connected-apps": "ConnectedApps", "/{app}/connect": "AppConnect", "/{name}/{path+}": "NamePath", "": "",
	} {
		if got := camel(words); got != want {
			t.Errorf("camel(%q): got %s, want %s", words, got, want)
		}
	}
}

func TestRoleReadsOnlyTheFunctionsSecrets(t *testing.T) {
	for function, want := range map[string]int{"health": 0, "portal": 3, "connected-apps": 4} {
		text := role(function)
		if got := strings.Count(text, "!Ref Read"); got != want {
			t.Errorf("%s: got %d secrets, want %d:\n%s", function, got, want, text)
		}
	}
}
