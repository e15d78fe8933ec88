package kindetest

import (
	"net/http"
	"slices"
	"strconv"
)

// management wraps an endpoint of the Management API: the bearer must be an
// M2M token of the management host, made for its API, and hold scope.
func (k *Kinde) management(scope string, handler http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		b, err := k.bearerOf(r, k.opt.Management)
		switch {
		case err == nil && !slices.Contains(b.audience, k.managementAudience()):
			writeError(w, apiFault(http.StatusForbidden, invalidCredentials, missingAudience))
		case err != nil && k.isForeignUser(r):
			writeError(w, apiFault(http.StatusForbidden, invalidCredentials, missingAudience))
		case err != nil, !b.machine, scope != "" && !slices.Contains(b.scopes, scope):
			writeError(w, apiFault(http.StatusForbidden, invalidCredentials))
		default:
			handler(w, r)
		}
	}
}

// isForeignUser reports whether the token is a user's, issued on the tenant's other host.
// Its audience is refused too.
func (k *Kinde) isForeignUser(r *http.Request) bool {
	b, err := k.bearerOf(r, k.opt.Issuer)
	return err == nil && !b.machine
}

// listedUser is the Management API's representation of a user.
type listedUser struct {
	ID          string  `json:"id"`
	ProvidedID  *string `json:"provided_id"`
	Email       string  `json:"email"`
	Username    *string `json:"username"`
	FirstName   string  `json:"first_name"`
	LastName    string  `json:"last_name"`
	FullName    string  `json:"full_name"`
	Picture     *string `json:"picture"`
	IsSuspended bool    `json:"is_suspended"`
}

// listUsers handles GET /api/v1/users?page_size=&next_token=.
func (k *Kinde) listUsers(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	size, start := defaultPageSize, 0
	if text := query.Get("page_size"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 500 {
			writeError(w, badRequest("PAGE_SIZE_INVALID", "page_size must be from 1 to 500"))
			return
		}
		size = n
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if token := query.Get("next_token"); token != "" {
		start = 1 + slices.IndexFunc(k.users, func(p *User) bool { return p.ID == token })
		if start == 0 {
			writeError(w, badRequest("NEXT_TOKEN_INVALID", "next_token is unknown"))
			return
		}
	}
	list, end := []listedUser{}, min(start+size, len(k.users))
	for _, p := range k.users[start:end] {
		list = append(list, listedUser{
			p.ID, orNull(p.ProvidedID), p.Email, orNull(p.Username), p.GivenName, p.FamilyName, p.Name(), orNull(p.Picture),
			p.Suspended,
		})
	}
	var next *string
	if end < len(k.users) && len(list) > 0 {
		next = &list[len(list)-1].ID
	}
	writeJSON(w, http.StatusOK, map[string]any{"code": "OK", "message": "Success", "users": list, "next_token": next})
}
