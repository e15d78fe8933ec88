package kindetest

import (
	"crypto/rand"
	"errors"
	"math/big"
	"net/http"
	"strings"
	"time"
)

// deviceGrant is a device's request for access (RFC 8628).
type deviceGrant struct {
	grant    *grant
	userCode string
	expires  time.Time
	interval time.Duration
	polled   time.Time
	decision deviceDecision
}

type deviceDecision int

const (
	undecided deviceDecision = iota
	approved
	denied
	redeemed
)

// slowDown is added to the interval (RFC 8628 section 3.5).
const slowDown = 5 * time.Second

// deviceAuth handles POST /oauth2/device/auth (RFC 8628 section 3.2).
func (k *Kinde) deviceAuth(w http.ResponseWriter, r *http.Request) {
	client, ok := k.client(r.PostForm.Get("client_id"))
	switch {
	case !ok:
		writeError(w, oauthFault(http.StatusUnauthorized, "invalid_client", "Unknown client."))
		return
	case client.Type != Device:
		writeError(w, oauthFault(http.StatusBadRequest, "unauthorized_client",
			"The application's type does not allow this grant."))
		return
	}
	scopes, refused := client.grantable(words(r.PostForm["scope"]))
	if refused {
		writeError(w,
			oauthFault(http.StatusBadRequest, "invalid_scope", "A requested scope is not assigned to the application."))
		return
	}
	now, issuer := k.opt.Now(), k.issuerOf(r)
	d := &deviceGrant{
		userCode: newUserCode(), expires: now.Add(k.opt.DeviceTTL), interval: k.opt.DeviceInterval,
		grant: &grant{
			issuer: issuer, client: client, scopes: scopes, device: true,
			audience: client.authorized(words(r.PostForm["audience"])),
		},
	}
	code := randomText()
	k.mu.Lock()
	// Kept for another hour, so that the response to a late poll is expired_token.
	k.devices.put(code, d, d.expires.Add(time.Hour))
	k.mu.Unlock()
	complete := issuer + "/device?user_code=" + d.userCode
	response := map[string]any{
		"device_code": code, "user_code": d.userCode,
		"verification_uri": issuer + "/device", "verification_uri_complete": complete,
		"expires_in": int64(k.opt.DeviceTTL.Seconds()), "interval": int64(k.opt.DeviceInterval.Seconds()),
	}
	if picture := qrCode(complete); picture != "" {
		response["qr_code"] = picture
	}
	writeJSON(w, http.StatusOK, response)
}

// newUserCode returns eight consonants, which spell no words (RFC 8628 section 6.1).
func newUserCode() string {
	const letters = "BCDFGHJKLMNPQRSTVWXZ"
	code := make([]byte, 8)
	for i := range code {
		n, _ := rand.Int(rand.Reader, big.NewInt(int64(len(letters)))) // never fails
		code[i] = letters[n.Int64()]
	}
	return string(code)
}

// redeemDevice handles a poll (RFC 8628 section 3.5); k.mu is held.
func (k *Kinde) redeemDevice(client Client, r *http.Request) (*tokenResponse, error) {
	now := k.opt.Now()
	d, ok := k.devices.get(r.PostForm.Get("device_code"), now)
	if !ok || d.grant.client.ID != client.ID || d.grant.issuer != k.issuerOf(r) || d.decision == redeemed {
		return nil, invalidGrant("The device code is unknown or has been used before.")
	}
	tooSoon := !d.polled.IsZero() && now.Sub(d.polled) < d.interval
	d.polled = now
	pending := func(code, description string) error {
		return oauthFault(http.StatusBadRequest, code, description)
	}
	switch {
	case d.decision == denied:
		return nil, pending("access_denied", "The user denied the request.")
	case !now.Before(d.expires):
		return nil, pending("expired_token", "The device code has expired.")
	case tooSoon:
		d.interval += slowDown
		return nil, pending("slow_down", "Polling too fast: wait five seconds longer.")
	case d.decision == undecided:
		return nil, pending("authorization_pending", "The user has not decided yet.")
	}
	d.decision = redeemed
	return k.issue(d.grant), nil
}

// deviceByUserCode returns the undecided request with a user code, ignoring case, dashes
// and spaces; k.mu is held.
func (k *Kinde) deviceByUserCode(typed string) *deviceGrant {
	code := strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(typed))
	now := k.opt.Now()
	for _, entry := range k.devices.entries {
		d := entry.value
		if d.userCode == code && d.decision == undecided && now.Before(d.expires) {
			return d
		}
	}
	return nil
}

var errNoDevice = errors.New("kindetest: no undecided device request with this user code")

// ApproveDevice approves a device request as a user, without the page.
func (k *Kinde) ApproveDevice(userCode, userID string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	d, p := k.deviceByUserCode(userCode), k.user(userID)
	switch {
	case d == nil:
		return errNoDevice
	case p == nil:
		return errNoUser
	}
	k.approve(d, p)
	return nil
}

// DenyDevice refuses a device request without the page.
func (k *Kinde) DenyDevice(userCode string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	d := k.deviceByUserCode(userCode)
	if d == nil {
		return errNoDevice
	}
	d.decision = denied
	return nil
}

func (k *Kinde) approve(d *deviceGrant, p *User) {
	d.grant.sub, d.grant.signedIn = p.ID, k.opt.Now()
	if m := p.membership(""); m != nil {
		d.grant.org = m.OrgCode
	}
	d.decision = approved
}
