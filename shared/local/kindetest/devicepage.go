package kindetest

import (
	"net/http"
	"strings"
)

// deviceView is the content of the device page: the form for the code, or, with a
// UserCode, the form for the decision.
type deviceView struct {
	Typed    string // as the user typed it
	UserCode string // empty: the page has a field for it
	ClientID string
	Scopes   []string
	Users    []userView
	Problem  string
}

// devicePage handles GET /device. It asks for the user code or, with a code in the query,
// for a decision about that request.
func (k *Kinde) devicePage(w http.ResponseWriter, r *http.Request) {
	typed := r.URL.Query().Get("user_code")
	if strings.TrimSpace(typed) == "" {
		render(w, http.StatusOK, "device", deviceView{})
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	d := k.deviceByUserCode(typed)
	if d == nil {
		render(w, http.StatusNotFound, "device", deviceView{Typed: typed,
			Problem: "No device is waiting for this code. Look at its screen again; codes last ten minutes."})
		return
	}
	k.renderDevice(w, http.StatusOK, d, "")
}

// renderDevice asks the user to approve or deny the request; k.mu is held.
func (k *Kinde) renderDevice(w http.ResponseWriter, status int, d *deviceGrant, problem string) {
	render(w, status, "device", deviceView{
		UserCode: d.userCode[:4] + "-" + d.userCode[4:], ClientID: d.grant.client.ID,
		Scopes: d.grant.scopes, Users: k.userViews(""), Problem: problem,
	})
}

// deviceDecision handles the page's form, POST /device, with user_code and action: approve
// (as the user in the field person) or deny.
func (k *Kinde) deviceDecision(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	form := r.PostForm
	d := k.deviceByUserCode(form.Get("user_code"))
	if d == nil {
		render(w, http.StatusNotFound, "device", deviceView{Problem: "No device is waiting for this code any more."})
		return
	}
	if form.Get("action") == "deny" {
		d.decision = denied
		renderMessage(w, http.StatusOK, "Device refused", "It was not signed in. You can close this page.", "")
		return
	}
	p := k.user(form.Get("person"))
	if p == nil {
		k.renderDevice(w, http.StatusUnprocessableEntity, d, "Choose the user to sign the device in as.")
		return
	}
	k.approve(d, p)
	renderMessage(w, http.StatusOK, "Device signed in", "It goes on by itself as "+p.Name()+". You can close this page.",
		"")
}
