package endpoint

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const secretARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:kinde-AbCdEf"

// manager starts a Secrets Manager that fails until up is set.
func manager(t *testing.T) (up *atomic.Bool, calls *atomic.Int32, settings []string) {
	t.Helper()
	up, calls = &atomic.Bool{}, &atomic.Int32{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		if !up.Load() {
			w.WriteHeader(http.StatusBadRequest)
			io.WriteString(w, `{"__type":"AccessDeniedException"}`)
			return
		}
		fmt.Fprint(w, `{"SecretString":"the-secret"}`)
	}))
	t.Cleanup(server.Close)
	return up, calls, []string{"KINDE_CLIENT_SECRET", secretARN, "AWS_ACCESS_KEY_ID", "id", "AWS_SECRET_ACCESS_KEY", "key",
		"AWS_ENDPOINT_URL_SECRETS_MANAGER", server.URL}
}

func TestFailedSecretsAreFetchedAgain(t *testing.T) {
	up, calls, settings := manager(t)
	f := start(t, "user-profile", responding(`{}`), settings...)
	l := f.handler.(*server)
	for range 3 { // no request within the pause
		if w := f.signedIn("/api/user-profile"); w.Code != 500 || !strings.Contains(w.Body.String(), `"misconfigured"`) ||
			strings.Contains(w.Body.String(), "KINDE_CLIENT_SECRET") {
			t.Errorf("got %d %s, want 500 misconfigured without the name", w.Code, w.Body)
		}
	}
	lines := events(t, f.log.take(), "request")
	cause := fmt.Sprint(lines[0]["cause"])
	if calls.Load() != 1 || len(lines) != 3 || !strings.Contains(cause, "KINDE_CLIENT_SECRET could not be fetched") ||
		!strings.Contains(cause, "allow the function's role to read the secret") {
		t.Errorf("got %d calls and log %v, want 1 call and a remedy in 3 events", calls.Load(), lines)
	}
	l.retry = time.Now()
	if w := f.signedIn("/api/user-profile"); w.Code != 500 || calls.Load() != 2 || !l.retry.After(time.Now()) {
		t.Errorf("still down: got %d after %d calls, want 500 after 2", w.Code, calls.Load())
	}
	up.Store(true)
	l.retry = time.Now()
	for range 2 {
		if w := f.signedIn("/api/user-profile"); w.Code != 200 || calls.Load() != 3 {
			t.Errorf("up again: got %d after %d calls, want 200 after 3: %s", w.Code, calls.Load(), w.Body)
		}
	}
	for _, line := range events(t, f.log.take(), "request") {
		if line["cold"] == true {
			t.Errorf("got %v, want cold false after the first request", line)
		}
	}
}

func TestSecretsFetchedDuringInitNeedNoRetry(t *testing.T) {
	up, calls, settings := manager(t)
	up.Store(true)
	f := start(t, "user-profile", responding(`{}`), settings...)
	if w := f.signedIn("/api/user-profile"); w.Code != 200 || calls.Load() != 1 || !f.handler.(*server).retry.IsZero() {
		t.Errorf("got %d after %d calls, want 200 after 1", w.Code, calls.Load())
	}
}

func TestFaultsAreLoggedTogether(t *testing.T) {
	_, _, settings := manager(t)
	f := start(t, "user-profile", responding(`{}`), append(settings, "KINDE_SITE_URL", "", "UPSTREAM_TIMEOUT", "5")...)
	f.signedIn("/api/user-profile")
	cause := fmt.Sprint(events(t, f.log.take(), "request")[0]["cause"])
	for _, name := range []string{"KINDE_CLIENT_SECRET", "KINDE_SITE_URL", "UPSTREAM_TIMEOUT"} {
		if strings.Count(cause, name) != 1 {
			t.Errorf("%d times %s in %q, want once", strings.Count(cause, name), name, cause)
		}
	}
}
