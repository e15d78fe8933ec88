package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// deployment is what was learned of one so far.
type deployment struct {
	responses map[string]*response // of functions, by method and path
	lacks     []string             // settings that are missing or wrong there
	off       map[string][]string  // capabilities, and the unset settings that switch them off
	version   string
}

// checkDeployment sends requests without credentials: they change nothing there, and none
// counts against a rate limit.
func (d *doctor) checkDeployment(ctx context.Context) {
	if d.url == "" {
		d.report.skipRest("deployment", "no --url was given")
		return
	}
	if strings.HasPrefix(d.url, "https://") {
		d.report.ok("deployment.https", d.url)
	} else if onLoopback(d.url) {
		d.report.ok("deployment.https", "it is on this machine")
	} else {
		d.report.fix("deployment.https", d.url+" is not https", step{Do: "Give the site a certificate " +
			"(on Netlify: Domain management → HTTPS), and its https address to --url."})
	}
	at := &deployment{responses: map[string]*response{}}
	if !d.checkHealth(ctx, at) {
		d.report.skipRest("deployment", "because of deployment.health")
		return
	}
	d.checkCapabilities(at)
	d.checkFunctions(ctx, at)
	d.checkLogin(ctx, at)
	d.checkProxy(ctx, at)
	d.checkWebhooks(ctx, at)
	d.checkHeaders(at)
	d.checkCache(ctx)
	d.checkHosts(ctx)
	d.checkCORS(ctx)
	d.checkPages(ctx)
	d.checkProtectedPages(ctx)
}

func (d *doctor) checkHealth(ctx context.Context, at *deployment) bool {
	const id = "deployment.health"
	target := d.url + "/api/health"
	got, err := d.fetch(ctx, request{url: target})
	var body struct {
		Version        string
		Missing, Wrong []string
		Off            map[string][]string
	}
	switch {
	case err != nil:
		d.report.fix(id, quoted(err.Error()), step{Do: "Check the address, and try from here:"},
			step{Run: "curl -i " + target})
		return false
	case got.code() == "misconfigured":
		d.report.fix(id, "even health responds misconfigured",
			step{Do: "Its log names the settings: most likely ALLOWED_ORIGINS."}, step{Run: "netlify logs:function health"})
		return false
	case got.status != http.StatusOK || json.Unmarshal(got.body, &body) != nil || body.Missing == nil || body.Wrong == nil:
		d.report.fix(id, fmt.Sprintf("%s responds %d, and not as the function health does", target, got.status),
			step{Do: "Deploy the functions, with netlify.toml or template.yaml as they are in the repository:"}, deployStep)
		return false
	}
	at.responses["GET /api/health"] = got
	at.version, at.off = quoted(body.Version), body.Off
	at.lacks = append(slices.Clone(body.Missing), body.Wrong...)
	if len(at.lacks) == 0 {
		d.report.ok(id, "version "+at.version+", no setting is missing or wrong")
		return true
	}
	var steps []step
	var found []string
	for _, list := range []struct {
		state string
		names []string
	}{{"missing", body.Missing}, {"wrong", body.Wrong}} {
		for _, name := range list.names {
			found = append(found, quoted(name)+" is "+list.state)
			steps = append(steps, howToSet(name)...)
		}
	}
	d.report.fix(id, strings.Join(found, ", "), append(steps, redeploySteps...)...)
	return true
}

var (
	deployStep    = step{Run: "netlify deploy --build --prod"}
	redeploySteps = []step{{Do: "Then deploy again: functions read settings when they start."}, deployStep}
)

// checkCapabilities compares what is off there with what this site is meant to do: users
// sign in, and what is set up here works there.
func (d *doctor) checkCapabilities(at *deployment) {
	const id = "deployment.capabilities"
	var off, differ, settings []string
	for _, name := range slices.Sorted(maps.Keys(at.off)) {
		unset := at.off[name]
		text := quoted(name) + " (" + quoted(strings.Join(unset, ", ")) + ")"
		off = append(off, text)
		if d.anySet(unset...) && (name != "sessions" || !d.tokensOnly) {
			differ = append(differ, text)
			settings = append(settings, unset...)
		}
	}
	slices.Sort(settings)
	sessions := at.off["sessions"]
	switch {
	case at.off == nil:
		d.report.note(id, "health there does not say what is off",
			step{Do: "Deploy the version that this doctor belongs to."}, deployStep)
	case len(sessions) > 0 && !d.tokensOnly:
		d.report.fix(id, "nobody can sign in there: "+quoted(strings.Join(sessions, " and "))+" is not set",
			slices.Concat(howToSetAll(sessions...), tokensOnlySteps[:1],
				[]step{{Run: tokensOnlySteps[1].Run + " --url " + d.url}})...)
	case len(differ) > 0:
		d.report.fix(id, "set up here and off there: "+strings.Join(differ, ", "),
			howToSetAll(slices.Compact(settings)...)...)
	case len(off) > 0:
		d.report.ok(id, "off, by settings that are not set: "+strings.Join(off, ", "))
	default:
		d.report.ok(id, "all are on")
	}
}

