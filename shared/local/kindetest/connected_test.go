package kindetest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

const connectPath = "/api/v1/connected_apps/"

// connect starts a connection of the demo user and returns its session and
// consent page.
func (tn *tenant) connect(callback string) (session, consent string) {
	tn.t.Helper()
	q := url.Values{"key_code_ref": {SampleDrive}, "user_id": {DemoUser}, "org_code": {DemoOrg},
		"override_callback_url": {callback}}
	got := tn.get(connectPath+"auth_url?"+q.Encode(), tn.Kinde.Mint(Machine("read:connected_apps")))
	if got.status != http.StatusOK {
		tn.t.Fatalf("got %d %s", got.status, got.body)
	}
	m := got.json(tn.t)
	return m["session_id"].(string), m["url"].(string)
}

// decide submits a consent page and returns the response.
func (tn *tenant) decide(consent, action string) response {
	tn.t.Helper()
	if page := tn.get(consent, ""); page.status != http.StatusOK || !strings.Contains(page.body, "Dana Demo") {
		tn.t.Fatalf("consent page: got %d %s", page.status, page.body)
	}
	_, request, _ := strings.Cut(consent, "request=")
	return tn.post("/third-party/consent", url.Values{"request": {request}, "action": {action}})
}

func TestConnectedApp(t *testing.T) {
	tn := newTenant(t)
	reader, writer := tn.Kinde.Mint(Machine("read:connected_apps")), tn.Kinde.Mint(Machine("create:connected_apps"))
	back := DefaultSite + "/files?x=1"
	session, consent := tn.connect(back)
	tokenPath := connectPath + "token?session_id=" + session
	if got := tn.get(tokenPath, reader); got.status != http.StatusBadRequest {
		t.Errorf("token before consent: got %d %s", got.status, got.body)
	}
	if got := tn.decide(consent, "approve"); got.status != http.StatusSeeOther || got.header.Get("Location") != back {
		t.Errorf("approve leads to %q", got.header.Get("Location"))
	}
	if got := tn.get(consent, ""); got.status != http.StatusBadRequest {
		t.Errorf("consent page after the response: got %d", got.status)
	}
	got := tn.get(tokenPath, reader).json(t)
	expiry, err := time.Parse(time.RFC3339, got["access_token_expiry"].(string))
	if err != nil || time.Until(expiry) < 50*time.Minute {
		t.Errorf("expiry %v: got %v", expiry, err)
	}
	files := tn.get("/third-party/files", got["access_token"].(string))
	if files.status != http.StatusOK || len(files.json(t)["files"].([]any)) != 3 {
		t.Errorf("files: got %d %s", files.status, files.body)
	}
	for name, token := range map[string]string{"none": "", "a Kinde token": tn.Kinde.Mint(), "made up": "third_party_x"} {
		if got := tn.get("/third-party/files", token); got.status != http.StatusUnauthorized {
			t.Errorf("files with %s: got %d", name, got.status)
		}
	}
	tn.wait(thirdPartyTTL)
	renewed := tn.get(tokenPath, reader).json(t)["access_token"]
	if renewed == got["access_token"] {
		t.Error("got the expired token again")
	}
	revoked := tn.send("POST", connectPath+"revoke?session_id="+session, writer, nil)
	if body := revoked.json(t); revoked.status != http.StatusOK || body["code"] == "" || body["message"] == "" {
		t.Errorf("revoke: got %d %s", revoked.status, revoked.body)
	}
	if got := tn.get(tokenPath, reader); got.status != http.StatusBadRequest {
		t.Errorf("token after revoking: got %d", got.status)
	}
	if got := tn.get("/third-party/files", renewed.(string)); got.status != http.StatusUnauthorized {
		t.Errorf("files after revoking: got %d", got.status)
	}
}

