package kindetest

import (
	"net/http"
	"slices"
)

// claimsCache holds the account claims of access tokens by user id and organization code. Kinde gives a new access
// token the claims
// of the one before it until the user's own record changes or refresh_claims is
// called. The Kinde's mutex guards it.
type claimsCache map[string]map[string]map[string]any

// of returns the claims of p in m from the cache. The first call puts them there.
func (c claimsCache) of(p *User, m *Membership) map[string]any {
	if c[p.ID] == nil {
		c[p.ID] = map[string]map[string]any{}
	}
	if c[p.ID][m.OrgCode] == nil {
		c[p.ID][m.OrgCode] = accountClaims(p, m)
	}
	return c[p.ID][m.OrgCode]
}

// cachedClaims are the account claims of the grant's next access token; k.mu
// is held.
func (k *Kinde) cachedClaims(g *grant) map[string]any { return k.claimsFor(g, k.claims.of) }

// liveClaims are the account claims as they are now, past the cache; k.mu is held.
func (k *Kinde) liveClaims(g *grant) map[string]any { return k.claimsFor(g, accountClaims) }

// claimsFor names the claims as the tenant does and drops the optional ones that
// the client has not opted into.
func (k *Kinde) claimsFor(g *grant, all func(*User, *Membership) map[string]any) map[string]any {
	p := k.user(g.sub)
	if p == nil {
		return nil
	}
	m := p.membership(g.org)
	if m == nil {
		return nil
	}
	kept := map[string]any{}
	for name, value := range all(p, m) {
		if !slices.Contains(optionalClaims, name) || slices.Contains(g.client.OptionalClaims, name) {
			kept[k.claimName(name)] = value
		}
	}
	return kept
}

// UpdateInherited changes what a user has through a role, a plan or an
// organization. The Account API shows it at once. Access tokens show it after
// refresh_claims or UpdateUser, and not before, once the user has had one.
func (k *Kinde) UpdateInherited(id string, change func(*User)) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	p := k.user(id)
	if p == nil {
		return errNoUser
	}
	change(p)
	return nil
}

// refreshClaims handles POST /api/v1/users/{id}/refresh_claims: access tokens
// issued from now on carry the user's claims as they are now.
func (k *Kinde) refreshClaims(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	p := k.user(r.PathValue("id"))
	if p == nil {
		writeError(w, apiFault(http.StatusNotFound, userNotFound))
		return
	}
	delete(k.claims, p.ID)
	writeJSON(w, http.StatusOK, map[string]string{"code": "USER_CLAIMS_REFRESHED", "message": "User claims refreshed"})
}

var userNotFound = errorItem{"USER_NOT_FOUND", "User not found"}
