//go:build realtools

package webhooks

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/local/lambdarun"
)

const (
	secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	other  = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)

// receiver runs a server that verifies with the package and a secret. next returns its
// next line.
func receiver(t *testing.T, secret string) (url string, next func() string) {
	t.Helper()
	packages, err := filepath.Abs("../../../.tools/webhooks/node_modules")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(packages); err != nil {
		t.Fatalf("%v; go run ./scripts/check webhooks installs it", err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "receiver.mjs", packages, secret)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(out)
	next = func() string {
		if !lines.Scan() {
			t.Fatalf("the receiver has ended: %v", lines.Err())
		}
		return lines.Text()
	}
	return next(), next
}

// The embedded Kinde sends an event to the built function, which forwards it.
func TestPackageVerifiesForwardedEvents(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "webhooks")
	if err := lambdarun.Build(t.Context(), "kinde-functions/functions/webhooks", binary); err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		secret, want string
		status       int
	}{
		"the same secret": {secret, "verified event_7 event_7 user.updated", http.StatusOK},
		"another secret":  {other, "refused WebhookVerificationError", http.StatusBadGateway},
	} {
		t.Run(name, func(t *testing.T) {
			kinde, err := kindetest.Serve(kindetest.Options{Site: functiontest.Site})
			if err != nil {
				t.Fatal(err)
			}
			defer kinde.Close()
			url, next := receiver(t, row.secret)
			f, err := lambdarun.Start(t.Context(), lambdarun.Options{
				Binary: binary, Output: &functiontest.Log{}, Env: []string{
					"KINDE_ISSUER_URL=" + kinde.URL, "KINDE_CLIENT_ID=" + kindetest.ClientID,
					"KINDE_SITE_URL=" + functiontest.Site,
					"WEBHOOK_FORWARD_URL=" + url, "WEBHOOK_FORWARD_SECRET=" + secret,
				}})
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			// Bytes that JSON encoders write differently must arrive as they were signed.
			event := kinde.Kinde.UserEvent("user.updated", kindetest.MarkupUser, kindetest.With("event_id", "event_7"))
			if got := deliver(t, f, event); got != row.status {
				t.Errorf("got status %d, want %d", got, row.status)
			}
			if got := next(); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

func deliver(t *testing.T, f *lambdarun.Function, event string) int {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, functiontest.Site+"/webhooks/kinde",
		strings.NewReader(event))
	r.Header.Set("Content-Type", "application/jwt")
	w := httptest.NewRecorder()
	lambdarun.Handler(f, lambdarun.HTTPAPI2).ServeHTTP(w, r)
	return w.Code
}
