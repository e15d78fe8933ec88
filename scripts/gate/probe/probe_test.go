package probe

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"kinde-functions/shared/gate"
)

func rules(t *testing.T, path string) gate.Rules {
	t.Helper()
	rules, err := gate.Parse([]byte(`{"rules": [{"path": "` + path + `"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

func TestSpellingsAreProtected(t *testing.T) {
	for _, path := range []string{"/", "/members/", "/members/gold/", "/Beta"} {
		for _, spelling := range Paths(rules(t, path)) {
			normal, err := gate.Normal(spelling, gate.Netlify)
			image := len(spelling) > len(images) && spelling[:len(images)] == images
			if !image && err == nil && len(rules(t, path).For(normal, gate.Netlify)) == 0 {
				t.Errorf("%q is public under the rule %q", spelling, path)
			}
		}
	}
}

func get(ctx context.Context, address string) (Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return Response{}, err
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return Response{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return Response{res.StatusCode, res.Header, body}, err
}

func TestPagesFindsOpenSpellings(t *testing.T) {
	leak := ""
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", "Netlify")
		if r.RequestURI == leak {
			return // 200
		}
		w.Header().Set("Location", "/auth/gate?return_url=x")
		w.WriteHeader(http.StatusFound)
	}))
	defer site.Close()
	const image = "/.netlify/images?url=%2Fmembers%2Fimage.png"
	for want, leaks := range map[Result][]string{
		ToGate: {""}, Page: {"/members/", "/members.htm", "//members/", "/members;a=b/", "/%6Dembers/"}, Unchecked: {image},
	} {
		for _, leak = range leaks {
			paths := Paths(rules(t, "/members/"))
			for path, got := range Pages(t.Context(), site.URL, paths, get) {
				if path == leak && got != want || path != leak && got != ToGate {
					t.Errorf("a site that serves %q: got %q for %s, want %q", leak, got, path, want)
				}
			}
		}
	}
}

func TestPagesFollowsRedirectsWithinTheSite(t *testing.T) {
	mux := http.NewServeMux()
	redirect := func(to string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", to)
			w.WriteHeader(http.StatusMovedPermanently)
		}
	}
	serve := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
	}
	mux.HandleFunc("/slash", redirect("/slash/"))
	mux.HandleFunc("/slash/", serve("page"))
	mux.HandleFunc("/gated", redirect("/gated/"))
	mux.HandleFunc("/gated/", redirect("/auth/gate?return_url=%2Fgated%2F"))
	mux.HandleFunc("/stored", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=60")
		redirect("/auth/gate?return_url=%2F")(w, r)
	})
	mux.HandleFunc("/away", redirect("https://elsewhere.example/"))
	mux.HandleFunc("/loop", redirect("/loop"))
	mux.HandleFunc("/missing", http.NotFound)
	mux.HandleFunc("/", serve("app"))
	server := httptest.NewServer(mux)
	defer server.Close()
	want := map[string]Result{"/slash": Page, "/gated": ToGate, "/stored": Stored, "/away": Elsewhere, "/loop": Elsewhere,
		"/missing": Refused, "/unknown": Fallback}
	var paths []string
	for path := range want {
		paths = append(paths, path)
	}
	for path, got := range Pages(t.Context(), server.URL, paths, get) {
		if got != want[path] {
			t.Errorf("%s: got %q, want %q", path, got, want[path])
		}
	}
	server.Close()
	if got := Pages(t.Context(), server.URL, []string{"/slash"}, get)["/slash"]; got != NoReply {
		t.Errorf("a site that is down: got %q, want %q", got, NoReply)
	}
}
