package kindetest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func (tn *tenant) portalURL(bearer, query string) string {
	tn.t.Helper()
	got := tn.get("/account_api/v1/portal_link?"+query, bearer)
	link, _ := got.json(tn.t)["url"].(string)
	if got.status != http.StatusOK || !strings.HasPrefix(link, tn.URL+"/portal_redirect?key=") {
		tn.t.Fatalf("got %d %s", got.status, got.body)
	}
	return link
}

func TestPortalLinkWorksOnce(t *testing.T) {
	tn := newTenant(t)
	back := DefaultSite + "/access/?from=portal&x=1"
	link := tn.portalURL(tn.Kinde.Mint(), "subnav=organization_members&return_url="+url.QueryEscape(back))
	first := tn.get(link, "")
	for _, want := range []string{"Dana Demo", "organization_members", `href="` + DefaultSite +
		`/access/?from=portal&amp;x=1"`} {
		if first.status != http.StatusOK || !strings.Contains(first.body, want) {
			t.Errorf("portal page lacks %q: %d", want, first.status)
		}
	}
	if again := tn.get(link, ""); again.status != http.StatusBadRequest || strings.Contains(again.body, "Dana") {
		t.Errorf("second use: got %d", again.status)
	}
	if got := tn.get("/portal_redirect?key=made-up", ""); got.status != http.StatusBadRequest {
		t.Errorf("made-up key: got %d", got.status)
	}
	late := tn.portalURL(tn.Kinde.Mint(), "")
	tn.wait(portalTTL)
	if got := tn.get(late, ""); got.status != http.StatusBadRequest {
		t.Errorf("late: got %d", got.status)
	}
}

func TestPortalNavigation(t *testing.T) {
	tn := newTenant(t)
	page := tn.get(tn.portalURL(tn.Kinde.Mint(), ""), "")
	_, rest, _ := strings.Cut(page.body, `href="/portal/`)
	visit, _, _ := strings.Cut(rest, "/")
	plans := tn.get("/portal/"+visit+"/plan_details", "")
	if plans.status != http.StatusOK || !strings.Contains(plans.body, "Extra storage") ||
		!strings.Contains(plans.body, `aria-current="page">Plan details`) {
		t.Errorf("plan_details: got %d", plans.status)
	}
	if got := tn.get("/portal/"+visit+"/Not%20an%20area", ""); got.status != http.StatusNotFound {
		t.Errorf("bad area: got %d", got.status)
	}
	tn.wait(portalTTL + time.Second)
	if got := tn.get("/portal/"+visit+"/plan_details", ""); got.status != http.StatusNotFound {
		t.Errorf("after the visit: got %d", got.status)
	}
}

func TestPortalLinkRefuses(t *testing.T) {
	tn := newTenant(t)
	for _, query := range []string{"subnav=Profile", "subnav=a/b", "return_url=/path", "return_url=javascript:alert(1)"} {
		if got := tn.get("/account_api/v1/portal_link?"+query, tn.Kinde.Mint()); got.status != http.StatusBadRequest {
			t.Errorf("%s: got %d %s", query, got.status, got.body)
		}
	}
}

func TestPortalChangesPlan(t *testing.T) {
	tn := newTenant(t)
	page := tn.get(tn.portalURL(tn.Kinde.Mint(), "subnav=plan_selection"), "")
	_, rest, _ := strings.Cut(page.body, `action="/portal/`)
	visit, _, _ := strings.Cut(rest, "/")
	if !strings.Contains(page.body, "Choose the Basic plan") {
		t.Fatalf("got no button for the Basic plan: %d", page.status)
	}
	if got := tn.send("POST", "/portal/"+visit+"/plan", "", nil); got.status != http.StatusSeeOther {
		t.Fatalf("got %d, want 303", got.status)
	}
	plans := tn.get("/portal/"+visit+"/plan_selection", "").body
	if !strings.Contains(plans, "<b>Basic</b>") || !strings.Contains(plans, "Choose the Pro plan") {
		t.Error("the portal does not show the Basic plan")
	}
	if got := tn.send("POST", "/portal/made-up/plan", "", nil); got.status != http.StatusNotFound {
		t.Errorf("made-up visit: got %d, want 404", got.status)
	}
}
