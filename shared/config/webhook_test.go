package config

import (
	"bytes"
	"encoding/base64"
	"testing"
)

func TestWebhookForwarding(t *testing.T) {
	key := bytes.Repeat([]byte("k1"), 16)
	s, err := loadOne(WebhookForwardSecret, "whsec_"+base64.StdEncoding.EncodeToString(key))
	if err != nil || !bytes.Equal(s.WebhookForwardSecret, key) {
		t.Errorf("WEBHOOK_FORWARD_SECRET = %x, %v; want %x", s.WebhookForwardSecret, err, key)
	}
	for _, value := range []string{"whsec_", "whsec_c2hvcnQ=", base64.StdEncoding.EncodeToString(key), "whsec_***"} {
		if _, err := loadOne(WebhookForwardSecret, value); err == nil {
			t.Errorf("WEBHOOK_FORWARD_SECRET %q passes, want an error", value)
		}
	}
	for value, ok := range map[string]bool{
		"https://example.com/hook?x=1": true, "http://127.0.0.1:9/hook": true, "http://localhost/hook": true,
		"http://example.com/hook": false, "https://u:p@example.com/": false, "https://example.com/#a": false, "/hook": false,
	} {
		if _, err := loadOne(WebhookForwardURL, value); (err == nil) != ok {
			t.Errorf("WEBHOOK_FORWARD_URL %q: error %v, want accepted %v", value, err, ok)
		}
	}
}

func TestWebhookForwardingNeedsBothSettings(t *testing.T) {
	env := map[string]string{"WEBHOOK_FORWARD_URL": "https://example.com/hook"}
	lookup := func(name string) (string, bool) { value, ok := env[name]; return value, ok }
	_, err := Load(lookup, WebhookForwardURL, WebhookForwardSecret)
	if err == nil || err.Error() != "WEBHOOK_FORWARD_SECRET is not set" {
		t.Errorf("the URL alone: %v, want WEBHOOK_FORWARD_SECRET is not set", err)
	}
}
