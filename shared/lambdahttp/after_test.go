package lambdahttp

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

func TestAfterAnswerRunsOnce(t *testing.T) {
	ran := 0
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		AfterAnswer(w, func() { ran++ })
		if r.URL.Path == "/panic" {
			panic("x")
		}
		if ran != 0 {
			t.Error("it ran before the answer was made")
		}
	})
	for _, path := range []string{"/", "/panic"} {
		ran = 0
		if _, err := New(handler).Invoke(t.Context(), load(t, "httpapi-v2", set("rawPath", path))); err != nil || ran != 1 {
			t.Errorf("%s: ran %d times, %v", path, ran, err)
		}
	}
	AfterAnswer(httptest.NewRecorder(), func() { ran = 7 })
	if ran != 7 {
		t.Error("a writer of another package: it did not run")
	}
}

// Under a Runtime API it runs when the answer has been written and before the
// next event is asked for.
func TestAfterAnswerFollowsTheAnswer(t *testing.T) {
	var mu sync.Mutex
	var happened []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		happened = append(happened, r.Method)
	}))
	defer server.Close()
	api := &runtimeAPI{host: server.Listener.Addr().String()}
	client := &http.Client{Transport: api}
	api.afterWrite = func() { mu.Lock(); defer mu.Unlock(); happened = append(happened, "after") }
	resp, err := client.Post(server.URL+"/response", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp, err = client.Get(server.URL + "/next"); err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got := strings.Join(happened, " "); got != "POST after GET" && got != "after POST GET" {
		t.Errorf("happened: %s", got)
	}
}