func TestConsentDeclined(t *testing.T) {
	tn := newTenant(t)
	session, consent := tn.connect(DefaultSite + "/files?x=1#top")
	if got := tn.decide(consent,
		"decline").header.Get("Location"); got != DefaultSite+"/files?x=1&error=access_denied#top" {
		t.Errorf("decline leads to %q", got)
	}
	if got := tn.get(connectPath+"token?session_id="+session,
		tn.Kinde.Mint(Machine("read:connected_apps"))); got.status != http.StatusBadRequest {
		t.Errorf("token: got %d", got.status)
	}
	_, consent = tn.connect("")
	end := tn.decide(consent, "approve").location(t)
	if page := tn.get(end.String(), ""); page.status != http.StatusOK ||
		!strings.Contains(page.body, "<h1>Connected</h1>") {
		t.Errorf("without a callback it leads to %s: got %d", end, page.status)
	}
}

func TestManagementRefuses(t *testing.T) {
	tn := newTenant(t)
	good := "auth_url?key_code_ref=" + SampleDrive + "&user_id=" + DemoUser
	reader := Machine("read:connected_apps")
	for _, tt := range []struct {
		name, method, path string
		token              string
		status             int
		codes              []string
	}{
		{"no scope", "GET", good, tn.Kinde.Mint(Machine("read:users")), 403, []string{"INVALID_CREDENTIALS"}},
		{"read does not revoke", "POST", "revoke?session_id=x", tn.Kinde.Mint(reader), 403, []string{"INVALID_CREDENTIALS"}},
		{"no token", "GET", good, "", 403, []string{"INVALID_CREDENTIALS"}},
		{"expired", "GET", good, tn.Kinde.Mint(reader, ExpiresIn(-time.Second)), 403, []string{"INVALID_CREDENTIALS"}},
		{"a user with the audience", "GET", good, tn.Kinde.Mint(Audience(tn.URL+"/api"), Scopes("read:connected_apps")), 403,
			[]string{"INVALID_CREDENTIALS"}},
		{"other audience", "GET", good, tn.Kinde.Mint(reader, Audience(tn.URL+"/api/")), 403,
			[]string{"INVALID_CREDENTIALS", "MISSING_AUDIENCE"}},
		{"no app", "GET", "auth_url?user_id=" + DemoUser, tn.Kinde.Mint(reader), 400, []string{"PARAMETER_MISSING"}},
		{"unknown app", "GET", "auth_url?key_code_ref=x&user_id=" + DemoUser, tn.Kinde.Mint(reader), 404,
			[]string{"CONNECTED_APP_NOT_FOUND"}},
		{"unknown user", "GET", "auth_url?key_code_ref=" + SampleDrive + "&user_id=kp_x", tn.Kinde.Mint(reader), 404,
			[]string{"USER_NOT_FOUND"}},
		{"unknown session", "GET", "token?session_id=x", tn.Kinde.Mint(reader), 400, []string{"SESSION_ID_INVALID"}},
		{"bad callback", "GET", good + "&override_callback_url=/x", tn.Kinde.Mint(reader), 400,
			[]string{"OVERRIDE_CALLBACK_URL_INVALID"}},
	} {
		got := tn.send(tt.method, connectPath+tt.path, tt.token, nil)
		var codes []string
		list, _ := got.json(t)["errors"].([]any)
		for _, item := range list {
			codes = append(codes, item.(map[string]any)["code"].(string))
		}
		if got.status != tt.status || !slices.Equal(codes, tt.codes) {
			t.Errorf("%s: got %d %v, want %d", tt.name, got.status, codes, tt.status)
		}
	}
}

func TestUsers(t *testing.T) {
	tn := newTenant(t)
	token := tn.Kinde.Mint(Machine("read:users"))
	first := tn.get("/api/v1/users?page_size=3", token).json(t)
	next, _ := first["next_token"].(string)
	rest := tn.get("/api/v1/users?page_size=3&next_token="+next, token).json(t)
	if len(first["users"].([]any)) != 3 || len(rest["users"].([]any)) != 2 || rest["next_token"] != nil {
		t.Errorf("got %v, then %v", first, rest)
	}
	if got := first["users"].([]any)[0].(map[string]any); got["id"] != StudioUser || got["first_name"] != "Robin" {
		t.Errorf("user %v", got)
	}
}
