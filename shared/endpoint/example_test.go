package endpoint_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/local/kindetest"
)

// A handler receives an identified caller. It reads no credential, writes no log line and
// renders no error.
func ExampleAPI() {
	tenant, err := kindetest.Serve(kindetest.Options{Site: "https://site.example"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer tenant.Close()
	function := endpoint.API("user-profile", func(*endpoint.Services) (endpoint.Handlers, error) {
		greet := func(_ context.Context, r *endpoint.Request) (*endpoint.Response, error) {
			return endpoint.Encode(http.StatusOK, map[string]string{"hello": r.Caller.Subject})
		}
		return endpoint.Handlers{"GET /api/user-profile": {Serve: greet}}, nil
	})
	env := map[string]string{"KINDE_ISSUER_URL": tenant.URL, "KINDE_CLIENT_ID": kindetest.ClientID,
		"KINDE_SITE_URL": "https://site.example"}
	function.Lookup = func(name string) (string, bool) { value, ok := env[name]; return value, ok }
	function.Output = io.Discard

	for _, token := range []string{tenant.Kinde.Mint(), "forged"} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "/api/user-profile", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		function.Handler().ServeHTTP(w, r)
		fmt.Println(w.Code, w.Header().Get("Content-Type"))
	}
	// Output:
	// 200 application/json
	// 401 application/problem+json
}
