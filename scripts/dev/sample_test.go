package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestSampleAPIShowsRequestWithoutToken(t *testing.T) {
	origin, stop, err := startSample()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, origin+"/a%20b?c=d", strings.NewReader("hello"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer s3cret")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var got struct {
		Method, Path, Query, Body string
		Headers                   map[string]string
	}
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.Method != "POST" || got.Path != "/a%20b" || got.Query != "c=d" || got.Body != "hello" {
		t.Errorf("got %+v, want the request", got)
	}
	if want := "Bearer <access token of 6 characters>"; got.Headers["authorization"] != want {
		t.Errorf("got authorization %q, want %q", got.Headers["authorization"], want)
	}
}

func TestSampleAPIBoundsBodies(t *testing.T) {
	w := httptest.NewRecorder()
	sampleAPI(w, httptest.NewRequest("POST", "/", strings.NewReader(strings.Repeat("x", maxSampleBody+1))))
	if w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("got %d, want 413", w.Code)
	}
}
