package kinde

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/problem"
)

func TestApplicationIsChangedInOneFieldAlone(t *testing.T) {
	w := newTenant(t, kindetest.Options{Site: "https://site.example"})
	m := w.machine(nil)
	const preview = "https://deploy-preview-*--site.example/auth/callback"
	for name, change := range map[string]func(context.Context) error{
		"callback": func(ctx context.Context) error { return w.client.AddCallbackURL(ctx, m, kindetest.ClientID, preview) },
		"logout": func(ctx context.Context) error {
			return w.client.AddLogoutURL(ctx, m, kindetest.ClientID, "https://site.example/bye")
		},
		"login URI": func(ctx context.Context) error {
			return w.client.SetLoginURI(ctx, m, kindetest.ClientID, "https://site.example/elsewhere")
		},
	} {
		for range 2 { // the second time changes nothing
			if err := change(t.Context()); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if got, err := w.client.LoginURI(t.Context(), m, kindetest.ClientID); err != nil ||
		got != "https://site.example/elsewhere" {
		t.Errorf("LoginURI = %q, %v; want https://site.example/elsewhere", got, err)
	}
	want := kindetest.DefaultClients("https://site.example")
	i := slices.IndexFunc(want, func(c kindetest.Client) bool { return c.ID == kindetest.ClientID })
	got := w.Clients()
	if !slices.Equal(got[i].Callbacks, append(want[i].Callbacks, preview)) {
		t.Errorf("callbacks: got %v", got[i].Callbacks)
	}
	if !slices.Equal(got[i].Logouts, append(want[i].Logouts, "https://site.example/bye")) {
		t.Errorf("logouts: got %v", got[i].Logouts)
	}
}

func TestRefusedChangeNamesScope(t *testing.T) {
	clients := kindetest.DefaultClients("https://site.example")
	i := slices.IndexFunc(clients, func(c kindetest.Client) bool { return c.ID == kindetest.M2MClientID })
	clients[i].Scopes = []string{"read:users"}
	w := newTenant(t, kindetest.Options{Clients: clients})
	m := w.machine(nil)
	_, readErr := w.client.LoginURI(t.Context(), m, kindetest.ClientID)
	for scope, err := range map[string]error{
		ReadApplications:   readErr,
		UpdateApplications: w.client.SetLoginURI(t.Context(), m, kindetest.ClientID, "https://site.example/auth/login"),
		AddCallbackURLs:    w.client.AddCallbackURL(t.Context(), m, kindetest.ClientID, "https://site.example/auth/callback"),
		AddLogoutURLs:      w.client.AddLogoutURL(t.Context(), m, kindetest.ClientID, "https://site.example/"),
	} {
		if err == nil || !strings.Contains(problem.From(err).Remedy, scope) {
			t.Errorf("%s: got %v, want a refusal whose remedy names the scope", scope, err)
		}
	}
}

// A change is sent once more only when Kinde has refused the token, not when it may
// have been made.
func TestChangeIsRepeatedOnlyWithNewToken(t *testing.T) {
	const path = "/api/v1/applications/" + kindetest.ClientID + "/auth_redirect_urls"
	for _, row := range []struct {
		status, calls, tokens int
		succeeds              bool
	}{
		{status: 401, calls: 2, tokens: 1, succeeds: true},
		{status: 503, calls: 1},
	} {
		w := newTenant(t, kindetest.Options{Site: "https://site.example"})
		m := w.machine(nil)
		change := func() error {
			return w.client.AddCallbackURL(t.Context(), m, kindetest.ClientID, "https://site.example/other")
		}
		if err := change(); err != nil {
			t.Fatal(err)
		}
		w.ForgetCalls()
		w.clock.advance(2 * time.Minute)
		w.Fault(path, kindetest.Fault{Status: row.status, Times: 1})
		err := change()
		calls, tokens := len(w.Calls("/api/")), w.tokenRequests()
		if (err == nil) != row.succeeds || calls != row.calls || tokens != row.tokens {
			t.Errorf("status %d: got %v, %d calls and %d tokens, want success %v, %d and %d",
				row.status, err, calls, tokens, row.succeeds, row.calls, row.tokens)
		}
	}
}

func TestApplicationIDCannotChangeThePath(t *testing.T) {
	w := newTenant(t, kindetest.Options{})
	m := w.machine(nil)
	for _, id := range []string{"", "../users", "a/../../x", "a?b", "a#b", "a\nb"} {
		if err := w.client.SetLoginURI(t.Context(), m, id, "https://site.example/auth/login"); err == nil {
			t.Errorf("%q: got no error", id)
		}
	}
	for _, call := range w.Calls("/api/") {
		if !strings.HasPrefix(call.Path, "/api/v1/applications/") {
			t.Errorf("%s %s was called", call.Method, call.Path)
		}
	}
}
