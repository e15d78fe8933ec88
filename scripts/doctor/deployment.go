package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// deployment is what the checks learned of one.
type deployment struct {
	responses map[string]*response     // of functions, by method and path
	probes    map[string]functionProbe // of functions, by name; nil: not made yet
	lacks     []string                 // settings that are missing or wrong there
	off       map[string][]string      // capabilities, and the unset settings that switch them off
	login     *url.URL                 // where /auth/login redirects; nil: nowhere
	signIn    *response                // to the request there
}

// noDeployment is the reason to skip what needs a deployment.
func noDeployment(d *doctor) string {
	if d.url == "" {
		return "no --url was given"
	}
	return ""
}

// noHealth is the reason to skip what needs the deployment's functions.
func noHealth(d *doctor) string {
	if reason := noDeployment(d); reason != "" || d.at.responses["GET /api/health"] != nil {
		return reason
	}
	return "because of deployment.health"
}

func (d *doctor) checkHTTPS(context.Context) result {
	switch {
	case strings.HasPrefix(d.url, "https://"):
		return passed(d.url)
	case onLoopback(d.url):
		return passed("it is on this machine")
	}
	return failed(d.url+" is not https",
		step{Do: "Give the site a certificate (on Netlify: Domain management → HTTPS), and its https address to --url."})
}

func (d *doctor) checkHealth(ctx context.Context) result {
	target := d.url + "/api/health"
	got, err := d.fetch(ctx, request{url: target})
	var body struct {
		Version        string
		Missing, Wrong []string
		Off            map[string][]string
	}
	switch {
	case err != nil:
		return failed(quoted(err.Error()), step{Do: "Check the address, and try from here:"},
			step{Run: "curl -i " + target})
	case got.code() == "misconfigured":
		return failed("even health responds misconfigured",
			step{Do: "Its log names the settings: most likely ALLOWED_ORIGINS."}, step{Run: "netlify logs:function health"})
	case got.status != http.StatusOK || json.Unmarshal(got.body, &body) != nil || body.Missing == nil || body.Wrong == nil:
		return failed(fmt.Sprintf("%s responds %d, and not as the function health does", target, got.status),
			step{Do: "Deploy the functions, with netlify.toml or template.yaml as they are in the repository:"}, deployStep)
	}
	d.at.responses["GET /api/health"], d.at.off = got, body.Off
	d.at.lacks = slices.Concat(body.Missing, body.Wrong)
	if len(d.at.lacks) == 0 {
		return passed("version " + quoted(body.Version) + ", no setting is missing or wrong")
	}
	var steps []step
	var found []string
	for _, name := range d.at.lacks {
		state := " is missing"
		if slices.Contains(body.Wrong, name) {
			state = " is wrong"
		}
		found = append(found, quoted(name)+state)
		steps = append(steps, howToSet(name)...)
	}
	return failed(strings.Join(found, ", "), append(steps, redeploySteps...)...)
}

var (
	deployStep    = step{Run: "netlify deploy --build --prod"}
	redeploySteps = []step{{Do: "Then deploy again: functions read settings when they start."}, deployStep}
)

// checkCapabilities compares what is off there with what the site needs: users sign in,
// and what is set up here works there.
func (d *doctor) checkCapabilities(context.Context) result {
	var off, differ, settings []string
	for _, name := range slices.Sorted(maps.Keys(d.at.off)) {
		unset := d.at.off[name]
		text := quoted(name) + " (" + quoted(strings.Join(unset, ", ")) + ")"
		off = append(off, text)
		if d.anySet(unset...) && (name != "sessions" || !d.tokensOnly) {
			differ = append(differ, text)
			settings = append(settings, unset...)
		}
	}
	slices.Sort(settings)
	sessions := d.at.off["sessions"]
	switch {
	case d.at.off == nil:
		return noted("health there does not list what is off",
			step{Do: "Deploy the version that this doctor belongs to."}, deployStep)
	case len(sessions) > 0 && !d.tokensOnly:
		return failed("no user can sign in there: "+quoted(strings.Join(sessions, " and "))+" is not set",
			slices.Concat(howToDeploy(sessions...), tokensOnlySteps[:1],
				[]step{{Run: tokensOnlySteps[1].Run + " --url " + d.url}})...)
	case len(differ) > 0:
		return failed("set up here and off there: "+strings.Join(differ, ", "),
			howToDeploy(slices.Compact(settings)...)...)
	case len(off) > 0:
		return passed("off, by settings that are not set: " + strings.Join(off, ", "))
	default:
		return passed("all are on")
	}
}

// required are the headers of every response of a function, and what they must hold.
var required = map[string]string{
	"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
	"X-Request-Id": "", "Server-Timing": "",
}

