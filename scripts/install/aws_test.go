package main

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestAWSTemplateHasTheChosenFunctions(t *testing.T) {
	dir := newSite(t, map[string]string{"index.html": "<h1>Hello</h1>\n"})
	out := install(t, dir, command{aws: true, only: "portal,session"})
	got := filesIn(t, dir)
	template := got["kinde-functions/template.yaml"]
	var built []string
	for _, m := range regexp.MustCompile(`CodeUri: functions/(.*)/\n`).FindAllStringSubmatch(template, -1) {
		built = append(built, m[1])
		if got["kinde-functions/functions/"+m[1]+"/main.go"] == "" {
			t.Errorf("the template builds %s, which is not installed", m[1])
		}
	}
	want := []string{"portal", "login", "callback", "refresh", "organizations", "logout", "session", "health"}
	if !slices.Equal(built, want) {
		t.Errorf("got the functions %v, want %v", built, want)
	}
	for _, absent := range []string{"ProxyApis", "WebhookForwardUrl", "ConnectedApps:"} {
		if strings.Contains(template, absent) {
			t.Errorf("the template has %s, which no function uses", absent)
		}
	}
	parts := got["kinde-functions/cloudfront.yaml"]
	var patterns []string
	for _, m := range regexp.MustCompile(`PathPattern: (.*)\n`).FindAllStringSubmatch(parts, -1) {
		patterns = append(patterns, m[1])
	}
	if want := []string{"/portal", "/auth/*", "/api/*"}; !slices.Equal(patterns, want) {
		t.Errorf("got the behaviors %v, want %v", patterns, want)
	}
	for _, want := range []string{"ServeSite=existing \\\n", "KindeClientSecret=…", "OriginSecretArn",
		"/auth/*      redirect-to-https\n", "/api/*       https-only\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("the output lacks %q:\n%s", want, out)
		}
	}
	for _, absent := range []string{"ProtectPages", "GateRequestFunctionArn", "/webhooks/*", "netlify"} {
		if strings.Contains(out+parts, absent) {
			t.Errorf("the output or cloudfront.yaml has %s, which was not chosen:\n%s", absent, out)
		}
	}
	for name := range got {
		if strings.HasPrefix(name, "netlify") || name == envFile {
			t.Errorf("got %s, want no file of Netlify's", name)
		}
	}
}

func TestAWSRulesOfTheOwnerAreInTheTemplate(t *testing.T) {
	dir := newSite(t, map[string]string{"index.html": "<h1>Hello</h1>\n"})
	out := install(t, dir, command{aws: true, only: "gate"})
	if !strings.Contains(out, "ProtectPages=yes") || !strings.Contains(out, "<GateResponseFunctionArn>") {
		t.Errorf("the output does not say how to protect pages:\n%s", out)
	}
	const rules = `{"rules": [{"path": "/members/", "role": "editor"}]}`
	put(t, dir, gateFile, rules)
	install(t, dir, command{})
	got := filesIn(t, dir)
	if template := got["kinde-functions/template.yaml"]; strings.Count(template,
		`const rules = [{"prefix":"/members/","text":"role:editor"}];`) != 2 {
		t.Error("the template lacks the owner's rules")
	}
	if got[gateFile] != rules || got[gateFile+newSuffix] != "" {
		t.Errorf("got %s %q, and %q beside it, want the owner's alone", gateFile, got[gateFile], got[gateFile+newSuffix])
	}
	if out := install(t, dir, command{}); !strings.Contains(out, "Nothing to do.") {
		t.Errorf("got\n%s\nwant nothing to do", out)
	}
	put(t, dir, gateFile, `{"rules": [{"path": "members"}]}`)
	c := command{out: &strings.Builder{}, yes: true}
	if err := c.run(source{"../.."}, dir); err == nil || !strings.Contains(err.Error(), gateFile) {
		t.Errorf("got %v for a malformed gate.json, want an error that names it", err)
	}
	install(t, dir, command{remove: true})
	if left := filesIn(t, dir); len(left) != 2 || left[gateFile] == "" {
		t.Errorf("after -remove: %v, want the owner's files", slices.Sorted(maps.Keys(left)))
	}
}

func TestAWSInstallUpgradesAndRemoves(t *testing.T) {
	dir := newSite(t, astroSite)
	install(t, dir, command{aws: true, only: "portal"})
	const stack = "kinde-functions/samconfig.toml"
	put(t, dir, stack, "version = 0.1\n")
	out := install(t, dir, command{})
	got := filesIn(t, dir)
	if !strings.Contains(out, "keep    "+stack) || got[stack] != "version = 0.1\n" || got[stack+newSuffix] == "" {
		t.Errorf("the owner's %s was overwritten, or the new one is not beside it:\n%s", stack, out)
	}
	if got["netlify.toml"] != astroSite["netlify.toml"] || got["public/_redirects"] != astroSite["public/_redirects"] {
		t.Error("Netlify's files have changed")
	}
	if err := os.Remove(filepath.Join(dir, stack)); err != nil {
		t.Fatal(err)
	}
	install(t, dir, command{remove: true})
	if left := filesIn(t, dir); !maps.Equal(left, astroSite) {
		t.Errorf("after -remove: %v, want the site as it was", slices.Sorted(maps.Keys(left)))
	}
}

func TestMoveFromNetlifyToAWSLeavesNoBlocks(t *testing.T) {
	dir := newSite(t, plainSite)
	install(t, dir, command{only: "portal", headers: true})
	install(t, dir, command{aws: true})
	got := filesIn(t, dir)
	if got["netlify.toml"] != plainSite["netlify.toml"] || got[envFile] != "" ||
		got["netlify/functions/portal/main.go"] != "" || got["kinde-functions/functions/portal/main.go"] == "" {
		t.Errorf("got netlify.toml\n%s\nand the files %v, want those of AWS alone", got["netlify.toml"],
			slices.Sorted(maps.Keys(got)))
	}
	install(t, dir, command{remove: true})
	if left := filesIn(t, dir); !maps.Equal(left, plainSite) {
		t.Errorf("after -remove: %v, want the site as it was", slices.Sorted(maps.Keys(left)))
	}
}
