package main

import (
	"encoding/json"
	"net/http"
	"strings"

	"kinde-functions/shared/kindetest"
)

// devToken hands the demo page an access token of the embedded Kinde's demo
// person, so that the site can be used before there is a login. With a real
// tenant there is no such thing.
//
//	POST /dev/token  ->  200 {"access_token": "…"}
type devToken struct {
	origin string
	kinde  *kindetest.Server // nil with a real tenant
}

func (d devToken) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	switch {
	case d.kinde == nil:
		problem(w, http.StatusNotFound, "There is no embedded Kinde: KINDE_ISSUER_URL names a tenant of its own.")
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", "POST")
		problem(w, http.StatusMethodNotAllowed, "Send a POST.")
	case !d.fromOwnPage(r):
		problem(w, http.StatusForbidden, "Only a page on "+d.origin+" may ask for a token. Open the site there.")
	default:
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]string{"access_token": d.kinde.Kinde.Mint()})
	}
}

// fromOwnPage reports whether a page of the site sent the request: the browser
// says so, and it is the site's own name that it was sent to, not one that
// somebody has pointed at this machine.
func (d devToken) fromOwnPage(r *http.Request) bool {
	if "http://"+r.Host != d.origin {
		return false
	}
	if from := r.Header.Get("Sec-Fetch-Site"); from != "" {
		return from == "same-origin"
	}
	return strings.EqualFold(r.Header.Get("Origin"), d.origin)
}

// problem answers in the form of RFC 9457.
func problem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"type": "about:blank", "title": http.StatusText(status), "status": status, "detail": detail,
	})
}
