package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/session"
)

// cookiesOf reads and writes the cookies of another origin with the fixture's keys.
func cookiesOf(t *testing.T, f *functiontest.Fixture, origin string) *session.Cookies {
	t.Helper()
	keys := [][]byte{[]byte("0123456789abcdef0123456789abcdef")}
	box, err := session.NewBox(keys, f.Issuer(), kindetest.ClientID, origin)
	if err != nil {
		t.Fatal(err)
	}
	return session.NewCookies(origin, box, time.Now)
}

func TestCallbackOnPreviewSignsInThereAlone(t *testing.T) {
	const preview = "https://preview-7--site.example"
	clients := kindetest.DefaultClients(site)
	for i := range clients {
		clients[i].Callbacks = append(clients[i].Callbacks, "https://preview-*--site.example/auth/callback")
	}
	settings := append([]string{"PREVIEW_ORIGINS", "https://preview-*--site.example"}, functiontest.Sessions...)
	s := &signIn{t: t, Fixture: functiontest.Start(t, function, kindetest.Options{Clients: clients}, settings...),
		attempt: session.Attempt{State: "state-of-this-attempt", Nonce: "nonce-of-this-attempt",
			Verifier: strings.Repeat("v", 43), ReturnURL: preview + "/pricing", Started: time.Now()}}
	cookies, h := cookiesOf(t, s.Fixture, preview), http.Header{}
	if err := cookies.Begin(h, httptest.NewRequest("GET", preview, nil), s.attempt); err != nil {
		t.Fatal(err)
	}
	s.cookie = functiontest.Kept(h)
	query := "/auth/callback?state=" + s.attempt.State + "&code=" + s.code("redirect_uri", preview+"/auth/callback")

	// Neither the site nor another preview can finish the sign-in, whatever a header says.
	for _, origin := range []string{site, "https://preview-8--site.example"} {
		w := s.Get(origin+query, "Cookie", s.cookie, "X-Forwarded-Host", "preview-7--site.example", "Accept", "text/html")
		if got, want := w.Header().Get("Location"), origin+"/access/?error=login-expired"; got != want {
			t.Errorf("at %s: got %d %s, want %s", origin, w.Code, got, want)
		}
	}
	w := s.Get(preview+query, "Cookie", s.cookie, "Accept", "text/html")
	if got, want := w.Header().Get("Location"), preview+"/pricing"; got != want {
		t.Fatalf("got %d %s, want %s %s", w.Code, got, want, s.Log())
	}
	for _, header := range w.Header().Values("Set-Cookie") {
		if strings.Contains(header, "Domain=") || !strings.HasPrefix(header, "__Host-") {
			t.Errorf("got cookie %.40s, want one of this host", header)
		}
	}
	r := httptest.NewRequest("GET", preview, nil)
	r.Header.Set("Cookie", functiontest.Kept(w.Header()))
	if got, err := cookies.Read(r); err != nil || got.Access == "" {
		t.Errorf("session at the preview: got %v", err)
	}
	if _, err := s.Stored(w); err == nil {
		t.Error("the preview's session opens at the site")
	}
}
