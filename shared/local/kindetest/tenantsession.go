package kindetest

import (
	"net/http"
	"strings"
	"time"
)

const sessionCookie = "kindetest_session"

// tenantSession is a user's session at the tenant, of one browser.
type tenantSession struct {
	id          string
	user        string
	client, org string // of the latest sign-in with it
	started     time.Time
}

// signedIn returns the session that a request's cookie names, and its user; nil
// when there is none. k.mu is held.
func (k *Kinde) signedIn(r *http.Request) (*tenantSession, *User) {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return nil, nil
	}
	session, ok := k.sessions.get(cookie.Value, k.opt.Now())
	if !ok {
		return nil, nil
	}
	p := k.user(session.user)
	if p == nil || p.Suspended {
		return nil, nil
	}
	return session, p
}

// startSession signs a user in at the tenant; k.mu is held.
func (k *Kinde) startSession(userID string) (*tenantSession, *http.Cookie) {
	value := randomText()
	session := &tenantSession{id: "session_" + randomHex(16), user: userID, started: k.opt.Now()}
	k.sessions.put(value, session, k.opt.Now().Add(sessionTTL))
	return session, &http.Cookie{
		Name: sessionCookie, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: strings.HasPrefix(k.opt.Issuer, "https://"),
	}
}

// SessionCookie signs a user in at the tenant without the page. /oauth2/auth redirects a
// browser with the cookie at once. It is nil for an unknown user.
func (k *Kinde) SessionCookie(userID string) *http.Cookie {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.user(userID) == nil {
		return nil
	}
	_, cookie := k.startSession(userID)
	return cookie
}

// endSessions ends every session of a user at the tenant, with the refresh tokens
// issued in them. Access tokens stay valid until they expire. k.mu is held.
func (k *Kinde) endSessions(userID string) {
	k.sessions.dropIf(func(s *tenantSession) bool { return s.user == userID })
	k.refresh.dropIf(func(t *refreshToken) bool { return t.grant.sub == userID && t.grant.session != "" })
}

// userSession is the Management API's representation of a session.
type userSession struct {
	ID        string    `json:"session_id"`
	UserID    string    `json:"user_id"`
	OrgCode   *string   `json:"org_code"`
	ClientID  *string   `json:"client_id"`
	StartedOn time.Time `json:"started_on"`
	ExpiresOn time.Time `json:"expires_on"`
}

// userSessions handles GET /api/v1/users/{id}/sessions.
func (k *Kinde) userSessions(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	p := k.user(r.PathValue("id"))
	if p == nil {
		writeError(w, apiFault(http.StatusNotFound, userNotFound))
		return
	}
	list := []userSession{}
	for _, s := range k.sessions.all(k.opt.Now()) {
		if s.user == p.ID {
			list = append(list, userSession{s.id, s.user, orNull(s.org), orNull(s.client), s.started.UTC(),
				s.started.Add(sessionTTL).UTC()})
		}
	}
	writeJSON(w, http.StatusOK, map[string]any{"code": "OK", "message": "Success", "has_more": false, "sessions": list})
}

// deleteUserSessions handles DELETE /api/v1/users/{id}/sessions.
func (k *Kinde) deleteUserSessions(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	p := k.user(r.PathValue("id"))
	if p == nil {
		writeError(w, apiFault(http.StatusNotFound, userNotFound))
		return
	}
	k.endSessions(p.ID)
	writeJSON(w, http.StatusOK, map[string]string{"code": "USER_SESSIONS_DELETED", "message": "User sessions deleted"})
}
