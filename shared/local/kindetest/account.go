package kindetest

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// Page sizes of the Account API.
const (
	defaultPageSize = 10
	maxPageSize     = 100
)

// accountHandler serves one user in one organization; k.mu is held.
type accountHandler func(a *accountCall) (any, error)

// accountCall is a request to the Account API whose caller is known.
type accountCall struct {
	request *http.Request
	query   url.Values
	quirks  Quirks
	user    *User
	member  *Membership
}

var invalidUserToken = apiFault(http.StatusForbidden, errorItem{"INVALID_CREDENTIALS", "Invalid credentials"})

// account wraps an endpoint of the Account API: the bearer must be a user's
// access token of this host, else 403.
func (k *Kinde) account(handler accountHandler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		b, err := k.bearerOf(r, k.issuerOf(r))
		if err != nil {
			writeError(w, invalidUserToken)
			return
		}
		body, err := k.serveAccount(r, b, handler)
		if err != nil {
			writeError(w, err)
			return
		}
		if body == nil {
			routeNotFound(w, r)
			return
		}
		writeJSON(w, http.StatusOK, body)
	}
}

func (k *Kinde) serveAccount(r *http.Request, b *bearer, handler accountHandler) (any, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	user := k.user(b.sub)
	if user == nil {
		return nil, invalidUserToken
	}
	member := user.membership(b.org)
	if member == nil {
		return nil, invalidUserToken
	}
	return handler(&accountCall{r, r.URL.Query(), k.quirks, user, member})
}

// metadata is the Account API's paging.
type metadata struct {
	HasMore bool    `json:"has_more"`
	Next    *string `json:"next_page_starting_after"`
}

// page returns the page that page_size and starting_after select.
func page[T any](a *accountCall, all []T, id func(T) string) ([]T, metadata, error) {
	size := defaultPageSize
	if text := a.query.Get("page_size"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxPageSize {
			return nil, metadata{}, badRequest("PAGE_SIZE_INVALID", "page_size must be from 1 to 100")
		}
		size = n
	}
	after := a.query.Get("starting_after")
	start := 0
	if after != "" && a.quirks.Cursors == CursorsRight {
		i := slices.IndexFunc(all, func(v T) bool { return id(v) == after })
		if i < 0 {
			return nil, metadata{}, badRequest("STARTING_AFTER_INVALID", "starting_after is unknown")
		}
		start = i + 1
	}
	end := min(start+size, len(all))
	items := nonNil(slices.Clone(all[start:end]))
	meta := metadata{HasMore: end < len(all)}
	if len(items) > 0 {
		meta.Next = new(id(items[len(items)-1]))
	}
	return items, a.quirks.Cursors.spoil(meta, after), nil
}

// spoil makes the paging go wrong: every page is then the first one, and
// there always seem to be more.
func (q CursorQuirk) spoil(meta metadata, after string) metadata {
	switch q {
	case CursorsRepeat:
		return metadata{HasMore: true, Next: meta.Next}
	case CursorsEmpty:
		return metadata{HasMore: true, Next: new("")}
	case CursorsEndless:
		n, _ := strconv.Atoi(after)
		return metadata{HasMore: true, Next: new(strconv.Itoa(n + 1))}
	default:
		return meta
	}
}

// accountList is the response of a list endpoint.
func accountList[T any](a *accountCall, name string, all []T, id func(T) string) (map[string]any, error) {
	items, meta, err := page(a, all, id)
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"data":     map[string]any{"org_code": a.member.OrgCode, name: items},
		"metadata": meta,
	}, nil
}

// listEntitlements handles GET /account_api/v1/entitlements; the plans come
// whole with every page.
func listEntitlements(a *accountCall) (any, error) {
	response, err := accountList(a, "entitlements", a.member.Entitlements, func(e Entitlement) string { return e.ID })
	if err != nil {
		return nil, err
	}
	response["data"].(map[string]any)["plans"] = nonNil(a.member.Plans)
	return response, nil
}

// oneEntitlement handles GET /account_api/v1/entitlement/{key}, by feature key.
func (k *Kinde) oneEntitlement(a *accountCall) (any, error) {
	if a.quirks.NoEntitlementRoute {
		return nil, nil
	}
	key := a.request.PathValue("key")
	i := slices.IndexFunc(a.member.Entitlements, func(e Entitlement) bool { return e.FeatureKey == key })
	if i < 0 {
		return nil, apiFault(http.StatusNotFound, errorItem{"ENTITLEMENT_NOT_FOUND", "Entitlement not found"})
	}
	return map[string]any{
		"data":     map[string]any{"org_code": a.member.OrgCode, "entitlement": a.member.Entitlements[i]},
		"metadata": map[string]any{},
	}, nil
}

// listFeatureFlags handles GET /account_api/v1/feature_flags, by default
// without metadata.
func listFeatureFlags(a *accountCall) (any, error) {
	response, err := accountList(a, "feature_flags", a.member.FeatureFlags, func(f FeatureFlag) string { return f.ID })
	if err != nil {
		return nil, err
	}
	if !a.quirks.FlagsMetadata {
		delete(response, "metadata")
	}
	return response, nil
}

// listPermissions handles GET /account_api/v1/permissions.
func listPermissions(a *accountCall) (any, error) {
	return accountList(a, "permissions", a.member.Permissions, func(p Permission) string { return p.ID })
}

// listRoles handles GET /account_api/v1/roles.
func listRoles(a *accountCall) (any, error) {
	return accountList(a, "roles", a.member.Roles, func(r Role) string { return r.ID })
}

// listProperties handles GET /account_api/v1/properties.
func listProperties(a *accountCall) (any, error) {
	return accountList(a, "properties", a.member.Properties, func(p Property) string { return p.ID })
}

// profile is Kinde's user profile.
type profile struct {
	Sub           string  `json:"sub"`
	ProvidedID    *string `json:"provided_id"`
	Name          string  `json:"name"`
	GivenName     string  `json:"given_name"`
	FamilyName    string  `json:"family_name"`
	UpdatedAt     int64   `json:"updated_at"`
	Email         string  `json:"email"`
	EmailVerified bool    `json:"email_verified"`
	Picture       *string `json:"picture"`
	Username      *string `json:"preferred_username"`
	ID            string  `json:"id"`
}

// userProfile handles GET /oauth2/v2/user_profile; a token that is not a
// user's or not in force gets 403 in OAuth's shape.
func (k *Kinde) userProfile(w http.ResponseWriter, r *http.Request) {
	b, err := k.bearerOf(r, k.issuerOf(r))
	if err != nil {
		b = &bearer{}
	}
	k.mu.Lock()
	p := k.user(b.sub)
	if p == nil {
		k.mu.Unlock()
		writeError(w, oauthFault(http.StatusForbidden, "invalid_token", "The access token is invalid, expired or revoked."))
		return
	}
	response := profile{
		p.ID, orNull(p.ProvidedID), p.Name(), p.GivenName, p.FamilyName, p.UpdatedAt.Unix(),
		p.Email, p.EmailVerified, orNull(p.Picture), orNull(p.Username), p.ID,
	}
	k.mu.Unlock()
	writeJSON(w, http.StatusOK, response)
}
