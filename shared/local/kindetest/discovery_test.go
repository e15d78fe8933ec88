package kindetest

import (
	"net/http"
	"testing"
	"time"
)

func TestResponsesShowTheTenantsClockAndIssuer(t *testing.T) {
	tn := newTenant(t)
	tn.wait(-7 * time.Minute)
	tn.Kinde.SetQuirks(Quirks{DiscoveryIssuer: "https://acme.kinde.com"})
	got := tn.get("/.well-known/openid-configuration", "")
	date, err := http.ParseTime(got.header.Get("Date"))
	if behind := time.Since(date); err != nil || behind < 6*time.Minute || behind > 8*time.Minute {
		t.Errorf("got Date %q, %v behind, want about 7m", got.header.Get("Date"), behind)
	}
	body := got.json(t)
	if body["issuer"] != "https://acme.kinde.com" || body["token_endpoint"] != tn.URL+"/oauth2/token" {
		t.Errorf("got %v, want the quirk's issuer and the tenant's own endpoints", body)
	}
	tn.Kinde.SetQuirks(Quirks{})
	if body := tn.get("/.well-known/openid-configuration", "").json(t); body["issuer"] != tn.URL {
		t.Errorf("without quirks: got issuer %v, want %s", body["issuer"], tn.URL)
	}
	tn.Kinde.Fault("/.well-known/jwks", Fault{Status: 403})
	if date := tn.get("/.well-known/jwks", "").header.Get("Date"); date == "" ||
		date == time.Now().UTC().Format(http.TimeFormat) {
		t.Errorf("fault: got Date %q, want the tenant's clock", date)
	}
}
