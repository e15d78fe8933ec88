package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// ownAPI is where the upstream serves an API of the site's own.
const ownAPI = "/own-api"

// serveOwnAPI responds to <ownAPI>/{n} with n bytes of text. It wants an Authorization, as
// every API behind the proxy does.
func serveOwnAPI(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || r.Header.Get("Authorization") == "" {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/plain")
	_, _ = w.Write(bytes.Repeat([]byte("x"), n))
}

// throughProxy compares functions/proxy with a plain reverse proxy, for responses of n bytes.
func throughProxy(name string, n int, limits map[string]limit) comparison {
	request := get(fmt.Sprintf("/api/proxy/sample/%d", n))
	check := func(_ *upstream, resp *http.Response) error {
		size, err := io.Copy(io.Discard, resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK || size != int64(n) {
			return fmt.Errorf("got status %d with %d bytes, want 200 with %d", resp.StatusCode, size, n)
		}
		return nil
	}
	return comparison{
		name:   name,
		about:  fmt.Sprintf("%d bytes of an own API, plain is scripts/bench/plainproxy, ours is functions/proxy", n),
		plain:  subject{pkg: "kinde-functions/scripts/bench/plainproxy", request: request, check: check},
		ours:   subject{pkg: "kinde-functions/functions/proxy", request: request, check: check},
		limits: limits,
	}
}
