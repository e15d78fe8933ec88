package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"kinde-functions/shared/config"
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/outbound"
	"kinde-functions/shared/token"
)

const discoveryPath = "/.well-known/openid-configuration"

// discovery is the part of the tenant's metadata that is checked (OpenID Connect Discovery
// 1.0 section 3).
type discovery struct {
	Issuer      string   `json:"issuer"`
	Challenges  []string `json:"code_challenge_methods_supported"`
	Algorithms  []string `json:"id_token_signing_alg_values_supported"`
	AuthMethods []string `json:"token_endpoint_auth_methods_supported"`
	Scopes      []string `json:"scopes_supported"`
}

// A difference between the clocks above smallSkew is noted. One above the verifier's leeway
// makes it refuse tokens.
const (
	smallSkew = 5 * time.Second
	leeway    = 30 * time.Second
)

func (d *doctor) checkTenant(ctx context.Context) {
	if reason := d.report.blocked("settings." + config.Issuer.Name()); reason != "" {
		d.report.skipRest("tenant", reason)
		return
	}
	doc, ok := d.checkDiscovery(ctx)
	if !ok {
		d.report.skipRest("tenant", "because of tenant.discovery")
		return
	}
	d.checkIssuer(doc)
	d.checkMethods(doc)
	d.checkKeys(ctx)
	d.checkManagementHost(ctx)
}

func (d *doctor) checkDiscovery(ctx context.Context) (doc discovery, ok bool) {
	const id = "tenant.discovery"
	target := d.settings.Issuer + discoveryPath
	began := time.Now()
	resp, err := d.get(ctx, target)
	if err != nil {
		d.refused(id, err, step{Do: "Check the spelling of KINDE_ISSUER_URL, and try from here:"},
			step{Run: "curl -i " + target})
		return doc, false
	}
	took := time.Since(began)
	d.checkClock(resp, began.Add(took/2))
	if resp.Status != http.StatusOK {
		steps := []step{{Do: sentence((&kinde.Error{Status: resp.Status}).Remedy())}}
		if resp.Status == http.StatusTooManyRequests {
			steps = []step{{Do: sentence(kinde.ThrottledRemedy)}}
		} else if resp.Status >= 500 {
			steps = []step{{Do: "Kinde has a failure of its own: try again later."}}
		}
		if to := originOf(resp.Header.Get("Location")); to != "" {
			steps = append(steps, set(config.Issuer.Name(), to))
		}
		d.report.fix(id, fmt.Sprintf("%s responds %d", target, resp.Status), append(steps, step{Run: "curl -i " + target})...)
		return doc, false
	}
	if json.Unmarshal(resp.Body, &doc) != nil || doc.Issuer == "" {
		d.report.fix(id, target+" is not a tenant's metadata", howToSet(config.Issuer.Name())...)
		return doc, false
	}
	d.report.ok(id, fmt.Sprintf("%s responds in %d ms", d.settings.Issuer, took.Milliseconds()))
	return doc, true
}

func (d *doctor) get(ctx context.Context, target string) (*outbound.Response, error) {
	ctx, cancel := limited(ctx)
	defer cancel()
	return d.out.Do(ctx, outbound.Request{Method: http.MethodGet, URL: target})
}

// originOf returns the origin of an absolute URL, or "".
func originOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return ""
	}
	return quoted(u.Scheme + "://" + u.Host)
}

func (d *doctor) checkIssuer(doc discovery) {
	if doc.Issuer == d.settings.Issuer {
		d.report.ok("tenant.issuer", doc.Issuer)
		return
	}
	steps := []step{{Do: "Set KINDE_ISSUER_URL to the issuer that the tenant names, exactly as it is written there:"},
		{Copy: quoted(doc.Issuer)}}
	if fixed := correctOrigin(config.Issuer.Name(), doc.Issuer); fixed != "" {
		steps = []step{steps[0], set(config.Issuer.Name(), fixed)}
	}
	if d.settings.M2MClientID != "" && d.env[config.Management.Name()] == "" && onKinde(d.settings.Issuer) {
		steps = append(steps, step{Do: "KINDE_MANAGEMENT_URL then keeps the address that KINDE_ISSUER_URL had:"},
			set(config.Management.Name(), d.settings.Issuer))
	}
	d.report.fix("tenant.issuer", "KINDE_ISSUER_URL is "+d.settings.Issuer+"; the tenant's issuer is "+quoted(doc.Issuer),
		steps...)
}

