package outbound_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"time"

	"kinde-functions/shared/outbound"
)

// A call has a deadline. A response of any status that arrived is not an error.
func ExampleClient_Do() {
	kinde := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.ParseForm()
		fmt.Fprintf(w, "%s %s", r.Method, r.Form.Get("token_type_hint"))
	}))
	defer kinde.Close()

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	resp, err := outbound.New(5*time.Second).Do(ctx, outbound.Request{
		Method: http.MethodPost,
		URL:    kinde.URL + "/oauth2/introspect",
		Form:   url.Values{"token_type_hint": {"access_token"}},
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(resp.Status, string(resp.Body))
	// Output: 200 POST access_token
}

// A ReverseProxy over the client's Transport forwards requests as they are.
func ExampleClient_Transport() {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Etag", `"2"`)
		fmt.Fprint(w, r.Method, " ", r.URL)
	}))
	defer api.Close()
	target, err := url.Parse(api.URL)
	if err != nil {
		panic(err)
	}

	proxy := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport: outbound.New(5 * time.Second).Transport(),
	}
	w := httptest.NewRecorder()
	proxy.ServeHTTP(w, httptest.NewRequest(http.MethodPatch, "/orders/7?dry=yes", nil))
	fmt.Println(w.Code, w.Header().Get("Etag"), w.Body)
	// Output: 200 "2" PATCH /orders/7?dry=yes
}
