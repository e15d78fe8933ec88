package main

import (
	"strings"
	"testing"

	"kinde-functions/shared/local/kindetest"
)

// A reference names a secret that is not here: what needs it is skipped, and the
// reference is sent nowhere.
func TestReferencesToSecretsAreNotSent(t *testing.T) {
	const arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:kinde"
	p := newTenant(t, kindetest.Options{})
	for name, ids := range map[string][]string{
		"KINDE_CLIENT_SECRET":     {"application.credentials", "application.callback-url"},
		"KINDE_M2M_CLIENT_SECRET": {"machine.credentials", "machine.scopes"},
		"SESSION_KEYS":            {"settings.session-keys-random"},
		"REDIS_URL":               {"redis.reachable"},
		"ORIGIN_SECRET":           nil,
	} {
		p.Kinde.ForgetCalls()
		checks := p.check(t, name, arn)
		for id, c := range fixes(checks) {
			t.Errorf("%s: %s: %s", name, id, text(c))
		}
		if c := checks["settings."+name]; c.State != isOK || !strings.Contains(c.Found, "reference") {
			t.Errorf("got %s", text(c))
		}
		for _, id := range ids {
			if c := checks[id]; c.State != isSkipped ||
				c.Found != name+" is a reference to a secret in AWS, which is not read here" {
				t.Errorf("got %s", text(c))
			}
		}
		for _, call := range p.Kinde.Calls("/") {
			if strings.Contains(call.Form.Encode()+call.Query.Encode(), "secretsmanager") {
				t.Errorf("%s: the reference was sent to %s", name, call.Path)
			}
		}
		if c := p.check(t, name, "arn:aws:s3:::bucket")["settings."+name]; c.State != toFix {
			t.Errorf("got %s", text(c))
		}
	}
}
