//go:build realtools

package openapi

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"kinde-functions/shared/kindetest"
)

// unwelcome is the type of an event that the forward's receiver refuses.
const unwelcome = "user.unwelcome"

// receiver is where events are forwarded to.
func receiver(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || strings.Contains(string(body), unwelcome) {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// events are what Kinde, and others, post to /webhooks/kinde.
var events = []visit{
	posting(func(p *party) string { return p.Kinde.UserEvent("user.updated", kindetest.DemoPerson) }),
	posting(func(p *party) string { return p.Kinde.UserEvent(unwelcome, kindetest.DemoPerson) }),
	posting(func(p *party) string { return p.Kinde.Mint() }),
	posting(func(p *party) string {
		return p.Kinde.UserEvent("user.deleted", kindetest.DemoPerson, kindetest.SignedBy(kindetest.ForeignKey))
	}),
}

func posting(event func(*party) string) visit {
	return func(p *party, r *http.Request) { post(r, event(p)) }
}

// post makes an event the request's body.
func post(r *http.Request, event string) {
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(event)), int64(len(event))
	r.Header.Set("Content-Type", "application/jwt")
	r.Header.Set("Content-Length", strconv.Itoa(len(event)))
}
