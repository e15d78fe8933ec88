package kindetest

import (
	"net/http"
	"net/url"
	"regexp"
	"time"
)

const portalTTL = time.Hour

// portalAreas are the areas that the portal's navigation offers; links may
// name others.
var portalAreas = []string{
	"profile", "plan_details", "plan_selection", "payment_details",
	"organization_details", "organization_payment_details", "organization_plan_selection",
}

var areaPattern = regexp.MustCompile(`^[a-z][a-z_]{0,63}$`)

// portalVisit is a link into the portal that has not been followed, or a visit.
type portalVisit struct {
	user, org       string
	area, returnURL string
}

// portalLink handles GET /account_api/v1/portal_link with a URL that works
// once. k.mu is held.
func (k *Kinde) portalLink(a *accountCall) (any, error) {
	visit := &portalVisit{a.user.ID, a.member.OrgCode, a.query.Get("subnav"), a.query.Get("return_url")}
	if visit.area == "" {
		visit.area = portalAreas[0]
	}
	if !areaPattern.MatchString(visit.area) {
		return nil, badRequest("SUBNAV_INVALID", "subnav is not an area of the portal")
	}
	if visit.returnURL != "" && !isWebURL(visit.returnURL) {
		return nil, badRequest("RETURN_URL_INVALID", "return_url is not an absolute URL")
	}
	key := randomHex(32)
	k.portals.put("link "+key, visit, k.opt.Now().Add(portalTTL))
	return map[string]string{"url": k.issuerOf(a.request) + "/portal_redirect?key=" + key}, nil
}

func isWebURL(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && len(raw) <= 2048 && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}

// portalView is the content of a page of the portal.
type portalView struct {
	Visit, Area, AreaName string
	Areas                 []portalTab
	User                  *User
	OrgName               string
	Member                *Membership
	ReturnURL             string
	NextPlan              string // what the button of the area plan_selection chooses
}

type portalTab struct {
	Area, Name string
	Here       bool
}

// portalRedirect handles GET /portal_redirect?key=, once for each key.
func (k *Kinde) portalRedirect(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	key := "link " + r.URL.Query().Get("key")
	visit, ok := k.portals.get(key, k.opt.Now())
	if !ok {
		renderMessage(w, http.StatusBadRequest, "This portal link is over",
			"A link to the portal works once. Go back to the site and open the portal again.", "")
		return
	}
	k.portals.drop(key)
	id := randomText()
	k.portals.put("visit "+id, visit, k.opt.Now().Add(portalTTL))
	k.renderPortal(w, id, visit, visit.area)
}

// portalArea handles GET /portal/{visit}/{area}, the portal's own navigation.
func (k *Kinde) portalArea(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	id, area := r.PathValue("visit"), r.PathValue("area")
	visit, ok := k.portals.get("visit "+id, k.opt.Now())
	if !ok || !areaPattern.MatchString(area) {
		renderMessage(w, http.StatusNotFound, "This visit is over", "Go back to the site and open the portal again.", "")
		return
	}
	k.renderPortal(w, id, visit, area)
}

// choosePlan handles POST /portal/{visit}/plan: the user moves between Basic and Pro, as
// by a purchase.
func (k *Kinde) choosePlan(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("visit")
	k.mu.Lock()
	visit, ok := k.portals.get("visit "+id, k.opt.Now())
	k.mu.Unlock()
	if !ok || k.switchPlan(visit.user) != nil {
		renderMessage(w, http.StatusNotFound, "This visit is over", "Go back to the site and open the portal again.", "")
		return
	}
	http.Redirect(w, r, "/portal/"+id+"/plan_details", http.StatusSeeOther)
}

// renderPortal shows an area of the portal; k.mu is held.
func (k *Kinde) renderPortal(w http.ResponseWriter, id string, visit *portalVisit, area string) {
	user := k.user(visit.user)
	member := user.membership(visit.org)
	if member == nil {
		member = &Membership{OrgCode: visit.org}
	}
	view := portalView{
		Visit: id, Area: area, AreaName: title(area), User: user,
		OrgName: member.OrgName, Member: member, ReturnURL: visit.returnURL, NextPlan: "Pro",
	}
	if hasPlan(member, proPlan) {
		view.NextPlan = "Basic"
	}
	known := false
	for _, name := range portalAreas {
		view.Areas = append(view.Areas, portalTab{name, title(name), name == area})
		known = known || name == area
	}
	if !known {
		view.Areas = append(view.Areas, portalTab{area, title(area), true})
	}
	render(w, http.StatusOK, "portal", view)
}
