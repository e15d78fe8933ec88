//go:build realtools

package openapi

import (
	"encoding/json"
	"net/http"
	"net/url"
	"path"

	"kinde-functions/shared/kindetest"
	"kinde-functions/shared/session"
)

// connected has a good session and an app that the person has agreed to connect.
func connected(p *party, r *http.Request) {
	p.bring(r, session.Tokens{Access: p.Kinde.Mint()})
	sealed := p.cookies.SealConnection(kindetest.SampleDrive, kindetest.DemoPerson, p.connection())
	r.Header.Set("Cookie", r.Header.Get("Cookie")+"; __Host-connection-"+kindetest.SampleDrive+"="+sealed)
	overDrive(r)
}

// byTokenAlone has an access token, and whatever the round asks for.
func byTokenAlone(p *party, r *http.Request) {
	r.Header.Set("Authorization", "Bearer "+p.Kinde.Mint())
	overDrive(r)
}

// overDrive makes the request one about the app that there is, with nothing that its
// path does not take.
func overDrive(r *http.Request) {
	r.URL.Path = "/api/connected-apps/" + kindetest.SampleDrive + "/" + path.Base(r.URL.Path)
	r.URL.RawPath, r.URL.RawQuery = "", ""
}

// connection is the handle of one that the person has agreed to at the third party.
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
	if err == nil {
		_, err = http.PostForm(p.URL+"/third-party/consent", url.Values{"request": {consent.Query().Get("request")}, "action": {"approve"}})
	}
	if err != nil {
		panic(err)
	}
	return begun.SessionID
}
