package main

import (
	"net/http"
	"net/url"
	"reflect"
	"testing"

	"kinde-functions/shared/config"
)

func TestLocationStaysInsideTheAPI(t *testing.T) {
	api := config.API{Name: "orders", Origin: "https://api.example.com", Base: "/v1"}
	requested, _ := url.Parse("https://api.example.com/v1/items/7?x=1")
	for value, want := range map[string]string{
		"/v1/items/8": "/api/proxy/orders/items/8",
		"/v1":         "/api/proxy/orders",
		"/v1/":        "/api/proxy/orders/",
		"8":           "/api/proxy/orders/items/8",
		"?page=2":     "/api/proxy/orders/items/7?page=2",
		"../other":    "/api/proxy/orders/other",
		"https://api.example.com/v1/items/9?a=b#c": "/api/proxy/orders/items/9?a=b#c",
		"//api.example.com/v1/a%20b":               "/api/proxy/orders/a%20b",
		"":                                         "/api/proxy/orders/items/7?x=1",
		"https://api.example.com/v2/items":         "",
		"/v1x":                                     "",
		"/":                                        "",
		"/v1/../admin":                             "",
		"../../../admin":                           "",
		"/v1/%2e%2e/admin":                         "",
		`/v1/\evil.example`:                        "",
		"/v1/a%2fb":                                "",
		"http://api.example.com/v1/items":          "",
		"https://api.example.com:8443/v1/items":    "",
		"https://user@api.example.com/v1/items":    "",
		"https://evil.example/v1/items":            "",
		"//evil.example/v1/items":                  "",
		"https://api.example.com.evil/v1/":         "",
		"javascript:alert(1)":                      "",
		"https:///v1/":                             "",
	} {
		got, ok := location(api, requested, value)
		if got != want || ok != (want != "") {
			t.Errorf("location(%q) = %q, %v; want %q", value, got, ok, want)
		}
	}
}

func TestKeepTakesNamedHeadersAlone(t *testing.T) {
	h := http.Header{
		"Accept": {"text/html", "*/*"}, "Cookie": {"session=secret"}, "Authorization": {"Bearer other"},
		"Host":            {"evil.example"},
		"X-Forwarded-For": {"1.2.3.4"}, "X-Forwarded-Host": {"evil.example"}, "Forwarded": {"host=evil"},
		"Connection":        {"Accept, close"},
		"Transfer-Encoding": {"chunked"}, "Content-Length": {"7"}, "X-Csrf": {"1"}, "X-Organization": {"org_1"},
		"X-Nf-Account-Id": {"1"},
		"X_Request_Id":    {"1"}, "X-Tenant": {"t"}, "If-Match": {`"1"`}, "Te": {"trailers"}, "Upgrade": {"websocket"},
	}
	want := http.Header{"Accept": {"text/html", "*/*"}, "If-Match": {`"1"`}, "X-Tenant": {"t"}}
	if got := keep(h, append(requestHeaders, "X-Tenant")); !reflect.DeepEqual(got, want) {
		t.Errorf("keep = %v, want %v", got, want)
	}
}
