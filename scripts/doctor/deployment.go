package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"kinde-functions/shared/config"
)

// deployment is what was learnt of one on the way.
type deployment struct {
	answers map[string]*answer // of functions, by what was asked
	lacks   []string           // settings that are missing or wrong there
	version string
}

// examineDeployment visits a deployment as a stranger: nothing is changed there, and
// nothing counted against a rate limit.
func (d *doctor) examineDeployment(ctx context.Context) {
	if d.url == "" {
		d.report.rest("deployment", "no --url was given")
		return
	}
	if strings.HasPrefix(d.url, "https://") {
		d.report.ok("deployment.https", d.url)
	} else if onLoopback(d.url) {
		d.report.ok("deployment.https", "it is on this machine")
	} else {
		d.report.mend("deployment.https", d.url+" is not", step{Do: "Give the site a certificate (on Netlify: Domain management → HTTPS), and its https address to --url."})
	}
	at := &deployment{answers: map[string]*answer{}}
	if !d.examineHealth(ctx, at) {
		d.report.rest("deployment", "because of deployment.health")
		return
	}
	d.examineFunctions(ctx, at)
	d.examineLogin(ctx, at)
	d.examineHeaders(at)
	d.examineCache(ctx)
	d.examineHosts(ctx)
	d.examineCORS(ctx)
	d.examinePages(ctx)
}

func (d *doctor) examineHealth(ctx context.Context, at *deployment) bool {
	const id = "deployment.health"
	target := d.url + "/api/health"
	got, err := d.look(ctx, visit{url: target})
	var body struct {
		Version        string
		Missing, Wrong []string
	}
	switch {
	case err != nil:
		d.report.mend(id, quoted(err.Error()), step{Do: "Check the address, and ask from here:"}, step{Run: "curl -i " + target})
		return false
	case got.code() == "misconfigured":
		d.report.mend(id, "even health answers misconfigured", step{Do: "Its log names the settings: most likely ALLOWED_ORIGINS."}, step{Run: "netlify logs:function health"})
		return false
	case got.status != http.StatusOK || json.Unmarshal(got.body, &body) != nil || body.Missing == nil || body.Wrong == nil:
		d.report.mend(id, fmt.Sprintf("%s answered %d, and not as the function health does", target, got.status),
			step{Do: "Deploy the functions, with netlify.toml or template.yaml as they stand in the repository:"}, step{Run: "netlify deploy --build --prod"})
		return false
	}
	at.answers["GET /api/health"] = got
	at.version = quoted(body.Version)
	at.lacks = append(slices.Clone(body.Missing), body.Wrong...)
	if len(at.lacks) == 0 {
		d.report.ok(id, "version "+at.version+", no setting is missing or wrong")
		return true
	}
	var steps []step
	var found []string
	for _, list := range []struct {
		says  string
		names []string
	}{{"missing", body.Missing}, {"wrong", body.Wrong}} {
		for _, name := range list.names {
			found = append(found, quoted(name)+" is "+list.says)
			steps = append(steps, howToSet(name)...)
		}
	}
	d.report.mend(id, strings.Join(found, ", "), append(steps, step{Do: "Then deploy again: functions read settings when they start."}, step{Run: "netlify deploy --build --prod"})...)
	return true
}

// required are the headers of every answer of a function, and what they must hold.
var required = map[string]string{
	"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
	"X-Request-Id": "", "Server-Timing": "",
}

func (d *doctor) examineHeaders(at *deployment) {
	const id = "deployment.headers"
	wrong := map[string][]string{}
	for asked, got := range at.answers {
		for name, want := range required {
			value := got.header.Get(name)
			if value == "" || want != "" && !strings.Contains(value, want) {
				wrong[name] = append(wrong[name], asked)
			}
		}
	}
	if len(wrong) == 0 {
		d.report.ok(id, fmt.Sprintf("right in %d answers", len(at.answers)))
		return
	}
	var found []string
	for name, asked := range wrong {
		slices.Sort(asked)
		found = append(found, fmt.Sprintf("%s is missing or changed in %d of %d answers, such as of %s", name, len(asked), len(at.answers), asked[0]))
	}
	slices.Sort(found)
	d.report.mend(id, strings.Join(found, "; "), step{Do: "Functions set them; look for what changes answers on the way: a proxy, an edge function, a rule of the CDN."})
}

