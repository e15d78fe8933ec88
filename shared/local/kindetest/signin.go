package kindetest

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// signInView is the content of the sign-in page.
type signInView struct {
	RequestID  string
	ClientID   string
	Create     bool
	Users      []userView
	TestUsers  []userView
	OrgCode    string
	NewOrg     string
	Hint       string
	Invitation string
	Problem    string
	Params     []paramView
}

type userView struct {
	ID, Name, Email, Orgs string
	test                  bool
}

type paramView struct{ Name, Value string }

// renderSignIn shows the sign-in page for a pending request; k.mu is held.
func (k *Kinde) renderSignIn(w http.ResponseWriter, id string, a *authRequest, problem string) {
	view := signInView{
		RequestID: id, ClientID: a.client.ID, Create: a.prompt == "create", OrgCode: a.org,
		Hint: a.params.Get("login_hint"), Invitation: a.invitation(), Problem: problem,
	}
	if a.wantsOrg() {
		view.NewOrg = a.newOrgName()
	}
	for _, p := range k.userViews(a.org) {
		if p.test {
			view.TestUsers = append(view.TestUsers, p)
		} else {
			view.Users = append(view.Users, p)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(a.params)) {
		if value := a.params.Get(name); value != "" {
			view.Params = append(view.Params, paramView{name, value})
		}
	}
	status := http.StatusOK
	if problem != "" {
		status = http.StatusUnprocessableEntity
	}
	render(w, status, "signin", view)
}

// userViews lists the users who may sign in to an organization; k.mu is held.
func (k *Kinde) userViews(org string) []userView {
	var views []userView
	for _, p := range k.users {
		if org != "" && p.membership(org) == nil {
			continue
		}
		var orgs []string
		for _, m := range p.Memberships {
			orgs = append(orgs, m.OrgName)
		}
		views = append(views, userView{p.ID, p.Name(), p.Email, strings.Join(orgs, ", "), p.Test})
	}
	return views
}

func (a *authRequest) wantsOrg() bool { return a.params.Get("is_create_org") == "true" }

func (a *authRequest) newOrgName() string {
	name := strings.TrimSpace(a.params.Get("org_name"))
	if name == "" {
		return "New organization"
	}
	return strings.ToValidUTF8(name[:min(len(name), 200)], "")
}

func (a *authRequest) invitation() string {
	if a.params.Get("is_invitation") != "true" {
		return ""
	}
	return a.params.Get("invitation_code")
}

// signIn handles the sign-in page's form, POST /sign-in/{request}, whose action is person,
// create, decline or expired-link.
func (k *Kinde) signIn(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	id := r.PathValue("request")
	a, ok := k.pending.get(id, k.opt.Now())
	if !ok {
		renderMessage(w, http.StatusBadRequest, "This sign-in is over",
			"It was used before, or it is too old. Go back to the site and sign in again.", "")
		return
	}
	var user *User
	switch action := r.PostForm.Get("action"); action {
	case "decline":
		k.pending.drop(id)
		redirect(w, http.StatusSeeOther, a.callbackURL(url.Values{
			"error": {"access_denied"}, "error_description": {"The user declined to sign in."},
		}))
		return
	case "expired-link":
		k.pending.drop(id)
		a.expireLink(w)
		return
	case "create":
		created, problem := k.createAccount(r.PostForm)
		if problem != "" {
			k.renderSignIn(w, id, a, problem)
			return
		}
		user = created
	default:
		user = k.user(r.PostForm.Get("person"))
	}
	if user == nil {
		k.renderSignIn(w, id, a, "Choose one of the users.")
		return
	}
	if user.Suspended {
		k.renderSignIn(w, id, a, user.Name()+" is suspended.")
		return
	}
	org, ok := k.enterOrg(a, user)
	if !ok {
		k.renderSignIn(w, id, a, user.Name()+" is not a member of "+a.org+".")
		return
	}
	k.pending.drop(id)
	session, cookie := k.startSession(user.ID)
	http.SetCookie(w, cookie)
	redirect(w, http.StatusSeeOther, k.grantCode(a, session, org))
}

// createAccount reads the account form. The page shows problem to the user.
func (k *Kinde) createAccount(form url.Values) (created *User, problem string) {
	email := strings.TrimSpace(form.Get("email"))
	given, family := strings.TrimSpace(form.Get("given_name")), strings.TrimSpace(form.Get("family_name"))
	switch {
	case given == "" || len(given)+len(family) > 400:
		return nil, "Enter a first name."
	case !strings.Contains(email, "@") || len(email) > 254:
		return nil, "Enter an e-mail address, such as sam@example.com."
	}
	created, err := k.register(given, family, email)
	if err != nil {
		return nil, "There are as many accounts as the embedded Kinde holds."
	}
	return created, ""
}

const maxMemberships = 20

// enterOrg returns the organization that the user signs in to: a new one, the
// invitation's, the requested one, or their first. k.mu is held.
func (k *Kinde) enterOrg(a *authRequest, p *User) (code string, ok bool) {
	switch {
	case a.wantsOrg() && len(p.Memberships) < maxMemberships:
		m := Membership{OrgCode: "org_" + randomHex(6), OrgName: a.newOrgName(), Roles: roles("admin")}
		p.Memberships = append(p.Memberships, m)
		return m.OrgCode, true
	case a.invitation() == InvitationCode:
		if p.membership(SecondOrg) == nil {
			p.Memberships = append(p.Memberships, Membership{OrgCode: SecondOrg, OrgName: secondOrgName, Roles: roles("viewer")})
		}
		return SecondOrg, true
	}
	if m := p.membership(a.org); m != nil {
		return m.OrgCode, true
	}
	return "", a.org == ""
}

// logout handles GET /logout?redirect=&all_sessions=. It ends the browser's session at the
// tenant, or all sessions of its user, and redirects to the URL if it is a registered
// logout URL of a client.
func (k *Kinde) logout(w http.ResponseWriter, r *http.Request) {
	if cookie, err := r.Cookie(sessionCookie); err == nil {
		k.mu.Lock()
		if _, p := k.signedIn(r); p != nil && r.URL.Query().Get("all_sessions") == "true" {
			k.endSessions(p.ID)
		}
		k.sessions.drop(cookie.Value)
		k.mu.Unlock()
	}
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Path: "/", MaxAge: -1, HttpOnly: true,
		SameSite: http.SameSiteLaxMode})
	target := r.URL.Query().Get("redirect")
	allowed := slices.ContainsFunc(*k.clients.Load(), func(c Client) bool { return slices.Contains(c.Logouts, target) })
	switch {
	case target == "":
		renderMessage(w, http.StatusOK, "You are signed out", "You can close this page.", "")
	case !allowed:
		renderMessage(w, http.StatusBadRequest, "Invalid logout redirect URL",
			"The URL is not among the allowed logout redirect URLs of any application. Register exactly:", target)
	default:
		redirect(w, http.StatusFound, target)
	}
}
