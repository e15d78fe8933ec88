// Command plainproxy forwards requests by httputil.ReverseProxy and does nothing else: it
// verifies no token, limits no size and passes every header on. scripts/bench compares
// functions/proxy with it. It is not deployed, and defends against nothing.
package main

import (
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/awslabs/aws-lambda-go-api-proxy/httpadapter"
)

func main() {
	_, origin, _ := strings.Cut(os.Getenv("PROXY_APIS"), "=")
	api, err := url.Parse(origin)
	if err != nil || api.Host == "" {
		log.Fatal("PROXY_APIS is not one name=URL")
	}
	forward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(api) }}
	lambda.Start(httpadapter.New(http.StripPrefix("/api/proxy/sample", forward)).ProxyWithContext)
}
