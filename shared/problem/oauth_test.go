package problem

import (
	"encoding/json"
	"regexp"
	"testing"
)

func TestOAuthDocumentAddsErrorAndDescription(t *testing.T) {
	// RFC 6749 section 5.2: %x20-21 / %x23-5B / %x5D-7E.
	characters := regexp.MustCompile(`^[\x20-\x21\x23-\x5B\x5D-\x7E]+$`)
	for _, code := range Codes() {
		var plain, oauth map[string]any
		e := New(code, nil)
		if err := json.Unmarshal(e.Document("r"), &plain); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(e.OAuthDocument("r"), &oauth); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"error", "error_description"} {
			if text, _ := oauth[name].(string); !characters.MatchString(text) {
				t.Errorf("%s: got %s %q, want the characters of RFC 6749", code, name, oauth[name])
			}
			delete(oauth, name)
		}
		if len(oauth) != len(plain) || oauth["code"] != plain["code"] || oauth["detail"] != plain["detail"] {
			t.Errorf("%s: got %v, want %v and two more", code, oauth, plain)
		}
	}
}

func TestOAuthErrors(t *testing.T) {
	for code, want := range map[Code]string{
		NoToken: "invalid_token", InvalidToken: "invalid_token", InvalidParameter: "invalid_request",
		InvalidRequest: "invalid_request", UnsupportedMediaType: "invalid_request", BodyTooLarge: "invalid_request",
		NotYourToken: "access_denied", InsufficientScope: "insufficient_scope", RateLimited: "temporarily_unavailable",
		UpstreamThrottled: "temporarily_unavailable", KeysUnavailable: "temporarily_unavailable",
		NotRevoked: "temporarily_unavailable", UpstreamTimeout: "temporarily_unavailable",
		UpstreamFailed: "server_error", UpstreamMisconfigured: "server_error", Misconfigured: "server_error",
	} {
		if got := code.oauth(); got != want {
			t.Errorf("%s: got %q, want %q", code, got, want)
		}
	}
	e := BadParameter("client_id", `must be "ours" … or \ left out`)
	e.OAuth = "invalid_client"
	var got struct {
		Error       string
		Description string `json:"error_description"`
	}
	if err := json.Unmarshal(e.OAuthDocument(""), &got); err != nil || got.Error != "invalid_client" ||
		got.Description != "Parameter `client_id` must be 'ours' ... or  left out." {
		t.Errorf("got %+v, %v, want invalid_client and the sanitized detail", got, err)
	}
}
