package endpoint

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/session"
)

// A preview is a site of its own: its cookies open nothing at the site, nor the site's there.
func TestPreviewHasOwnSessions(t *testing.T) {
	const preview = "https://deploy-preview-7--site.netlify.app"
	f := start(t, "user-profile", responding(`{}`), append(withSession, "PREVIEW_ORIGINS",
		"https://deploy-preview-*--site.netlify.app")...)
	box, err := session.NewBox([][]byte{sessionKey}, f.tenant.Issuer(), kindetest.ClientID, preview)
	if err != nil {
		t.Fatal(err)
	}
	cookies := session.NewCookies(preview, box, time.Now)
	w := httptest.NewRecorder()
	if err := cookies.Write(w.Header(), session.New(session.Tokens{Access: f.tenant.Mint()}, kindetest.DemoUser,
		time.Now(), session.Organizations{})); err != nil {
		t.Fatal(err)
	}
	there, here := cookieHeader(w.Header()), f.cookie(session.Tokens{Access: f.tenant.Mint()})
	for name, row := range map[string]struct {
		origin, cookie, sent string
		status               int
	}{
		"its cookie there":           {preview, there, preview, 200},
		"its cookie at the site":     {site, there, site, 401},
		"the site's cookie there":    {preview, here, preview, 401},
		"the site's own":             {site, here, site, 200},
		"the site as Origin, there":  {preview, there, site, 403},
		"the preview as Origin":      {site, here, preview, 403},
		"a host that does not match": {"https://deploy-preview-7--other.netlify.app", there, preview, 403},
		"another preview, its cookie": {"https://deploy-preview-8--site.netlify.app", there,
			"https://deploy-preview-8--site.netlify.app", 401},
	} {
		w := f.get(row.origin+"/api/user-profile", "Cookie", row.cookie, "X-CSRF", "1", "Origin", row.sent,
			"X-Forwarded-Host", "deploy-preview-7--site.netlify.app")
		if w.Code != row.status {
			t.Errorf("%s: got %d %s, want %d", name, w.Code, w.Body, row.status)
		}
	}
}

func TestPreviewsAreBounded(t *testing.T) {
	f := start(t, "user-profile", responding(`{}`), "PREVIEW_ORIGINS", "https://p-*.example.com")
	token := "Bearer " + f.tenant.Mint()
	for i := range 3 * maxPreviews {
		origin := "https://p-" + strings.Repeat("x", i+1) + ".example.com"
		if w := f.get(origin+"/api/user-profile", "Authorization", token); w.Code != 200 {
			t.Fatalf("%s: got %d, want 200", origin, w.Code)
		}
	}
	if n := len(f.handler.(*server).previews); n != maxPreviews {
		t.Errorf("%d previews are kept, want %d", n, maxPreviews)
	}
}

func TestPreviewsAreOffByDefault(t *testing.T) {
	var host string
	f := start(t, "user-profile", func(_ context.Context, r *Request) (*Response, error) {
		host = r.HTTP.Host
		return JSON(200, []byte(`{}`)), nil
	})
	if w := f.signedIn("https://deploy-preview-7--site.netlify.app/api/user-profile"); w.Code != 200 ||
		len(f.handler.(*server).previews) != 0 {
		t.Errorf("host %s: got %d and %d previews, want 200", host, w.Code, len(f.handler.(*server).previews))
	}
}
