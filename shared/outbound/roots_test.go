package outbound

import (
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestRootsAreTheNamedBundle(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("SSL_CERT_FILE is read on Linux alone")
	}
	// crypto/x509 reads the system's pool once in a process. It must do so before this test
	// sets SSL_CERT_FILE, or every later pool would be the test's bundle.
	if _, err := x509.SystemCertPool(); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	own := x509.NewCertPool()
	own.AddCert(server.Certificate())
	good, bad := filepath.Join(t.TempDir(), "good"), filepath.Join(t.TempDir(), "bad")
	for path, content := range map[string][]byte{
		good: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}),
		bad:  []byte("no certificate"),
	} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, row := range map[string]struct {
		file, dir string
		alone     bool
	}{
		"a bundle":               {good, "", true},
		"directories named, too": {good, t.TempDir(), false},
		"a broken bundle":        {bad, "", false},
		"no such bundle":         {good + "x", "", false},
	} {
		t.Setenv("SSL_CERT_FILE", row.file)
		t.Setenv("SSL_CERT_DIR", row.dir)
		if alone := readRoots().Equal(own); alone != row.alone {
			t.Errorf("%s: got the bundle alone: %t, want %t", name, alone, row.alone)
		}
	}
}
