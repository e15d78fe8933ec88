//go:build realtools

package openapi

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"kinde-functions/shared/local/kindetest"
)

// refusedEvent is an event type that the receiver refuses.
const refusedEvent = "user.refused"

// receiver returns the URL to which events are forwarded.
func receiver(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || strings.Contains(string(body), refusedEvent) {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// events are posts to /webhooks/kinde, some of which are not Kinde's.
var events = []scenario{
	posting(func(f *fixture) string { return f.Kinde.UserEvent("user.updated", kindetest.DemoUser) }),
	posting(func(f *fixture) string { return f.Kinde.UserEvent(refusedEvent, kindetest.DemoUser) }),
	posting(func(f *fixture) string { return f.Kinde.Mint() }),
	posting(func(f *fixture) string {
		return f.Kinde.UserEvent("user.deleted", kindetest.DemoUser, kindetest.SignedBy(kindetest.ForeignKey))
	}),
}

func posting(event func(*fixture) string) scenario {
	return func(f *fixture, r *http.Request) { post(r, event(f)) }
}

// post sets the request's body to an event.
func post(r *http.Request, event string) {
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(event)), int64(len(event))
	r.Header.Set("Content-Type", "application/jwt")
	r.Header.Set("Content-Length", strconv.Itoa(len(event)))
}
