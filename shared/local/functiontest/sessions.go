package functiontest

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/session"
)

var sessionKey = []byte("0123456789abcdef0123456789abcdef")

// Sessions are the settings that turn cookie sessions on.
var Sessions = []string{"SESSION_KEYS", base64.StdEncoding.EncodeToString(sessionKey), "KINDE_CLIENT_SECRET",
	kindetest.ClientSecret}

// Cookies makes and reads the cookies of a fixture that was started with the
// settings Sessions.
func (f *Fixture) Cookies() *session.Cookies {
	f.t.Helper()
	box, err := session.NewBox([][]byte{sessionKey}, f.Issuer(), kindetest.ClientID, Site)
	if err != nil {
		f.t.Fatal(err)
	}
	return session.NewCookies(Site, box, time.Now)
}

// Session returns the Cookie header of a new session with those tokens.
func (f *Fixture) Session(tokens session.Tokens) string {
	f.t.Helper()
	return f.Holding(NewSession(tokens))
}

// Holding returns the Cookie header of a session.
func (f *Fixture) Holding(s session.Session) string {
	f.t.Helper()
	h := http.Header{}
	if err := f.Cookies().Write(h, s); err != nil {
		f.t.Fatal(err)
	}
	return Kept(h)
}

// NewSession returns a session that began now, of the user of the access token.
func NewSession(tokens session.Tokens) session.Session {
	return session.New(tokens, subject(tokens.Access), time.Now().Truncate(time.Millisecond).UTC(),
		session.Organizations{})
}

// subject returns the sub of a token, "" if it is not a JWT.
func subject(access string) string {
	segments := strings.Split(access, ".")
	if len(segments) != 3 {
		return ""
	}
	payload, _ := base64.RawURLEncoding.DecodeString(segments[1])
	var claims struct{ Sub string }
	_ = json.Unmarshal(payload, &claims) // not JSON: no subject
	return claims.Sub
}

// Stored returns the session that a response has set.
func (f *Fixture) Stored(w *httptest.ResponseRecorder) (session.Session, error) {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Cookie", Kept(w.Header()))
	return f.Cookies().Read(r)
}

// Kept returns the Cookie header that a browser sends after a response: what it set and did
// not expire.
func Kept(h http.Header) string {
	var kept []string
	for _, cookie := range (&http.Response{Header: h}).Cookies() {
		if cookie.MaxAge >= 0 && cookie.Value != "" {
			kept = append(kept, cookie.Name+"="+cookie.Value)
		}
	}
	return strings.Join(kept, "; ")
}
