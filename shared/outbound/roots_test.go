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

func TestRootsAreTheBundleAlone(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems keep their certificates elsewhere")
	}
	// crypto/x509 reads the system's pool once in a process: before this test names
	// a bundle of its own, or every later pool would be that bundle.
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
			t.Errorf("%s: the bundle alone: %v", name, alone)
		}
	}
}
