package secrets_test

import (
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/lambdarun"
)

const arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:kinde-AbCdEf"

// The function also has an origin secret: only requests that carry it set the viewer's host.
func TestBuiltFunctionFetchesSecretsDuringInit(t *testing.T) {
	keys := base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcdef"))
	var calls atomic.Int32
	aws := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		fmt.Fprintf(w, `{"SecretString": "{\"client\": \"the-client-secret\", \"keys\": \"%s\"}"}`, keys)
	}))
	t.Cleanup(aws.Close)
	folder := t.TempDir()
	certificate := filepath.Join(folder, "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: aws.Certificate().Raw})
	if err := os.WriteFile(certificate, block, 0o600); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(folder, "login")
	if err := lambdarun.Build(t.Context(), "kinde-functions/functions/login", binary); err != nil {
		t.Fatal(err)
	}
	const originSecret = "0123456789abcdefghijklmnopqrstuvwxyz"
	var log functiontest.Log
	f, err := lambdarun.Start(t.Context(), lambdarun.Options{Binary: binary, Output: &log, Env: []string{
		"KINDE_ISSUER_URL=https://acme.kinde.com", "KINDE_CLIENT_ID=client", "KINDE_SITE_URL=https://www.example.com",
		"KINDE_CLIENT_SECRET=" + arn + "#client", "SESSION_KEYS=" + arn + "#keys", "ORIGIN_SECRET=" + originSecret,
		"AWS_ACCESS_KEY_ID=id", "AWS_SECRET_ACCESS_KEY=key", "AWS_SESSION_TOKEN=session",
		"AWS_ENDPOINT_URL_SECRETS_MANAGER=" + aws.URL, "SSL_CERT_FILE=" + certificate,
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if got := calls.Load(); got != 1 {
		t.Errorf("got %d calls during init, want 1", got)
	}
	api := lambdarun.Handler(f, lambdarun.HTTPAPI2)
	for secret, want := range map[string]int{
		originSecret: http.StatusFound, "guessed": http.StatusBadRequest, "": http.StatusBadRequest,
	} {
		r := httptest.NewRequestWithContext(t.Context(), "GET",
			"https://abc.execute-api.eu-central-1.amazonaws.com/auth/login", nil)
		r.Header.Set("X-Origin-Secret", secret)
		r.Header.Set("X-Viewer-Host", "www.example.com")
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("origin secret %q: got %d %v %s, want %d", secret, w.Code, w.Header(), w.Body, want)
		}
	}
	if out := log.String(); calls.Load() != 1 || strings.Contains(out, "the-client-secret") ||
		strings.Contains(out, keys) || strings.Contains(out, originSecret) {
		t.Errorf("got %d calls and the log %s, want 1 call and no secret", calls.Load(), out)
	}
}

// The log names each secret that could not be fetched. Health reports no setting as
// missing, since all are set.
func TestBuiltFunctionWithUnreachableSecrets(t *testing.T) {
	folder := t.TempDir()
	for function, want := range map[string]string{"login": `"misconfigured"`, "health": `{"missing":[],"off":{`} {
		binary := filepath.Join(folder, function)
		if err := lambdarun.Build(t.Context(), "kinde-functions/functions/"+function, binary); err != nil {
			t.Fatal(err)
		}
		var log functiontest.Log
		f, err := lambdarun.Start(t.Context(), lambdarun.Options{Binary: binary, Output: &log, Env: []string{
			"KINDE_ISSUER_URL=https://acme.kinde.com", "KINDE_CLIENT_ID=client", "KINDE_SITE_URL=https://www.example.com",
			"KINDE_CLIENT_SECRET=" + arn, "SESSION_KEYS=" + arn + "-keys", "REDIS_URL=" + arn,
			"AWS_ACCESS_KEY_ID=id", "AWS_SECRET_ACCESS_KEY=key", "AWS_ENDPOINT_URL_SECRETS_MANAGER=http://127.0.0.1:1",
		}})
		if err != nil {
			t.Fatal(err)
		}
		path := map[string]string{"login": "/auth/login", "health": "/api/health"}[function]
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), "GET", "https://www.example.com"+path, nil)
		lambdarun.Handler(f, lambdarun.HTTPAPI2).ServeHTTP(w, r)
		end := time.Now().Add(5 * time.Second)
		for !strings.Contains(log.String(), `"msg":"request"`) && time.Now().Before(end) {
			time.Sleep(5 * time.Millisecond) // the log line follows the response
		}
		f.Close()
		if !strings.Contains(w.Body.String(), want) || strings.Contains(w.Body.String(), "arn:") {
			t.Errorf("%s: got %d %s, want %s", function, w.Code, w.Body, want)
		}
		for _, name := range []string{"KINDE_CLIENT_SECRET", "SESSION_KEYS", "REDIS_URL"} {
			want := name + " could not be fetched: secretsmanager in eu-central-1 is unreachable"
			if function == "login" && !strings.Contains(log.String(), want) {
				t.Errorf("got the log %s, want %q", log.String(), want)
			}
		}
	}
}
