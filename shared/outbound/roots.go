package outbound

import (
	"crypto/x509"
	"os"
	"runtime"
	"sync"
)

// bundles are the files that hold all certificates of a Linux system, in the
// order in which crypto/x509 looks for them.
var bundles = []string{
	"/etc/ssl/certs/ca-certificates.crt", // Debian, Alpine
	"/etc/pki/tls/certs/ca-bundle.crt",   // Amazon Linux, Fedora
}

// roots returns the system's certificates, read once, or nil: the handshake then
// loads them itself or fails.
var roots = sync.OnceValue(readRoots)

// readRoots reads the system's certificates.
//
// crypto/x509 reads the bundle and then the directories that the bundle was made
// from, which takes four fifths of its time and finds nothing new. Therefore only
// the bundle is read, unless SSL_CERT_DIR names directories.
func readRoots() *x509.CertPool {
	if runtime.GOOS == "linux" && os.Getenv("SSL_CERT_DIR") == "" {
		files := bundles
		if file := os.Getenv("SSL_CERT_FILE"); file != "" {
			files = []string{file}
		}
		for _, file := range files {
			pool := x509.NewCertPool()
			if pem, err := os.ReadFile(file); err == nil && pool.AppendCertsFromPEM(pem) {
				return pool
			}
		}
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil
	}
	return pool
}
