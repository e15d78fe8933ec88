//go:build realtools

package openapi

import (
	"encoding/json"
	"net/http"
	"net/url"
	"path"
	"strings"

	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/route"
	"kinde-functions/shared/session"
)

// appScenariosOf returns the scenarios of requests for a connected app.
func appScenariosOf(row route.Route) []scenario {
	if startsConnection(row) {
		return []scenario{withCookie, withToken}
	}
	return []scenario{withCookie, withToken, withConnection, withoutExpiry}
}

// startsConnection reports whether the row starts a connection. Other rows require one.
func startsConnection(row route.Route) bool { return strings.HasSuffix(row.Pattern, "/connect") }

// withCookie sends a valid session and the cookie of a connected app.
func withCookie(f *fixture, r *http.Request) {
	f.setSession(r, session.Tokens{Access: f.Kinde.Mint()})
	r.Header.Set("Cookie", r.Header.Get("Cookie")+"; __Host-connection-"+kindetest.SampleDrive+"="+f.connection())
	setApp(r, "")
}

// withToken sends an access token and no connection.
func withToken(f *fixture, r *http.Request) {
	r.Header.Set("Authorization", "Bearer "+f.Kinde.Mint())
	setApp(r, "")
}

// withConnection sends an access token and the connection parameter.
func withConnection(f *fixture, r *http.Request) {
	withToken(f, r)
	r.URL.RawQuery = "connection=" + f.connection()
}

// withoutExpiry sends a connection whose token has no expiry at Kinde.
func withoutExpiry(f *fixture, r *http.Request) {
	withConnection(f, r)
	f.Kinde.Fault("/api/v1/connected_apps/token", kindetest.Fault{Body: `{"access_token":"third_party_1"}`})
}

// setApp sets the request's app to the sample app, and its query.
func setApp(r *http.Request, query string) {
	r.URL.Path = "/api/connected-apps/" + kindetest.SampleDrive + "/" + path.Base(r.URL.Path)
	r.URL.RawPath, r.URL.RawQuery = "", query
}

// connection connects the sample app and returns the sealed connection.
func (f *fixture) connection() string {
	query := url.Values{"key_code_ref": {kindetest.SampleDrive}, "user_id": {kindetest.DemoUser}}
	r, err := http.NewRequest(http.MethodGet, f.URL+"/api/v1/connected_apps/auth_url?"+query.Encode(), nil)
	if err != nil {
		panic(err)
	}
	r.Header.Set("Authorization", "Bearer "+f.Kinde.Mint(kindetest.Machine("read:connected_apps")))
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		panic(err)
	}
	defer resp.Body.Close()
	var started struct {
		URL       string `json:"url"`
		SessionID string `json:"session_id"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&started); err != nil {
		panic(err)
	}
	consent, err := url.Parse(started.URL)
	if err != nil {
		panic(err)
	}
	consented, err := http.PostForm(f.URL+"/third-party/consent",
		url.Values{"request": {consent.Query().Get("request")}, "action": {"approve"}})
	if err != nil {
		panic(err)
	}
	_ = consented.Body.Close()
	return f.cookies.SealConnection(kindetest.SampleDrive,
		session.Owner{User: kindetest.DemoUser, Organization: kindetest.DemoOrg}, started.SessionID)
}
