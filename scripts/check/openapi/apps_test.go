//go:build realtools

package openapi

import (
	"encoding/json"
	"net/http"
	"net/url"
	"path"
	"strings"

	"kinde-functions/shared/kindetest"
	"kinde-functions/shared/route"
	"kinde-functions/shared/session"
)

// appsTo are the ways in which a connected app is asked for.
func appsTo(row route.Route) []visit {
	if connects(row) {
		return []visit{connected, byTokenAlone}
	}
	return []visit{connected, byTokenAlone, byConnection, unending}
}

// connects tells whether the row begins a connection; the others need one.
func connects(row route.Route) bool { return strings.HasSuffix(row.Pattern, "/connect") }

// connected has a good session and an app that the person has agreed to connect.
func connected(p *party, r *http.Request) {
	p.bring(r, session.Tokens{Access: p.Kinde.Mint()})
	r.Header.Set("Cookie", r.Header.Get("Cookie")+"; __Host-connection-"+kindetest.SampleDrive+"="+p.connection())
	overDrive(r, "")
}

// byTokenAlone has an access token, and whatever the round asks for.
func byTokenAlone(p *party, r *http.Request) {
	r.Header.Set("Authorization", "Bearer "+p.Kinde.Mint())
	overDrive(r, "")
}

// byConnection keeps no cookies, and gives back what connecting has given.
func byConnection(p *party, r *http.Request) {
	byTokenAlone(p, r)
	r.URL.RawQuery = "connection=" + p.connection()
}

// unending has a connection whose token Kinde names no end of.
func unending(p *party, r *http.Request) {
	byConnection(p, r)
	p.Kinde.Fault("/api/v1/connected_apps/token", kindetest.Fault{Body: `{"access_token":"third_party_1"}`})
}

// overDrive makes the request one about the app that there is, with this query.
func overDrive(r *http.Request, query string) {
	r.URL.Path = "/api/connected-apps/" + kindetest.SampleDrive + "/" + path.Base(r.URL.Path)
	r.URL.RawPath, r.URL.RawQuery = "", query
}

// connection is one that the person has agreed to at the third party, sealed for them.
func (p *party) connection() string {
	query := url.Values{"key_code_ref": {kindetest.SampleDrive}, "user_id": {kindetest.DemoPerson}}
	r, err := http.NewRequest(http.MethodGet, p.URL+"/api/v1/connected_apps/auth_url?"+query.Encode(), nil)
	if err != nil {
		panic(err)
	}
	r.Header.Set("Authorization", "Bearer "+p.Kinde.Mint(kindetest.Machine("read:connected_apps")))
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		panic(err)
	}
	defer resp.Body.Close()
	var begun struct {
		URL       string `json:"url"`
		SessionID string `json:"session_id"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&begun); err != nil {
		panic(err)
	}
	consent, err := url.Parse(begun.URL)
	if err != nil {
		panic(err)
	}
	agreed, err := http.PostForm(p.URL+"/third-party/consent",
		url.Values{"request": {consent.Query().Get("request")}, "action": {"approve"}})
	if err != nil {
		panic(err)
	}
	_ = agreed.Body.Close()
	return p.cookies.SealConnection(kindetest.SampleDrive,
		session.Owner{User: kindetest.DemoPerson, Organization: kindetest.DemoOrg}, begun.SessionID)
}
