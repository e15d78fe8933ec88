package functiontest

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"kinde-functions/shared/kindetest"
	"kinde-functions/shared/session"
)

var sessionKey = []byte("0123456789abcdef0123456789abcdef")

// Sessions are the settings that switch cookie sessions on.
var Sessions = []string{"SESSION_KEYS", base64.StdEncoding.EncodeToString(sessionKey), "KINDE_CLIENT_SECRET", kindetest.ClientSecret}

// Cookies makes and reads the cookies of a fixture that was started with the
// settings Sessions.
func (f *Fixture) Cookies() *session.Cookies {
	f.t.Helper()
	box, err := session.NewBox([][]byte{sessionKey}, f.Issuer(), kindetest.ClientID)
	if err != nil {
		f.t.Fatal(err)
	}
	return session.NewCookies(Site, box, time.Now)
}

// Session is the Cookie header of a session with those tokens.
func (f *Fixture) Session(tokens session.Tokens) string {
	f.t.Helper()
	h := http.Header{}
	if err := f.Cookies().Write(h, tokens); err != nil {
		f.t.Fatal(err)
	}
	return Kept(h)
}

// Stored is the session that an answer has set.
func (f *Fixture) Stored(w *httptest.ResponseRecorder) (session.Tokens, error) {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Cookie", Kept(w.Header()))
	return f.Cookies().Read(r)
}

// Kept is the Cookie header that a browser sends after an answer: of what was
// set and not expired.
func Kept(h http.Header) string {
	var kept []string
	for _, cookie := range (&http.Response{Header: h}).Cookies() {
		if cookie.MaxAge >= 0 && cookie.Value != "" {
			kept = append(kept, cookie.Name+"="+cookie.Value)
		}
	}
	return strings.Join(kept, "; ")
}
