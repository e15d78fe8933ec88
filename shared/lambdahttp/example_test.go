package lambdahttp_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/aws/aws-lambda-go/events"

	"kinde-functions/shared/lambdahttp"
)

// An event of an HTTP API, payload 2.0, is served by a handler of net/http.
func ExampleNew() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /hello/{name}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprintf(w, "Hello, %s.", r.PathValue("name"))
	})
	event := []byte(`{"version": "2.0", "rawPath": "/hello/Ada", "requestContext": {"http": {"method": "GET"}}}`)
	payload, err := lambdahttp.New(mux).Invoke(context.Background(), event)
	if err != nil {
		panic(err)
	}
	var response events.APIGatewayV2HTTPResponse
	if err := json.Unmarshal(payload, &response); err != nil {
		panic(err)
	}
	fmt.Println(response.StatusCode, response.Headers["Content-Type"], response.Body)
	// Output: 200 text/plain Hello, Ada.
}

// HTTP APIs decode a path and function URLs do not, so a handler that forwards
// the path must know which.
func ExampleRawPath() {
	show := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		path, decoded := lambdahttp.RawPath(r)
		fmt.Println(path, decoded)
	})
	const event = `{"version": "2.0", "rawPath": %q, "requestContext": {"domainName": %q, "http": {"method": "GET"}}}`
	for _, e := range []string{
		fmt.Sprintf(event, "/a%20b", "id.lambda-url.eu-central-1.on.aws"),
		fmt.Sprintf(event, "/a b", "id.execute-api.eu-central-1.amazonaws.com"),
	} {
		lambdahttp.New(show).Invoke(context.Background(), []byte(e))
	}
	// Output:
	// /a%20b false
	// /a b true
}
