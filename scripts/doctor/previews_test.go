package main

import (
	"strings"
	"testing"

	"kinde-functions/shared/local/kindetest"
)

func TestPreviewOriginsThatAnyoneCanRegister(t *testing.T) {
	for patterns, suffix := range map[string]string{
		"https://deploy-preview-*--my-site.netlify.app":                                "",
		"https://preview-*.example.com, http://p-*.localhost:8888":                     "",
		"https://deploy-preview-*.netlify.app":                                         "netlify.app",
		"https://deploy-preview-*--.netlify.app":                                       "netlify.app",
		"https://my-site-*.vercel.app":                                                 "vercel.app",
		"https://my-site-*.com":                                                        "com",
		"https://my-site-*.co.uk":                                                      "co.uk",
		"https://my-site-*.netlify.app , https://my-site-*.example.com":                "netlify.app",
		"https://my-site-*.netlify.app:8443":                                           "netlify.app",
		"https://deploy-preview-*--my-site.netlify.app,https://my-site-*.pages.dev":    "pages.dev",
		"https://deploy-preview-*--my-site.netlify.app, https://my-site-*.netlify.app": "netlify.app",
	} {
		got := openPattern(patterns)
		if (got == "") != (suffix == "") || !strings.HasSuffix(got, suffix) {
			t.Errorf("%s: got %q, want the suffix %q", patterns, got, suffix)
		}
	}
}

func TestMendRegistersNoPatternThatAnyoneCanRegister(t *testing.T) {
	p := newTenant(t, kindetest.Options{Clients: unregistered()})
	p.env["PREVIEW_ORIGINS"] = "https://deploy-preview-*.netlify.app"
	status, out, said := p.mend(t, "", "-yes")
	if status != 2 || out != "" || !strings.Contains(said, "anyone can register") || p.writes() != 0 {
		t.Errorf("got %d %s %s and %d changes, want none", status, out, said, p.writes())
	}
}
