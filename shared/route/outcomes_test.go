package route_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/local/lambdarun"
	"kinde-functions/shared/route"
	"kinde-functions/shared/session"
)

// outcome is a credential and the expected decision about it on a row for users.
type outcome struct {
	name      string
	header    []string
	decision  string // outcome and reason
	fromKinde bool   // only for rows that call Kinde with the caller's token
}

func outcomes(t *testing.T, tenant *kindetest.Server) []outcome {
	t.Helper()
	mint := func(claims ...kindetest.Claim) []string {
		return []string{"Authorization", "Bearer " + tenant.Kinde.Mint(claims...)}
	}
	cookie := sessionCookie(t, tenant, session.Tokens{Access: tenant.Kinde.Mint(), Refresh: tenant.Kinde.MintRefresh()})
	expired := sessionCookie(t, tenant, session.Tokens{Access: tenant.Kinde.Mint(kindetest.ExpiresIn(-time.Hour))})
	return []outcome{
		{"no credential", nil, "denied no-token", false},
		{"two credentials", append(mint(), mint()...), "denied invalid-request", false},
		{"not a token", []string{"Authorization", "Bearer x"}, "denied malformed", false},
		{"expired", mint(kindetest.ExpiresIn(-time.Hour)), "denied expired", false},
		{"token of another application", mint(kindetest.With("azp", "other")), "denied client", false},
		{"token with a foreign key", mint(kindetest.SignedBy(kindetest.ForeignKey)), "denied signature", false},
		{"token", mint(), "allowed ok", false},
		{"session", []string{"Cookie", cookie, "X-CSRF", "1"}, "allowed ok", false},
		{"session without the header", []string{"Cookie", cookie}, "denied csrf-header-missing", false},
		{"session from another site", []string{"Cookie", cookie, "X-CSRF", "1", "Origin", "https://evil.example"},
			"denied cross-site", false},
		{"damaged session", []string{"Cookie", "__Host-session=AAAA", "X-CSRF", "1"}, "denied invalid-token", false},
		{"expired session", []string{"Cookie", expired, "X-CSRF", "1"}, "denied session-expired", false},
		{"revoked at Kinde", revoked(t, tenant), "denied refused-by-kinde", true},
	}
}

func sessionCookie(t *testing.T, tenant *kindetest.Server, tokens session.Tokens) string {
	t.Helper()
	box, err := session.NewBox([][]byte{sessionKey}, tenant.URL, kindetest.ClientID, site)
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	if err := session.NewCookies(site, box, time.Now).Write(h, functiontest.NewSession(tokens)); err != nil {
		t.Fatal(err)
	}
	return functiontest.Kept(h)
}

// revoked returns the header of a revoked token.
func revoked(t *testing.T, tenant *kindetest.Server) []string {
	t.Helper()
	token := tenant.Kinde.Mint(kindetest.With("jti", "ended"))
	form := map[string][]string{"token": {token}, "client_id": {kindetest.ClientID},
		"client_secret": {kindetest.ClientSecret}}
	resp, err := http.PostForm(tenant.URL+"/oauth2/revoke", form)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(err, resp)
	}
	resp.Body.Close()
	return []string{"Authorization", "Bearer " + token}
}

// testDecisions checks that each request logs its decision once, and no secret.
func testDecisions(t *testing.T, f *lambdarun.Function, function string, tenant *kindetest.Server,
	log *functiontest.Log) {
	t.Helper()
	handler := lambdarun.Handler(f, lambdarun.Netlify)
	all := outcomes(t, tenant)
	want := map[string]string{} // by request id
	var secrets []string
	for r, row := range route.Of(function) {
		for i, o := range all {
			secrets = append(secrets, o.header...)
			if o.fromKinde && !row.ReadsOnly {
				continue
			}
			id := fmt.Sprintf("outcome-%d-%d", r, i)
			want[id] = decision(row, o)
			sample := sampleOf(row)
			req := httptest.NewRequestWithContext(t.Context(), row.Methods()[0], site+sample.target,
				strings.NewReader(sample.form))
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			req.Header.Set("X-Request-Id", id)
			for i := 0; i < len(o.header); i += 2 {
				req.Header.Add(o.header[i], o.header[i+1])
			}
			handler.ServeHTTP(httptest.NewRecorder(), req)
		}
	}
	awaitRequests(log, want)
	compareDecisions(t, log.String(), want)
	searchLog(t, log.String(), append(secrets, kindetest.ClientSecret, kindetest.M2MClientSecret, "dana@example.com"))
}

// awaitRequests waits for the last lines, which follow the responses.
func awaitRequests(log *functiontest.Log, want map[string]string) {
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		ended := 0
		for line := range strings.Lines(log.String()) {
			if strings.Contains(line, `"msg":"request"`) && strings.Contains(line, `"request_id":"outcome-`) {
				ended++
			}
		}
		if ended >= len(want) {
			return
		}
	}
}

// decision returns the expected decision in the log for a row, or "" for none.
func decision(row route.Route, o outcome) string {
	switch row.Access {
	case route.User:
		if row.API() || !strings.Contains(o.decision, "csrf") && !strings.Contains(o.decision, "cross-site") {
			return o.decision
		}
		return "allowed ok" // SameSite=Strict protects links
	case route.OptionalSession: // it ignores Bearer tokens
		switch {
		case len(o.header) == 2 && o.header[0] == "Authorization":
			return "denied no-token"
		case strings.Contains(o.decision, "csrf") || strings.Contains(o.decision, "cross-site"):
			return "allowed ok"
		}
		return o.decision
	case route.Session: // it ignores Bearer tokens
		if len(o.header) == 2 && o.header[0] == "Authorization" {
			return "denied no-token"
		}
		return o.decision
	case route.SignIn:
		return "denied login-expired"
	case route.SignOut: // it requires no session, but the site's origin or the X-CSRF header
		switch {
		case strings.Contains(strings.Join(o.header, " "), "evil.example"):
			return "denied cross-site"
		case strings.Contains(strings.Join(o.header, " "), "X-CSRF"):
			return "allowed ok"
		}
		return "denied csrf-header-missing"
	case route.Optional:
		if o.decision == "denied no-token" {
			return ""
		}
		return o.decision
	}
	return ""
}

func compareDecisions(t *testing.T, log string, want map[string]string) {
	t.Helper()
	got := map[string][]string{}
	requests := map[string]int{}
	for line := range strings.Lines(log) {
		var event struct {
			Msg, Outcome, Reason string
			RequestID            string `json:"request_id"`
		}
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatalf("log line %q: %v", line, err)
		}
		switch event.Msg {
		case "auth":
			got[event.RequestID] = append(got[event.RequestID], event.Outcome+" "+event.Reason)
		case "request":
			requests[event.RequestID]++
		}
	}
	for id, decision := range want {
		if all := strings.Join(got[id], "; "); all != decision || requests[id] != 1 {
			t.Errorf("%s: got decisions %q in %d requests, want %q in 1", id, all, requests[id], decision)
		}
	}
}

// searchLog fails if the log has a secret or a part of one.
func searchLog(t *testing.T, log string, secrets []string) {
	t.Helper()
	for _, secret := range secrets {
		for part := range strings.FieldsFuncSeq(secret, func(r rune) bool { return strings.ContainsRune(". =;", r) }) {
			if len(part) > 16 && strings.Contains(log, part[:16]) && !strings.HasPrefix(part, "__Host-session") {
				t.Errorf("got a secret in the log that begins with %.4q", part)
			}
		}
	}
}
