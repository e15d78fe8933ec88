package endpoint

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/problem"
)

const site = "https://site.example"

// fixture is a function served against an embedded Kinde, and its log.
type fixture struct {
	t       *testing.T
	tenant  *kindetest.Kinde
	handler http.Handler
	log     *syncBuffer
}

type syncBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *syncBuffer) take() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.Buffer.Reset()
	return b.Buffer.String()
}

// start serves a function of the table with the handler serve. A nil serve returns the
// user's profile from Kinde. environment holds further settings, as names and values.
func start(t *testing.T, function string, serve Serve, environment ...string) *fixture {
	t.Helper()
	tenant, err := kindetest.Serve(kindetest.Options{Site: site})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tenant.Close() })
	settings := map[string]string{"KINDE_ISSUER_URL": tenant.URL, "KINDE_CLIENT_ID": kindetest.ClientID,
		"KINDE_SITE_URL": site}
	for i := 0; i < len(environment); i += 2 {
		settings[environment[i]] = environment[i+1]
	}
	f := &fixture{t: t, tenant: tenant.Kinde, log: &syncBuffer{}}
	f.handler = Function{
		Name: function, Connect: ToKinde, Output: f.log, CORS: AllowOrigins,
		Lookup: func(name string) (string, bool) { value, ok := settings[name]; return value, ok },
		Build: func(s *Services) (Handlers, error) {
			handler := Handler{Serve: serve}
			if serve == nil {
				handler.Serve = func(ctx context.Context, r *Request) (*Response, error) {
					body, err := s.Kinde.UserProfile(ctx, r.Caller.Token)
					return JSON(http.StatusOK, body), err
				}
			}
			name := "GET /api/user-profile"
			if function == "portal" {
				name = "GET /portal"
				handler.ErrorPage = func(p *problem.Error) string { return site + "/access/?error=" + string(p.Code) }
			}
			return Handlers{name: handler}, nil
		},
	}.Handler()
	return f
}

// responding returns a handler that responds with body.
func responding(body string) Serve {
	return func(context.Context, *Request) (*Response, error) { return JSON(http.StatusOK, []byte(body)), nil }
}

// get sends a GET request. header holds names and values in turn.
func (f *fixture) get(target string, header ...string) *httptest.ResponseRecorder {
	return f.send(httptest.NewRequestWithContext(f.t.Context(), "GET", target, nil), header...)
}

func (f *fixture) send(r *http.Request, header ...string) *httptest.ResponseRecorder {
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	return w
}

// signedIn sends a GET with a valid token of the demo user.
func (f *fixture) signedIn(target string, header ...string) *httptest.ResponseRecorder {
	return f.get(target, append(header, "Authorization", "Bearer "+f.tenant.Mint())...)
}

// events returns the events of a log with that msg.
func events(t *testing.T, log, msg string) []map[string]any {
	t.Helper()
	var found []map[string]any
	for line := range strings.Lines(log) {
		fields := map[string]any{}
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("log line %q: %v", line, err)
		}
		if fields["msg"] == msg {
			found = append(found, fields)
		}
	}
	return found
}

// code returns the code of a problem response, and fails the test for any other response.
func code(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	var doc struct {
		Type, Title, Detail, Code string
		Status                    int
		RequestID                 string `json:"request_id"`
	}
	if got := w.Header().Get("Content-Type"); got != problem.ContentType {
		t.Fatalf("got %d %s: %s, want %s", w.Code, got, w.Body, problem.ContentType)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil || doc.Status != w.Code || doc.Title == "" ||
		doc.Detail == "" || doc.Type == "" || doc.RequestID != w.Header().Get("X-Request-Id") {
		t.Errorf("got %d %s (%v), want a complete problem", w.Code, w.Body, err)
	}
	return doc.Code
}
