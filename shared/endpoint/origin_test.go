package endpoint

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"kinde-functions/shared/lambdahttp"
)

const originSecret = "0123456789abcdefghijklmnopqrstuvwxyz"

// The distribution's viewer headers count only beside its secret. Handlers never see
// them.
func TestViewerHeadersNeedOriginSecret(t *testing.T) {
	with := func(secret string, more ...string) []string {
		return append([]string{"X-Origin-Secret", secret, "X-Viewer-Host", "www.example.com", "X-Viewer-Address",
			"2001:db8::7"}, more...)
	}
	const api, apiIP = "abc.execute-api.eu-central-1.amazonaws.com", "192.0.2.1"
	for name, row := range map[string]struct {
		setting  string
		header   []string
		host, ip string
	}{
		"the distribution":         {originSecret, with(originSecret), "www.example.com", "2001:db8::7"},
		"no secret":                {originSecret, with("")[2:], api, apiIP},
		"an empty secret":          {originSecret, with(""), api, apiIP},
		"a wrong secret":           {originSecret, with(strings.ToUpper(originSecret)), api, apiIP},
		"a secret's beginning":     {originSecret, with(originSecret[:35]), api, apiIP},
		"two secrets":              {originSecret, with(originSecret, "X-Origin-Secret", originSecret), api, apiIP},
		"two, as HTTP APIs join":   {originSecret, with(originSecret + "," + originSecret), api, apiIP},
		"no setting":               {"", with(""), api, apiIP},
		"no setting, and a secret": {"", with(originSecret), api, apiIP},
		"two hosts":                {originSecret, with(originSecret, "X-Viewer-Host", "evil.example"), api, "2001:db8::7"},
		"two addresses": {originSecret, with(originSecret, "X-Viewer-Address", "192.0.2.2"), "www.example.com",
			apiIP},
		"no address": {originSecret, []string{"X-Origin-Secret", originSecret, "X-Viewer-Address", "unknown"},
			api, apiIP},
		"other headers of proxies": {originSecret, []string{"X-Forwarded-Host", "www.example.com", "X-Forwarded-For",
			"192.0.2.9", "Forwarded", "host=www.example.com"}, api, apiIP},
	} {
		var host, ip, left string
		f := start(t, "user-profile", func(_ context.Context, r *Request) (*Response, error) {
			host, ip = r.HTTP.Host, r.HTTP.RemoteAddr
			left = strings.Join(r.HTTP.Header["X-Origin-Secret"], "") + strings.Join(r.HTTP.Header["X-Viewer-Host"], "")
			return JSON(200, []byte(`{}`)), nil
		}, "ORIGIN_SECRET", row.setting)
		r := httptest.NewRequestWithContext(t.Context(), "GET", "https://"+api+"/api/user-profile", nil)
		r.RemoteAddr = apiIP
		if w := f.send(r, append(row.header, "Authorization", "Bearer "+f.tenant.Mint())...); w.Code != 200 {
			t.Errorf("%s: got %d %s, want 200", name, w.Code, w.Body)
		}
		if host != row.host || ip != row.ip || row.setting != "" && left != "" {
			t.Errorf("%s: got host %s, address %s, headers %q, want %s, %s and no headers", name, host, ip, left,
				row.host, row.ip)
		}
		if log := f.log.take(); strings.Contains(log, originSecret) {
			t.Errorf("%s: the secret is in the log", name)
		}
	}
}

// API Gateway's events may repeat a header in several spellings.
func TestSpoofedHeadersInEvents(t *testing.T) {
	const awsHost = "abc.execute-api.eu-central-1.amazonaws.com"
	const event = `{"version":"2.0","rawPath":"/api/user-profile","headers":{%s},` +
		`"requestContext":{"domainName":"` + awsHost + `","stage":"$default",` +
		`"http":{"method":"GET","path":"/api/user-profile","sourceIp":"192.0.2.1"}}}`
	for headers, want := range map[string]string{
		`"x-origin-secret":"` + originSecret +
			`","x-viewer-host":"www.example.com"`: "www.example.com",
		`"x-origin-secret":"guess","X-Origin-Secret":"` + originSecret +
			`","x-viewer-host":"www.example.com"`: awsHost,
		`"x-origin-secret":"` + originSecret +
			`","x-viewer-host":"www.example.com","X-VIEWER-HOST":"evil.example"`: awsHost,
		`"x_origin_secret":"` + originSecret +
			`","x-viewer-host":"www.example.com","host":"www.example.com"`: awsHost,
		`"x-origin-secret ":"` + originSecret +
			`","x-viewer-host":"www.example.com","x-forwarded-host":"www.example.com"`: awsHost,
		`"x-origin-secret":"` + originSecret +
			`,","x-viewer-host":"www.example.com","x-forwarded-host":"www.example.com"`: awsHost,
		`"x-origin-secret":"` + originSecret +
			`, guess","x-viewer-host":"www.example.com","x-forwarded-for":"198.51.100.1"`: awsHost,
	} {
		var host string
		f := start(t, "user-profile", func(_ context.Context, r *Request) (*Response, error) {
			host = r.HTTP.Host
			return JSON(200, []byte(`{}`)), nil
		}, "ORIGIN_SECRET", originSecret)
		headers += `,"authorization":"Bearer ` + f.tenant.Mint() + `"`
		if _, err := lambdahttp.New(f.handler).Invoke(t.Context(),
			[]byte(strings.Replace(event, "%s", headers, 1))); err != nil {
			t.Fatal(err)
		}
		if host != want {
			t.Errorf("%s: got host %q, want %q", headers, host, want)
		}
	}
}

func TestMalformedOriginSecretIsMisconfigured(t *testing.T) {
	f := start(t, "user-profile", responding(`{}`), "ORIGIN_SECRET", "short")
	if w := f.signedIn("/api/user-profile"); w.Code != 500 ||
		!strings.Contains(f.log.take(), "ORIGIN_SECRET must be 32 characters") {
		t.Errorf("got %d %s, want 500 and ORIGIN_SECRET in the log", w.Code, w.Body)
	}
}