// examineCache asks the same twice: what a cache answers has an age, or is the very
// same answer.
func (d *doctor) examineCache(ctx context.Context) {
	const id = "deployment.cache"
	var ids []string
	for range 2 {
		got, err := d.look(ctx, visit{url: d.url + "/api/health"})
		if err != nil {
			d.report.mend(id, quoted(err.Error()), step{Run: "curl -i " + d.url + "/api/health"})
			return
		}
		if cached(got.header) {
			d.report.mend(id, "/api/health was answered by a cache", cacheSteps...)
			return
		}
		ids = append(ids, got.header.Get("X-Request-Id"))
	}
	if ids[0] == ids[1] {
		d.report.mend(id, "two requests to /api/health got the same answer", cacheSteps...)
		return
	}
	d.report.ok(id, "two requests got two answers")
}

// cached reports whether an answer says that a cache gave it: by its age (RFC 9111
// section 5.1), or by a member of Cache-Status that is a hit (RFC 9211 section 2.1).
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

var cacheSteps = []step{{Do: "Take /api/*, /auth/* and /portal out of whatever caches: a CDN rule that ignores Cache-Control, or a cache behaviour in CloudFront (CachingDisabled)."}}

func (d *doctor) examinePages(ctx context.Context) {
	const id, access = "deployment.pages", "deployment.access-page"
	if site := d.siteHere(); site != "" && site != d.url {
		d.report.skip(id, "the pages are at KINDE_SITE_URL: give that as --url")
		d.report.skip(access, "the pages are at KINDE_SITE_URL: give that as --url")
		return
	}
	publish := []step{{Do: "Publish public/ at this address, as netlify.toml does."}}
	policy := []step{{Do: "Send the headers of public/_headers, and those that netlify.toml has under [[headers]], with the pages; on AWS without ServeSite, by the host of the pages."}}
	home, err := d.look(ctx, visit{url: d.url + "/"})
	switch {
	case err != nil:
		d.report.mend(id, quoted(err.Error()), publish...)
	case home.status != http.StatusOK:
		d.report.note(id, fmt.Sprintf("/ answered %d: are the pages elsewhere?", home.status), publish...)
	case home.header.Get("Content-Security-Policy") == "":
		d.report.mend(id, "/ has no Content-Security-Policy", policy...)
	case !strings.Contains(home.header.Get("Content-Security-Policy"), "script-src") && !strings.Contains(home.header.Get("Content-Security-Policy"), "default-src"):
		d.report.mend(id, "the Content-Security-Policy of / lets every script in", policy...)
	case home.header.Get("X-Content-Type-Options") != "nosniff":
		d.report.note(id, "/ has no X-Content-Type-Options: nosniff", policy...)
	default:
		d.report.ok(id, "/ has a Content-Security-Policy")
	}
	page, err := d.look(ctx, visit{url: d.url + "/access/"})
	switch {
	case err != nil:
		d.report.mend(access, quoted(err.Error()), publish...)
	case page.status != http.StatusOK || !strings.Contains(string(page.body), "no-token"):
		d.report.mend(access, fmt.Sprintf("/access/ answered %d, and is not the page that explains failures", page.status), publish...)
	case page.header.Get("Content-Security-Policy") == "":
		d.report.mend(access, "it has no Content-Security-Policy", policy...)
	default:
		d.report.ok(access, "explains failures")
	}
}

// siteHere is the site of the settings that were examined.
func (d *doctor) siteHere() string {
	if d.settings == nil {
		return ""
	}
	return d.settings.Site
}

// howToSetAll are the mends of settings that are here and not there.
func howToSetAll(names ...string) (steps []step) {
	for _, name := range names {
		steps = append(steps, howToSet(name)...)
	}
	return append(steps, step{Do: "Then deploy again."}, step{Run: "netlify deploy --build --prod"})
}

// anySet reports whether one of the settings is set here.
func (d *doctor) anySet(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return d.settings != nil && d.env[name] != "" })
}

// optional are functions that answer misconfigured where a part of the project is not
// used, and the settings that switch it on.
var optional = map[string][]string{
	"introspect":     {config.M2MClientID.Name(), config.M2MClientSecret.Name()},
	"connected-apps": {config.M2MClientID.Name(), config.M2MClientSecret.Name()},
	"device":         {config.DeviceClientID.Name()},
	"revoke":         {config.ClientSecret.Name()},
	"login":          {config.ClientSecret.Name(), config.SessionKeys.Name()},
	"callback":       {config.ClientSecret.Name(), config.SessionKeys.Name()},
	"logout":         {config.ClientSecret.Name(), config.SessionKeys.Name()},
	"session":        {config.ClientSecret.Name(), config.SessionKeys.Name()},
}
