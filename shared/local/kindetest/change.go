package kindetest

import (
	"net/http"
	"slices"
	"time"
)

// The changes that the page /dev/users makes to a user. Each is an event.
const (
	changeSuspend   = "suspend"
	changeReinstate = "reinstate"
	changePlan      = "plan"
)

const (
	basicPlan      = "basic_plan"
	proPlan        = "pro_plan"
	proPermission  = "export_reports"
	proFeatureFlag = "new_dashboard"
)

// changesView is what the page /dev/users shows.
type changesView struct {
	Webhook string // the site's; empty: events are sent nowhere
	Users   []changeable
	Sent    *sentView // nil: nothing has been changed
}

type changeable struct {
	userView
	Plan      string
	Suspended bool
}

// sentView is an event that the page has sent.
type sentView struct {
	User, Type, Effect string
	Took               time.Duration
	Failure            string // empty: the site responded with a 2xx
}

// changes handles GET /dev/users: changes of users, whose events the site receives.
func (k *Kinde) changes(w http.ResponseWriter, _ *http.Request) { k.renderChanges(w, nil) }

// change handles POST /dev/users: it makes a change, sends its event once and shows what
// the site responded.
func (k *Kinde) change(w http.ResponseWriter, r *http.Request) {
	id, change := r.PostForm.Get("person"), r.PostForm.Get("change")
	k.mu.Lock()
	p := k.user(id)
	var name string
	if p != nil {
		name = p.Name()
	}
	k.mu.Unlock()
	event, kind, effect := k.changeUser(id, change)
	if p == nil || event == "" {
		renderMessage(w, http.StatusUnprocessableEntity, "Nothing changed", "Choose a user and a change.", "")
		return
	}
	sent := &sentView{User: name, Type: kind, Effect: effect}
	if k.opt.WebhookURL != "" {
		began := time.Now()
		if err := post(r.Context(), k.opt.WebhookURL, event); err != nil {
			sent.Failure = err.Error()
		}
		sent.Took = time.Since(began).Round(time.Millisecond)
	}
	k.renderChanges(w, sent)
}

// changeUser makes a change and returns its event, the event's type and what the event
// does to sessions; empty for an unknown change.
func (k *Kinde) changeUser(id, change string) (event, kind, effect string) {
	switch change {
	case changeSuspend, changeReinstate:
		event, err := k.Suspend(id, change == changeSuspend)
		if err != nil {
			return "", "", ""
		}
		if change == changeSuspend {
			return event, "user.updated", "The user's sessions have ended: load a page of the site that the user is signed " +
				"in to."
		}
		return event, "user.updated", "The user can sign in again."
	case changePlan:
		if err := k.switchPlan(id); err != nil {
			return "", "", ""
		}
		event := k.Event("customer.plan_changed", map[string]any{"customer": map[string]any{"user_id": id}})
		return event, "customer.plan_changed", "The user's sessions refresh: load a page of the site, which shows the new " +
			"permissions."
	}
	return "", "", ""
}

// switchPlan moves a user from the Pro plan to the Basic one, or back. Access tokens show
// the plan's permission and feature flag as they show everything that users inherit.
func (k *Kinde) switchPlan(id string) error {
	return k.UpdateInherited(id, func(p *User) {
		if len(p.Memberships) == 0 {
			return
		}
		m := &p.Memberships[0]
		pro := !hasPlan(m, proPlan)
		m.Plans = slices.DeleteFunc(slices.Clone(m.Plans),
			func(plan Plan) bool { return plan.Key == proPlan || plan.Key == basicPlan })
		m.Permissions = slices.DeleteFunc(slices.Clone(m.Permissions),
			func(p Permission) bool { return p.Key == proPermission })
		m.FeatureFlags = slices.Clone(m.FeatureFlags)
		for i := range m.FeatureFlags {
			if m.FeatureFlags[i].Key == proFeatureFlag {
				m.FeatureFlags[i].Value = pro
			}
		}
		if !pro {
			m.Plans = append(m.Plans, Plan{basicPlan, "Basic", k.opt.Now()})
			return
		}
		m.Plans = append(m.Plans, Plan{proPlan, "Pro", k.opt.Now()})
		m.Permissions = append(m.Permissions, Permission{fixtureID("perm", 201), title(proPermission), proPermission})
	})
}

func hasPlan(m *Membership, key string) bool {
	return slices.ContainsFunc(m.Plans, func(plan Plan) bool { return plan.Key == key })
}

func (k *Kinde) renderChanges(w http.ResponseWriter, sent *sentView) {
	view := changesView{Webhook: k.opt.WebhookURL, Sent: sent}
	k.mu.Lock()
	for _, shown := range k.userViews("") {
		p := k.user(shown.ID)
		user := changeable{userView: shown, Suspended: p.Suspended, Plan: "no plan"}
		if m := p.membership(""); m != nil && len(m.Plans) > 0 {
			user.Plan = m.Plans[len(m.Plans)-1].Name
		}
		view.Users = append(view.Users, user)
	}
	k.mu.Unlock()
	render(w, http.StatusOK, "users", view)
}
