package kindetest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// SampleDrive is the key_code_ref of the third party that is available by default. Its
// consent page and its file list are served by the tenant.
const SampleDrive = "sample_drive"

const (
	connectionTTL = 30 * 24 * time.Hour
	thirdPartyTTL = time.Hour
)

// connection is one user's connection to a third party, kept by session_id.
type connection struct {
	app, user, org string
	callback       string
	consent        string // names the connection on the consent page
	token          string // the third party's; empty until approved
	expires        time.Time
}

// connectedAppURL handles GET /api/v1/connected_apps/auth_url.
func (k *Kinde) connectedAppURL(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	app, userID, org, callback := q.Get("key_code_ref"), q.Get("user_id"), q.Get("org_code"),
		q.Get("override_callback_url")
	k.mu.Lock()
	defer k.mu.Unlock()
	user := k.user(userID)
	switch {
	case app == "" || userID == "" && org == "":
		writeError(w, badRequest("PARAMETER_MISSING", "key_code_ref and user_id or org_code are required"))
		return
	case callback != "" && !isWebURL(callback):
		writeError(w, badRequest("OVERRIDE_CALLBACK_URL_INVALID", "override_callback_url is not an absolute URL"))
		return
	case !slices.Contains(k.opt.ConnectedApps, app):
		writeError(w, apiFault(http.StatusNotFound, errorItem{"CONNECTED_APP_NOT_FOUND", "Connected app not found"}))
		return
	case userID != "" && (user == nil || user.membership(org) == nil):
		writeError(w, apiFault(http.StatusNotFound, errorItem{"USER_NOT_FOUND", "User not found"}))
		return
	}
	id := "session_" + randomHex(16)
	c := &connection{app: app, user: userID, org: org, callback: callback, consent: randomText()}
	k.connects.put(id, c, k.opt.Now().Add(connectionTTL))
	writeJSON(w, http.StatusOK, map[string]string{
		"url": k.issuerOf(r) + "/third-party/consent?request=" + c.consent, "session_id": id,
	})
}

// connectedAppToken handles GET /api/v1/connected_apps/token?session_id=. As at Kinde, an
// expired token is renewed.
func (k *Kinde) connectedAppToken(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.opt.Now()
	c, ok := k.connects.get(r.URL.Query().Get("session_id"), now)
	if !ok || c.token == "" {
		writeError(w, badRequest("SESSION_ID_INVALID", "Invalid session ID"))
		return
	}
	if !now.Before(c.expires) {
		c.token, c.expires = "third_party_"+randomText(), now.Add(thirdPartyTTL)
	}
	writeJSON(w, http.StatusOK, map[string]string{
		"access_token": c.token, "access_token_expiry": c.expires.UTC().Format(time.RFC3339),
	})
}

// connectedAppRevoke handles POST /api/v1/connected_apps/revoke?session_id=.
func (k *Kinde) connectedAppRevoke(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	id := r.URL.Query().Get("session_id")
	if _, ok := k.connects.get(id, k.opt.Now()); !ok {
		writeError(w, badRequest("SESSION_ID_INVALID", "Invalid session ID"))
		return
	}
	k.connects.drop(id)
	writeJSON(w, http.StatusOK, map[string]string{"code": "CONNECTED_APP_REVOKED", "message": "Access token revoked"})
}

// byConsent returns the connection of a consent page; k.mu is held.
func (k *Kinde) byConsent(request string) *connection {
	for id := range k.connects.entries {
		if c, ok := k.connects.get(id, k.opt.Now()); ok && request != "" && c.consent == request {
			return c
		}
	}
	return nil
}

type consentView struct {
	Request, App string
	User, Org    string
}

// consentPage handles GET /third-party/consent, where the third party asks the user for
// access.
func (k *Kinde) consentPage(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	c := k.byConsent(r.URL.Query().Get("request"))
	if c == nil {
		renderConsentOver(w)
		return
	}
	view := consentView{Request: c.consent, App: title(c.app), Org: c.org}
	if p := k.user(c.user); p != nil {
		view.User = p.Name()
	}
	render(w, http.StatusOK, "consent", view)
}

func renderConsentOver(w http.ResponseWriter) {
	renderMessage(w, http.StatusBadRequest, "This request is over",
		"It was used before, or it is too old. Go back to the site and connect again.", "")
}

// consentDecision handles the consent page's form, POST /third-party/consent, with request
// and action (approve or decline). It redirects to the callback.
func (k *Kinde) consentDecision(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	c := k.byConsent(r.PostForm.Get("request"))
	if c == nil {
		renderConsentOver(w)
		return
	}
	c.consent = "" // the form works once
	target := c.callback
	if target == "" {
		target = k.issuerOf(r) + "/third-party/connected"
	}
	if r.PostForm.Get("action") != "approve" {
		redirect(w, http.StatusSeeOther, withQuery(target, "error", "access_denied"))
		return
	}
	c.token, c.expires = "third_party_"+randomText(), k.opt.Now().Add(thirdPartyTTL)
	redirect(w, http.StatusSeeOther, target)
}

// withQuery adds a parameter to a URL, before its fragment if it has one.
func withQuery(target, name, value string) string {
	target, fragment, found := strings.Cut(target, "#")
	joint := "?"
	if strings.Contains(target, "?") {
		joint = "&"
	}
	target += joint + name + "=" + url.QueryEscape(value)
	if found {
		target += "#" + fragment
	}
	return target
}

// connectedPage handles GET /third-party/connected, where a connection
// without a callback ends.
func (k *Kinde) connectedPage(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("error") != "" {
		renderMessage(w, http.StatusOK, "Not connected", "Access was declined. You can close this page.", "")
		return
	}
	renderMessage(w, http.StatusOK, "Connected", "You can close this page.", "")
}

// thirdPartyFiles handles GET /third-party/files for bearers of a connection's token.
func (k *Kinde) thirdPartyFiles(w http.ResponseWriter, r *http.Request) {
	raw, isBearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.opt.Now()
	for id := range k.connects.entries {
		c, ok := k.connects.get(id, now)
		if ok && isBearer && raw != "" && c.token == raw && now.Before(c.expires) {
			writeJSON(w, http.StatusOK, map[string]any{"files": sampleFiles})
			return
		}
	}
	w.Header().Set("WWW-Authenticate", "Bearer")
	writeError(w, oauthFault(http.StatusUnauthorized, "invalid_token", "Unknown token."))
}

// file is an entry of the third party's list.
type file struct {
	Name     string `json:"name"`
	Size     int    `json:"size"` // bytes
	Modified string `json:"modified"`
}

var sampleFiles = []file{
	{"Plan for the summer.pdf", 182_044, "2025-06-01T09:30:00Z"},
	{"naïve café ☕.txt", 512, "2025-05-20T18:00:00Z"},
	{"<b>not bold</b>.md", 2048, "2025-04-11T07:15:00Z"},
}
