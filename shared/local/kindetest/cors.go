package kindetest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// allowOrigin lets pages of the registered applications call the endpoints that
// Kinde's SDKs for browsers call, with cookies. It reports whether the request
// was a preflight, which it has handled.
func (k *Kinde) allowOrigin(w http.ResponseWriter, r *http.Request) (preflight bool) {
	path := r.URL.Path
	if path != "/oauth2/token" && !strings.HasPrefix(path, "/.well-known/") && path != "/oauth2/v2/user_profile" &&
		!strings.HasPrefix(path, "/account_api/v1/") {
		return false
	}
	h := w.Header()
	h.Add("Vary", "Origin")
	preflight = r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
	if origin := r.Header.Get("Origin"); origin != "" && k.knowsOrigin(origin) {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Credentials", "true")
		if preflight {
			h.Set("Access-Control-Allow-Methods", "GET, POST")
			h.Set("Access-Control-Allow-Headers", "authorization, content-type, kinde-sdk")
		}
	}
	if preflight {
		w.WriteHeader(http.StatusNoContent)
	}
	return preflight
}

// knowsOrigin reports whether an application has a callback on the origin.
func (k *Kinde) knowsOrigin(origin string) bool {
	return slices.ContainsFunc(*k.clients.Load(), func(c Client) bool {
		return slices.ContainsFunc(c.Callbacks, func(callback string) bool {
			u, err := url.Parse(callback)
			return err == nil && u.Scheme+"://"+u.Host == origin
		})
	})
}