func (d *doctor) checkHeaders(context.Context) result {
	wanted := maps.Clone(required)
	if strings.HasPrefix(d.url, "https://") {
		wanted["Strict-Transport-Security"] = "max-age="
	}
	wrong := map[string][]string{}
	for sent, got := range d.at.responses {
		for name, want := range wanted {
			value := got.header.Get(name)
			if value == "" || want != "" && !strings.Contains(value, want) {
				wrong[name] = append(wrong[name], sent)
			}
		}
	}
	if len(wrong) == 0 {
		return passed(fmt.Sprintf("right in %d responses", len(d.at.responses)))
	}
	var found []string
	for name, sent := range wrong {
		slices.Sort(sent)
		found = append(found, fmt.Sprintf("%s is missing or changed in %d of %d responses, such as to %s",
			name, len(sent), len(d.at.responses), sent[0]))
	}
	slices.Sort(found)
	return failed(strings.Join(found, "; "), step{Do: "Functions set them; find what changes responses on the " +
		"way: a proxy, an edge function, a rule of the CDN."})
}

// checkCache sends the same request twice: a cached response has an age, or is the same
// response.
func (d *doctor) checkCache(ctx context.Context) result {
	var ids []string
	for range 2 {
		got, err := d.fetch(ctx, request{url: d.url + "/api/health"})
		if err != nil {
			return failed(quoted(err.Error()), step{Run: "curl -i " + d.url + "/api/health"})
		}
		if cached(got.header) {
			return failed("/api/health was served by a cache", cacheSteps...)
		}
		ids = append(ids, got.header.Get("X-Request-Id"))
	}
	if ids[0] == ids[1] {
		return failed("two requests to /api/health got the same response", cacheSteps...)
	}
	return passed("two requests got two responses")
}

// cached reports whether a response comes from a cache: by its age (RFC 9111
// section 5.1) or by a member of Cache-Status that is a hit (RFC 9211 section 2.1).
func cached(h http.Header) bool {
	if age := h.Get("Age"); age != "" && age != "0" {
		return true
	}
	for member := range strings.SplitSeq(strings.ToLower(strings.Join(h.Values("Cache-Status"), ",")), ",") {
		for parameter := range strings.SplitSeq(member, ";") {
			if strings.TrimSpace(parameter) == "hit" {
				return true
			}
		}
	}
	return false
}

var cacheSteps = []step{{Do: "Keep /api/*, /auth/* and /portal out of caches: remove a CDN rule that ignores " +
	"Cache-Control, or use CachingDisabled in CloudFront's behavior."}}

func (d *doctor) checkPages(ctx context.Context) result {
	if d.pagesElsewhere() {
		return skipped(pagesElsewhere)
	}
	home, err := d.fetch(ctx, request{url: d.url + "/"})
	switch {
	case err != nil:
		return failed(quoted(err.Error()), publishSteps...)
	case home.status != http.StatusOK:
		return noted(fmt.Sprintf("/ responds %d: are the pages elsewhere?", home.status), publishSteps...)
	case home.header.Get("Content-Security-Policy") == "":
		return failed("/ has no Content-Security-Policy", policySteps...)
	case !limitsScripts(home.header.Get("Content-Security-Policy")):
		return failed("the Content-Security-Policy of / allows every script", policySteps...)
	case home.header.Get("X-Content-Type-Options") != "nosniff":
		return noted("/ has no X-Content-Type-Options: nosniff", policySteps...)
	}
	return passed("/ has a Content-Security-Policy")
}

func (d *doctor) checkAccessPage(ctx context.Context) result {
	if d.pagesElsewhere() {
		return skipped(pagesElsewhere)
	}
	page, err := d.fetch(ctx, request{url: d.url + "/access/"})
	switch {
	case err != nil:
		return failed(quoted(err.Error()), publishSteps...)
	case page.status != http.StatusOK || !strings.Contains(string(page.body), "no-token"):
		return failed(fmt.Sprintf("/access/ responds %d, and is not the page that explains failures", page.status),
			publishSteps...)
	case page.header.Get("Content-Security-Policy") == "":
		return failed("it has no Content-Security-Policy", policySteps...)
	}
	return passed("explains failures")
}

func limitsScripts(policy string) bool {
	return strings.Contains(policy, "script-src") || strings.Contains(policy, "default-src")
}

const pagesElsewhere = "the pages are at KINDE_SITE_URL: give that as --url"

// pagesElsewhere reports whether the settings name another site.
func (d *doctor) pagesElsewhere() bool {
	return d.settings != nil && d.settings.Site != "" && d.settings.Site != d.url
}

var (
	publishSteps = []step{{Do: "Publish public/ at this address, as netlify.toml does."}}
	policySteps  = []step{{Do: "Send the headers of public/_headers, and those that netlify.toml has under [[headers]], " +
		"with the pages; on AWS without ServeSite, by the host of the pages."}}
)

// howToDeploy returns the steps for settings that are not set there.
func howToDeploy(names ...string) []step {
	return append(howToSet(names...), step{Do: "Then deploy again."}, deployStep)
}

// anySet reports whether one of the settings is set here.
func (d *doctor) anySet(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return d.settings != nil && d.env[name] != "" })
}
