package endpoint

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"net/netip"
)

// The headers by which the site's distribution passes on the viewer's host and address;
// the platform knows only the distribution's own request. template.yaml sets them.
const (
	originSecretHeader  = "X-Origin-Secret"
	viewerHostHeader    = "X-Viewer-Host"
	viewerAddressHeader = "X-Viewer-Address"
)

// fromOrigin gives a request that came through the site's distribution the host and the
// client address that it had there. Any client may send such headers, so they count only
// beside ORIGIN_SECRET, which the distribution adds and no one else knows. The headers are
// removed.
func fromOrigin(r *http.Request, secret string) {
	if secret == "" {
		return
	}
	given, hosts, addresses := r.Header[originSecretHeader], r.Header[viewerHostHeader], r.Header[viewerAddressHeader]
	for _, name := range []string{originSecretHeader, viewerHostHeader, viewerAddressHeader} {
		delete(r.Header, name)
	}
	if len(given) != 1 || !sameSecret(given[0], secret) {
		return
	}
	if len(hosts) == 1 {
		r.Host = hosts[0]
	}
	if len(addresses) == 1 {
		if _, err := netip.ParseAddr(addresses[0]); err == nil {
			r.RemoteAddr = addresses[0]
		}
	}
}

// sameSecret compares in constant time, lengths included.
func sameSecret(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