func (d *doctor) checkMethods(doc discovery) {
	const id = "tenant.methods"
	var missing []string
	for _, want := range []struct {
		name   string
		listed []string
	}{
		{"S256", doc.Challenges}, {"RS256", doc.Algorithms}, {"client_secret_post", doc.AuthMethods},
	} {
		if len(want.listed) > 0 && !slices.Contains(want.listed, want.name) {
			missing = append(missing, want.name)
		}
	}
	if len(missing) > 0 {
		d.report.note(id, "its metadata does not list "+strings.Join(missing, ", "),
			step{Do: "See whether KINDE_ISSUER_URL is a Kinde tenant; Kinde's list all three."})
		return
	}
	d.report.ok(id, "S256, RS256, credentials in the body")
}

func (d *doctor) checkKeys(ctx context.Context) {
	const id = "tenant.keys"
	target := d.settings.Issuer + kinde.KeysPath
	resp, err := d.get(ctx, target)
	switch {
	case err != nil:
		d.refused(id, err, step{Run: "curl -i " + target})
	case resp.Status == http.StatusForbidden || resp.Status == http.StatusUnauthorized:
		d.report.fix(id, fmt.Sprintf("%s responds %d", target, resp.Status), step{Do: sentence(kinde.KeysRemedy)},
			step{Run: "curl -i " + target})
	case resp.Status == http.StatusTooManyRequests:
		d.report.fix(id, target+" responds 429", step{Do: sentence(kinde.ThrottledRemedy)})
	case resp.Status != http.StatusOK:
		d.report.fix(id, fmt.Sprintf("%s responds %d", target, resp.Status),
			step{Do: sentence((&kinde.Error{Status: resp.Status}).Remedy())}, step{Run: "curl -i " + target})
	default:
		n, err := token.UsableKeys(resp.Body)
		if err != nil {
			d.report.fix(id, err.Error(), step{Do: "See what is published there; tokens are verified with RSA keys of 2048 " +
				"bits or more:"}, step{Run: "curl -s " + target})
			return
		}
		d.keyID = firstKeyID(resp.Body)
		d.report.ok(id, fmt.Sprintf("%d usable", n))
	}
}

// firstKeyID returns the kid of a key set's first key.
func firstKeyID(set []byte) string {
	var keys struct {
		Keys []struct{ Kid string }
	}
	if json.Unmarshal(set, &keys) != nil || len(keys.Keys) == 0 {
		return ""
	}
	return keys.Keys[0].Kid
}

// checkClock compares the response's Date, which has whole seconds, with the time in the
// middle of the request.
func (d *doctor) checkClock(resp *outbound.Response, here time.Time) {
	const id = "tenant.clock"
	there, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		d.report.skip(id, "Kinde's response has no Date")
		return
	}
	skew := here.Sub(there.Add(500 * time.Millisecond))
	found := fmt.Sprintf("this machine's clock is %v ahead of Kinde's", skew.Abs().Round(time.Second))
	if skew < 0 {
		found = strings.Replace(found, "ahead of", "behind", 1)
	}
	steps := []step{{Do: "Set the clock by the network:"}, {Run: "sudo timedatectl set-ntp true"}}
	switch {
	case skew.Abs() > leeway-time.Second:
		d.report.fix(id, found, steps...)
	case skew.Abs() > smallSkew:
		d.report.note(id, found, steps...)
	default:
		d.report.ok(id, "the same")
	}
}

// checkManagementHost checks the host behind a custom domain.
func (d *doctor) checkManagementHost(ctx context.Context) {
	const id = "tenant.management"
	s := d.settings
	if reason := d.report.blocked("settings.management-url"); reason != "" || s.Management == s.Issuer {
		d.report.skip(id, cmp.Or(reason, "it is the issuer"))
		return
	}
	resp, err := d.get(ctx, s.Management+discoveryPath)
	switch {
	case err != nil:
		d.refused(id, err, howToSet(config.Management.Name())...)
	case resp.Status != http.StatusOK:
		d.report.fix(id, fmt.Sprintf("%s responds %d", s.Management, resp.Status), howToSet(config.Management.Name())...)
	default:
		d.report.ok(id, s.Management)
	}
}
