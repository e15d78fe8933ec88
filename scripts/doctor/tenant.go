package main

import (
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

// tenantState is what the checks learned of the tenant.
type tenantState struct {
	discovery
	response *outbound.Response // to the request for its metadata
	half     time.Time          // the time in the middle of that request
	keyID    string             // of one of its signing keys
}

// noIssuer is the reason to skip what needs the tenant.
func noIssuer(d *doctor) string {
	return d.blocked("settings.here", "settings."+config.Issuer.Name())
}

func (d *doctor) checkDiscovery(ctx context.Context) result {
	target := d.settings.Issuer + discoveryPath
	curl := step{Run: "curl -i " + target}
	began := time.Now()
	resp, err := d.get(ctx, target)
	if err != nil {
		return refused(err, step{Do: "Check the spelling of KINDE_ISSUER_URL, and try from here:"}, curl)
	}
	took := time.Since(began)
	d.tenant.response, d.tenant.half = resp, began.Add(took/2)
	switch {
	case resp.Status != http.StatusOK:
		remedy := (&kinde.Error{Status: resp.Status}).Remedy()
		if resp.Status == http.StatusTooManyRequests {
			remedy = kinde.ThrottledRemedy
		} else if resp.Status >= 500 {
			remedy = "Kinde has failed: try again later"
		}
		steps := []step{{Do: sentence(remedy)}}
		if to := originOf(resp.Header.Get("Location")); to != "" {
			steps = append(steps, set(config.Issuer.Name(), to))
		}
		return failed(fmt.Sprintf("%s responds %d", target, resp.Status), append(steps, curl)...)
	case json.Unmarshal(resp.Body, &d.tenant.discovery) != nil || d.tenant.Issuer == "":
		return failed(target+" is not a tenant's metadata", howToSet(config.Issuer.Name())...)
	}
	return passed(fmt.Sprintf("%s responds in %d ms", d.settings.Issuer, took.Milliseconds()))
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

func (d *doctor) checkIssuer(context.Context) result {
	issuer := d.tenant.Issuer
	if issuer == d.settings.Issuer {
		return passed(issuer)
	}
	steps := []step{{Do: "Set KINDE_ISSUER_URL to the issuer that the tenant names, exactly as it is written there:"},
		{Copy: quoted(issuer)}}
	if fixed := correctOrigin(config.Issuer.Name(), issuer); fixed != "" {
		steps = []step{steps[0], set(config.Issuer.Name(), fixed)}
	}
	if d.settings.M2MClientID != "" && d.env[config.Management.Name()] == "" && onKinde(d.settings.Issuer) {
		steps = append(steps, step{Do: "KINDE_MANAGEMENT_URL then keeps the address that KINDE_ISSUER_URL had:"},
			set(config.Management.Name(), d.settings.Issuer))
	}
	return failed("KINDE_ISSUER_URL is "+d.settings.Issuer+"; the tenant's issuer is "+quoted(issuer), steps...)
}

func (d *doctor) checkMethods(context.Context) result {
	var missing []string
	for _, want := range []struct {
		name   string
		listed []string
	}{
		{"S256", d.tenant.Challenges}, {"RS256", d.tenant.Algorithms}, {"client_secret_post", d.tenant.AuthMethods},
	} {
		if len(want.listed) > 0 && !slices.Contains(want.listed, want.name) {
			missing = append(missing, want.name)
		}
	}
	if len(missing) > 0 {
		return noted("its metadata does not list "+strings.Join(missing, ", "),
			step{Do: "See whether KINDE_ISSUER_URL is a Kinde tenant; Kinde's list all three."})
	}
	return passed("S256, RS256, credentials in the body")
}

func (d *doctor) checkKeys(ctx context.Context) result {
	target := d.settings.Issuer + kinde.KeysPath
	curl := step{Run: "curl -i " + target}
	resp, err := d.get(ctx, target)
	if err != nil {
		return refused(err, curl)
	}
	found := fmt.Sprintf("%s responds %d", target, resp.Status)
	switch resp.Status {
	case http.StatusOK:
	case http.StatusForbidden, http.StatusUnauthorized:
		return failed(found, step{Do: sentence(kinde.KeysRemedy)}, curl)
	case http.StatusTooManyRequests:
		return failed(found, step{Do: sentence(kinde.ThrottledRemedy)})
	default:
		return failed(found, step{Do: sentence((&kinde.Error{Status: resp.Status}).Remedy())}, curl)
	}
	n, err := token.UsableKeys(resp.Body)
	if err != nil {
		return failed(err.Error(), step{Do: "See what is published there; tokens are verified with RSA keys of 2048 bits " +
			"or more:"}, step{Run: "curl -s " + target})
	}
	d.tenant.keyID = firstKeyID(resp.Body)
	return passed(fmt.Sprintf("%d usable", n))
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

// checkClock compares the Date of the tenant's response, which has whole seconds, with the
// time in the middle of the request.
func (d *doctor) checkClock(context.Context) result {
	if d.tenant.response == nil {
		return because("tenant.discovery")
	}
	there, err := http.ParseTime(d.tenant.response.Header.Get("Date"))
	if err != nil {
		return skipped("Kinde's response has no Date")
	}
	skew := d.tenant.half.Sub(there.Add(500 * time.Millisecond))
	found := fmt.Sprintf("this machine's clock is %v ahead of Kinde's", skew.Abs().Round(time.Second))
	if skew < 0 {
		found = strings.Replace(found, "ahead of", "behind", 1)
	}
	steps := []step{{Do: "Set the clock by the network:"}, {Run: "sudo timedatectl set-ntp true"}}
	switch {
	case skew.Abs() > leeway-time.Second:
		return failed(found, steps...)
	case skew.Abs() > smallSkew:
		return noted(found, steps...)
	default:
		return passed("the same")
	}
}

// checkManagementHost checks the host behind a custom domain.
func (d *doctor) checkManagementHost(ctx context.Context) result {
	s := d.settings
	if s.Management == s.Issuer {
		return skipped("it is the issuer")
	}
	steps := howToSet(config.Management.Name())
	resp, err := d.get(ctx, s.Management+discoveryPath)
	switch {
	case err != nil:
		return refused(err, steps...)
	case resp.Status != http.StatusOK:
		return failed(fmt.Sprintf("%s responds %d", s.Management, resp.Status), steps...)
	}
	return passed(s.Management)
}
