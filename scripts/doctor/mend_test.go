package main

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strings"
	"testing"

	"kinde-functions/shared/local/kindetest"
)

const previews = "https://deploy-preview-*--my-site.netlify.app"

// unregistered returns the default applications, the site's without any URL and none with
// its logout URL, which Kinde accepts from any application.
func unregistered() []kindetest.Client {
	list := clients(kindetest.ClientID, func(c *kindetest.Client) { c.Callbacks, c.LoginURI = nil, "" })
	for i := range list {
		list[i].Logouts = nil
	}
	return list
}

// withScopes limits the machine-to-machine application to these scopes.
func withScopes(list []kindetest.Client, scopes ...string) []kindetest.Client {
	i := slices.IndexFunc(list, func(c kindetest.Client) bool { return c.ID == kindetest.M2MClientID })
	list[i].Scopes = scopes
	return list
}

// mend runs the program with -mend and an input.
func (p *tenant) mend(t *testing.T, input string, args ...string) (status int, out, said string) {
	t.Helper()
	env := maps.Clone(p.env)
	env["PREVIEW_ORIGINS"] = cmp.Or(env["PREVIEW_ORIGINS"], previews)
	var stdout, stderr bytes.Buffer
	m := program{
		root: t.TempDir(), env: func(name string) (string, bool) { value, set := env[name]; return value, set },
		environ: func() []string { return nil }, screen: screen{pastedWidth, true},
		in: strings.NewReader(input), out: &stdout, errors: &stderr,
	}
	status = m.run(t.Context(), append([]string{"-mend"}, args...))
	return status, stdout.String(), stderr.String()
}

// site returns the site's application as it is registered.
func (p *tenant) site() kindetest.Client {
	list := p.Kinde.Clients()
	return list[slices.IndexFunc(list, func(c kindetest.Client) bool { return c.ID == kindetest.ClientID })]
}

// writes counts the requests that change something at Kinde.
func (p *tenant) writes() (n int) {
	for _, call := range p.Kinde.Calls("/api/v1/") {
		if call.Method != "GET" {
			n++
		}
	}
	return n
}

func TestMendRegistersWhatIsMissing(t *testing.T) {
	p := newTenant(t, kindetest.Options{Clients: unregistered()})
	others := slices.DeleteFunc(p.Kinde.Clients(), func(c kindetest.Client) bool { return c.ID == kindetest.ClientID })
	status, out, said := p.mend(t, "", "-yes")
	if status != 0 || said != "" {
		t.Fatalf("got %d %s %s, want 0", status, out, said)
	}
	got := p.site()
	if want := []string{site + "/auth/callback", previews + "/auth/callback"}; !slices.Equal(got.Callbacks, want) {
		t.Errorf("callbacks: got %v, want %v", got.Callbacks, want)
	}
	if want := []string{site + "/"}; !slices.Equal(got.Logouts, want) {
		t.Errorf("logouts: got %v, want %v", got.Logouts, want)
	}
	if want := site + "/auth/login"; got.LoginURI != want {
		t.Errorf("login URI: got %s, want %s", got.LoginURI, want)
	}
	if strings.Count(out, "before: not registered") != 3 || strings.Count(out, "after: registered") != 3 ||
		!strings.Contains(out, "before: not set") || !strings.Contains(out, "after: "+site+"/auth/login") {
		t.Errorf("not every change is shown before and after:\n%s", out)
	}
	now := slices.DeleteFunc(p.Kinde.Clients(), func(c kindetest.Client) bool { return c.ID == kindetest.ClientID })
	for i := range others {
		if !slices.Equal(now[i].Callbacks, others[i].Callbacks) || now[i].LoginURI != others[i].LoginURI {
			t.Errorf("%s was changed, too", now[i].ID)
		}
	}
	checkHidden(t, out, p.env, kindetest.ClientSecret, kindetest.M2MClientSecret)

	p.Kinde.ForgetCalls()
	status, out, _ = p.mend(t, "", "-yes")
	if status != 0 || p.writes() != 0 || strings.Contains(out, "before") || !strings.Contains(out, "Everything is set.") {
		t.Errorf("second time: got %d and %d changes, want none\n%s", status, p.writes(), out)
	}
	if n := len(fixes(p.check(t, "PREVIEW_ORIGINS", previews))); n != 0 {
		t.Errorf("the doctor still finds %d things to fix", n)
	}
}

func TestMendAsksBeforeItChangesAnything(t *testing.T) {
	for input, agreed := range map[string]bool{"": false, "\n": false, "n\n": false, "nyes\n": false, "y\n": true,
		"YES\n": true} {
		p := newTenant(t, kindetest.Options{Clients: unregistered()})
		status, out, _ := p.mend(t, input)
		if changed := p.writes() > 0; changed != agreed || (status == 0) != agreed ||
			!strings.Contains(out, "Set 4 of these at Kinde? [y/N]") {
			t.Errorf("%q: got %d, %d changes\n%s", input, status, p.writes(), out)
		}
		if !agreed && (!strings.Contains(out, "By hand:") || !strings.Contains(out, "Application login URI")) {
			t.Errorf("%q: no click path\n%s", input, out)
		}
	}
}

func TestMendWithoutScopesPrintsClickPaths(t *testing.T) {
	p := newTenant(t, kindetest.Options{Clients: withScopes(unregistered(), "create:applications_redirect_uris")})
	status, out, _ := p.mend(t, "", "-yes")
	if status != 1 || len(p.site().Callbacks) != 2 || len(p.site().Logouts) != 0 || p.site().LoginURI != "" {
		t.Fatalf("got %d %+v", status, p.site())
	}
	for _, want := range []string{"lacks the scope create:applications_logout_uris", "lacks the scope update:applications",
		"Allowed logout redirect URLs. Add:", "Application login URI. Set it to:", site + "/auth/login"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if _, byHand, _ := strings.Cut(out, "By hand:"); strings.Contains(byHand, "callback") {
		t.Errorf("what was set is to be done by hand, too:\n%s", out)
	}
}

func TestMendReportsRefusedChanges(t *testing.T) {
	p := newTenant(t, kindetest.Options{Clients: unregistered()})
	p.Kinde.Fault("/api/v1/applications/"+kindetest.ClientID+"/auth_logout_urls", kindetest.Fault{Status: 403})
	status, out, _ := p.mend(t, "", "-yes")
	if status != 1 || !strings.Contains(out, "failed: ") || len(p.site().Callbacks) != 2 || len(p.site().Logouts) != 0 {
		t.Errorf("got %d %+v\n%s", status, p.site(), out)
	}
}

func TestMendNeedsSettings(t *testing.T) {
	for _, name := range []string{"KINDE_ISSUER_URL", "KINDE_CLIENT_ID", "KINDE_SITE_URL", "KINDE_M2M_CLIENT_ID",
		"KINDE_M2M_CLIENT_SECRET"} {
		p := newTenant(t, kindetest.Options{Clients: unregistered()})
		delete(p.env, name)
		if status, out, said := p.mend(t, "", "-yes"); status != 2 || out != "" || !strings.Contains(said, "KINDE_") ||
			p.writes() != 0 {
			t.Errorf("without %s: got %d %s %s, want 2", name, status, out, said)
		}
	}
	p := newTenant(t, kindetest.Options{})
	p.env["KINDE_M2M_CLIENT_SECRET"] = machineSecret
	if status, out, said := p.mend(t, "", "-yes"); status != 2 || !strings.Contains(said, "no machine token") {
		t.Errorf("wrong secret: got %d %s %s, want 2", status, out, said)
	}
}
