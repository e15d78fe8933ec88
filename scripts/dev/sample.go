package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// maxSampleBody is how much of a request's body the sample API reads, in bytes.
const maxSampleBody = 64 << 10

// sampleAPI is an API for /api/proxy/sample/: it responds with what reached it. It shows
// that an access token came, and never the token itself, which would give it to the page.
func sampleAPI(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxSampleBody))
	if err != nil {
		http.Error(w, `{"error":"body too large"}`, http.StatusRequestEntityTooLarge)
		return
	}
	headers := map[string]string{}
	for name, values := range r.Header {
		headers[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	if scheme, token, found := strings.Cut(headers["authorization"], " "); found {
		headers["authorization"] = fmt.Sprintf("%s <access token of %d characters>", scheme, len(token))
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{ // the client may have disconnected
		"method": r.Method, "path": r.URL.EscapedPath(), "query": r.URL.RawQuery,
		"headers": headers, "body": string(body), "time": time.Now().UTC().Format(time.RFC3339),
	})
}

// startSample serves sampleAPI on a free port of this machine.
func startSample() (origin string, stop func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{
		Handler: http.HandlerFunc(sampleAPI), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second,
	}
	go func() { _ = server.Serve(listener) }() // until stop
	return "http://" + listener.Addr().String(), func() { server.Close() }, nil
}