// required are the headers of every response of a function, and what they must hold.
var required = map[string]string{
	"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
	"X-Request-Id": "", "Server-Timing": "",
}

func (d *doctor) checkHeaders(at *deployment) {
	const id = "deployment.headers"
	wanted := maps.Clone(required)
	if strings.HasPrefix(d.url, "https://") {
		wanted["Strict-Transport-Security"] = "max-age="
	}
	wrong := map[string][]string{}
	for asked, got := range at.responses {
		for name, want := range wanted {
			value := got.header.Get(name)
			if value == "" || want != "" && !strings.Contains(value, want) {
				wrong[name] = append(wrong[name], asked)
			}
		}
	}
	if len(wrong) == 0 {
		d.report.ok(id, fmt.Sprintf("right in %d responses", len(at.responses)))
		return
	}
	var found []string
	for name, asked := range wrong {
		slices.Sort(asked)
		found = append(found, fmt.Sprintf("%s is missing or changed in %d of %d responses, such as to %s",
			name, len(asked), len(at.responses), asked[0]))
	}
	slices.Sort(found)
	d.report.fix(id, strings.Join(found, "; "), step{Do: "Functions set them; look for what changes responses on the " +
		"way: a proxy, an edge function, a rule of the CDN."})
}

// checkCache sends the same request twice: a cached response has an age, or is the same
// response.
func (d *doctor) checkCache(ctx context.Context) {
	const id = "deployment.cache"
	var ids []string
	for range 2 {
		got, err := d.fetch(ctx, request{url: d.url + "/api/health"})
		if err != nil {
			d.report.fix(id, quoted(err.Error()), step{Run: "curl -i " + d.url + "/api/health"})
			return
		}
		if cached(got.header) {
			d.report.fix(id, "/api/health was served by a cache", cacheSteps...)
			return
		}
		ids = append(ids, got.header.Get("X-Request-Id"))
	}
	if ids[0] == ids[1] {
		d.report.fix(id, "two requests to /api/health got the same response", cacheSteps...)
		return
	}
	d.report.ok(id, "two requests got two responses")
}

// cached reports whether a response says that it comes from a cache: by its age (RFC 9111
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

func (d *doctor) checkPages(ctx context.Context) {
	const id, access = "deployment.pages", "deployment.access-page"
	if site := d.siteHere(); site != "" && site != d.url {
		d.report.skip(id, "the pages are at KINDE_SITE_URL: give that as --url")
		d.report.skip(access, "the pages are at KINDE_SITE_URL: give that as --url")
		return
	}
	publish := []step{{Do: "Publish public/ at this address, as netlify.toml does."}}
	policy := []step{{Do: "Send the headers of public/_headers, and those that netlify.toml has under [[headers]], " +
		"with the pages; on AWS without ServeSite, by the host of the pages."}}
	home, err := d.fetch(ctx, request{url: d.url + "/"})
	switch {
	case err != nil:
		d.report.fix(id, quoted(err.Error()), publish...)
	case home.status != http.StatusOK:
		d.report.note(id, fmt.Sprintf("/ responds %d: are the pages elsewhere?", home.status), publish...)
	case home.header.Get("Content-Security-Policy") == "":
		d.report.fix(id, "/ has no Content-Security-Policy", policy...)
	case !limitsScripts(home.header.Get("Content-Security-Policy")):
		d.report.fix(id, "the Content-Security-Policy of / allows every script", policy...)
	case home.header.Get("X-Content-Type-Options") != "nosniff":
		d.report.note(id, "/ has no X-Content-Type-Options: nosniff", policy...)
	default:
		d.report.ok(id, "/ has a Content-Security-Policy")
	}
	page, err := d.fetch(ctx, request{url: d.url + "/access/"})
	switch {
	case err != nil:
		d.report.fix(access, quoted(err.Error()), publish...)
	case page.status != http.StatusOK || !strings.Contains(string(page.body), "no-token"):
		d.report.fix(access, fmt.Sprintf("/access/ responds %d, and is not the page that explains failures", page.status),
			publish...)
	case page.header.Get("Content-Security-Policy") == "":
		d.report.fix(access, "it has no Content-Security-Policy", policy...)
	default:
		d.report.ok(access, "explains failures")
	}
}

func limitsScripts(policy string) bool {
	return strings.Contains(policy, "script-src") || strings.Contains(policy, "default-src")
}

// siteHere is the site of the settings that were checked.
func (d *doctor) siteHere() string {
	if d.settings == nil {
		return ""
	}
	return d.settings.Site
}

// howToSetAll returns the steps for settings that are not set there.
func howToSetAll(names ...string) (steps []step) {
	for _, name := range names {
		steps = append(steps, howToSet(name)...)
	}
	return append(steps, step{Do: "Then deploy again."}, deployStep)
}

// anySet reports whether one of the settings is set here.
func (d *doctor) anySet(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return d.settings != nil && d.env[name] != "" })
}
