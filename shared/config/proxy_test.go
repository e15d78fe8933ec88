package config

import (
	"reflect"
	"testing"
)

// loadOne reads one setting alone.
func loadOne(setting Setting, value string) (*Settings, error) {
	return Load(func(name string) (string, bool) { return value, name == setting.name }, setting)
}

func TestProxyAPIsReadsNamesOriginsAndBases(t *testing.T) {
	s, err := loadOne(ProxyAPIs, "orders=https://api.example.com/v1/  files=http://127.0.0.1:8081 a-1=https://b.example/")
	want := []API{
		{Name: "orders", Origin: "https://api.example.com", Base: "/v1"},
		{Name: "files", Origin: "http://127.0.0.1:8081"},
		{Name: "a-1", Origin: "https://b.example"},
	}
	if err != nil || !reflect.DeepEqual(s.ProxyAPIs, want) {
		t.Errorf("PROXY_APIS = %+v, %v; want %+v", s.ProxyAPIs, err, want)
	}
}

func TestProxyAPIsRefuses(t *testing.T) {
	for _, value := range []string{
		"orders", "=https://a.example", "Orders=https://a.example", "orders=a.example", "orders=http://a.example",
		"orders=https://a.example orders=https://b.example", "orders=https://user@a.example", "orders=https://a.example/../x",
		"orders=https://a.example/a//b", "orders=https://a.example/a?b", "orders=https://a.example/a#b",
		"orders=https://a.example/%2e",
		`orders=https://a.example/a\b`, "orders=https://a.example/./b", "abcdefghijklmnopqrstuvwxyzabcdefg=https://a.example",
		"a=https://a.example:443", "a=https://A.example", "a=https://a.example/;b",
	} {
		if s, err := loadOne(ProxyAPIs, value); err == nil {
			t.Errorf("PROXY_APIS %q = %+v, want an error", value, s.ProxyAPIs)
		}
	}
}

func TestProxyHeadersAreCanonicalAndCarryNoCredential(t *testing.T) {
	s, err := loadOne(ProxyHeaders, "x-tenant, X-Trace-Id")
	if want := []string{"X-Tenant", "X-Trace-Id"}; err != nil || !reflect.DeepEqual(s.ProxyHeaders, want) {
		t.Errorf("PROXY_HEADERS = %v, %v; want %v", s.ProxyHeaders, err, want)
	}
	for _, value := range []string{"authorization", "COOKIE", "host", "x-forwarded-for", "Forwarded", "x-nf-request-id",
		"a b", "a:", ",",
		"proxy-authorization", "transfer-encoding", "x-amzn-trace-id", "sec-fetch-site"} {
		if _, err := loadOne(ProxyHeaders, value); err == nil {
			t.Errorf("PROXY_HEADERS %q passes, want an error", value)
		}
	}
}
