package config

import "testing"

func TestPreviewOriginsMatchOneLabelPart(t *testing.T) {
	s, err := loadOne(PreviewOrigins, "https://deploy-preview-*--my-site.netlify.app, http://p*.localhost:8888")
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]string{
		"deploy-preview-12--my-site.netlify.app":     "https://deploy-preview-12--my-site.netlify.app",
		"p1.localhost:8888":                          "http://p1.localhost:8888",
		"deploy-preview---my-site.netlify.app":       "",
		"deploy-preview-1.2--my-site.netlify.app":    "",
		"deploy-preview-1/--my-site.netlify.app":     "",
		"deploy-preview-A--my-site.netlify.app":      "",
		"deploy-preview-1--my-site.netlify.app.evil": "",
		"deploy-preview-1--my-site.netlify.app:8443": "",
		"xdeploy-preview-1--my-site.netlify.app":     "",
		"my-site.netlify.app":                        "",
		"p1.localhost":                               "",
		"":                                           "",
	} {
		got := ""
		for _, pattern := range s.PreviewOrigins {
			if origin, ok := pattern.Match(host); ok {
				got = origin
			}
		}
		if got != want {
			t.Errorf("host %q is served as %q, want %q", host, got, want)
		}
	}
}

func TestPreviewOriginsRefuses(t *testing.T) {
	for _, value := range []string{
		"https://*.netlify.app", "https://my-site.netlify.app", "https://a-*-*.netlify.app", "https://a.b-*.example.com",
		"https://a-*.example.com:443", "https://a-*.example.com/x",
	} {
		if _, err := loadOne(PreviewOrigins, value); err == nil {
			t.Errorf("PREVIEW_ORIGINS %q passes, want an error", value)
		}
	}
}
