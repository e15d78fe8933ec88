package secrets

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kinde-functions/shared/config"
)

const (
	oneARN  = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:kinde/one-AbCdEf"
	jsonARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:kinde/json-AbCdEf"
	ssmARN  = "arn:aws-us-gov:ssm:us-gov-west-1:123456789012:parameter/kinde/keys"
	leaked  = "never-in-a-log"
)

// aws stands in for both services and records their requests.
type aws struct {
	*httptest.Server
	mu       sync.Mutex
	requests []string
}

func serve(t *testing.T, handler http.HandlerFunc) *aws {
	t.Helper()
	a := &aws{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		a.mu.Lock()
		a.requests = append(a.requests, r.Method+" "+r.URL.Path+" "+r.Header.Get("X-Amz-Target")+" "+string(body))
		a.mu.Unlock()
		handler(w, r)
	}))
	t.Cleanup(a.Close)
	return a
}

// lookup returns an environment with AWS's variables and pairs of name and value.
func (a *aws) lookup(pairs ...string) config.Lookup {
	env := map[string]string{
		"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "key", "AWS_SESSION_TOKEN": "session",
		"AWS_ENDPOINT_URL_SECRETS_MANAGER": a.URL, "AWS_ENDPOINT_URL_SSM": a.URL,
	}
	for i := 0; i < len(pairs); i += 2 {
		env[pairs[i]] = pairs[i+1]
	}
	return func(name string) (string, bool) { value, ok := env[name]; return value, ok }
}

func secretString(value string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"SecretString": value, "Name": leaked})
	}
}

func respond(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status); io.WriteString(w, body) }
}

func TestFetchReplacesReferencesWithSecrets(t *testing.T) {
	a := serve(t, nil)
	a.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		signed := strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=id/") &&
			r.Header.Get("X-Amz-Security-Token") == "session" &&
			r.Header.Get("Content-Type") == "application/x-amz-json-1.1"
		a.mu.Lock()
		a.requests = append(a.requests, fmt.Sprint(signed, " ", r.Header.Get("X-Amz-Target"), " ", string(body)))
		a.mu.Unlock()
		switch {
		case strings.Contains(string(body), "kinde/json"):
			io.WriteString(w, `{"SecretString": "{\"m2m\":\"machine\",\"redis\":\"rediss://r\",\"n\":1}"}`)
		case strings.Contains(string(body), "kinde/one"):
			io.WriteString(w, `{"SecretString": "client's"}`)
		default:
			io.WriteString(w, `{"Parameter": {"Value": "keys"}}`)
		}
	})
	env := a.lookup("KINDE_CLIENT_SECRET", oneARN, "KINDE_M2M_CLIENT_SECRET", jsonARN+"#m2m",
		"REDIS_URL", jsonARN+"#redis", "SESSION_KEYS", ssmARN, "KINDE_AUDIENCE", oneARN)
	lookup, faults := Fetch(t.Context(), env, config.All())
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	for name, want := range map[string]string{
		"KINDE_CLIENT_SECRET": "client's", "KINDE_M2M_CLIENT_SECRET": "machine", "REDIS_URL": "rediss://r",
		"SESSION_KEYS": "keys", "KINDE_AUDIENCE": oneARN, "AWS_ACCESS_KEY_ID": "id",
	} {
		if got, set := lookup(name); got != want || !set {
			t.Errorf("%s: got %q, %t, want %q", name, got, set, want)
		}
	}
	slices.Sort(a.requests)
	want := []string{
		`true AmazonSSM.GetParameter {"Name":"` + ssmARN + `","WithDecryption":true}`,
		`true secretsmanager.GetSecretValue {"SecretId":"` + jsonARN + `"}`,
		`true secretsmanager.GetSecretValue {"SecretId":"` + oneARN + `"}`,
	}
	if !slices.Equal(a.requests, want) {
		t.Errorf("got requests %q, want %q", a.requests, want)
	}
}

func TestFetchIgnoresOtherSettings(t *testing.T) {
	a := serve(t, respond(500, ""))
	env := a.lookup("KINDE_CLIENT_SECRET", "plain", "SESSION_KEYS", ssmARN, "REDIS_URL", "arn:aws:s3:::bucket")
	lookup, faults := Fetch(t.Context(), env, []config.Setting{config.ClientSecret, config.RedisURL, config.Audiences})
	if value, _ := lookup("KINDE_CLIENT_SECRET"); value != "plain" || len(faults) != 0 || len(a.requests) != 0 {
		t.Errorf("got %q, faults %v, requests %v, want none", value, faults, a.requests)
	}
	allocated := testing.AllocsPerRun(100, func() { Fetch(t.Context(), env, []config.Setting{config.ClientSecret}) })
	if allocated > 0 {
		t.Errorf("got %v allocations with nothing to fetch, want 0", allocated)
	}
}

func TestFaultsNameSettingAndReasonAlone(t *testing.T) {
	large := secretString(strings.Repeat("x", maxResponse))
	redirect := http.RedirectHandler("http://127.0.0.1:1/never-in-a-log", http.StatusTemporaryRedirect).ServeHTTP
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		value   string
		want    string
		calls   int
	}{
		"denied": {respond(400, `{"__type":"AccessDeniedException","Message":"never-in-a-log"}`), oneARN,
			"400 AccessDeniedException: allow the function's role to read the secret", 1},
		"no parameter": {respond(400, `{"__type":"com.amazonaws.ssm#ParameterNotFound"}`), ssmARN,
			"ssm responded 400 ParameterNotFound: the ARN names no parameter", 1},
		"unusual code":        {respond(400, `{"__type":"never-in-a-log"}`), oneARN, "400 no error code", 1},
		"not JSON":            {respond(403, `never-in-a-log`), oneARN, "403 no error code", 1},
		"unavailable":         {respond(503, ``), oneARN, "503", attempts},
		"throttled":           {respond(400, `{"__type":"ThrottlingException"}`), oneARN, "ThrottlingException", attempts},
		"redirect":            {redirect, oneARN, "responded 307", 1},
		"other JSON":          {respond(200, `["never-in-a-log"]`), oneARN, "not the expected JSON", 1},
		"truncated":           {respond(200, `{"SecretString": "never-in-a-log`), oneARN, "not the expected JSON", 1},
		"binary":              {respond(200, `{"SecretBinary": "bmV2ZXI="}`), oneARN, "has no text", 1},
		"other service":       {secretString(leaked), ssmARN, "has no text", 1},
		"empty":               {secretString(""), oneARN, "is empty", 1},
		"too large":           {large, oneARN, "exceeds", 1},
		"field of plain text": {secretString(leaked), oneARN + "#a", "not a JSON object", 1},
		"missing field":       {secretString(`{"b":"never-in-a-log"}`), oneARN + "#a", "no string field of that name", 1},
		"number field":        {secretString(`{"a":7}`), oneARN + "#a", "no string field of that name", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := serve(t, c.handler)
			lookup, faults := Fetch(t.Context(), a.lookup("KINDE_CLIENT_SECRET", c.value), config.Of("session"))
			if len(faults) != 1 || faults[0].Name != "KINDE_CLIENT_SECRET" || !strings.Contains(faults[0].Why, c.want) ||
				strings.Contains(faults.Error(), leaked) {
				t.Errorf("got faults %v, want one with %q", faults, c.want)
			}
			if len(a.requests) != c.calls {
				t.Errorf("got %d requests, want %d", len(a.requests), c.calls)
			}
			// With the reference in place, no second fault is reported for the setting.
			if value, _ := lookup("KINDE_CLIENT_SECRET"); value != c.value {
				t.Errorf("got the value %q, want the reference", value)
			}
		})
	}
}

func TestFetchRetriesTemporaryFailure(t *testing.T) {
	var calls atomic.Int32
	a := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) == 1 {
			panic(http.ErrAbortHandler)
		}
		secretString("good")(w, r)
	})
	lookup, faults := Fetch(t.Context(), a.lookup("KINDE_CLIENT_SECRET", oneARN), config.Of("user-profile"))
	if value, _ := lookup("KINDE_CLIENT_SECRET"); value != "good" || len(faults) != 0 {
		t.Errorf("got %q, faults %v, want good and none", value, faults)
	}
}

func TestFetchTimesOut(t *testing.T) {
	hang := make(chan struct{})
	a := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("X-Amz-Target"), "GetParameter") {
			io.WriteString(w, `{"Parameter":`) // and nothing more
			w.(http.Flusher).Flush()
		}
		<-hang
	})
	t.Cleanup(func() { close(hang) })
	begin := time.Now()
	_, faults := Fetch(t.Context(), a.lookup("KINDE_CLIENT_SECRET", oneARN, "SESSION_KEYS", ssmARN),
		config.Of("user-profile"))
	if took := time.Since(begin); took > fetchTimeout+time.Second || len(faults) != 2 ||
		!strings.Contains(faults[0].Why, "no response from") {
		t.Errorf("got faults %v after %v, want two timeouts within %v", faults, took, fetchTimeout)
	}
}

func TestAddress(t *testing.T) {
	for name, c := range map[string]struct{ arn, endpoint, want string }{
		"secret's region": {oneARN, "", "https://secretsmanager.eu-central-1.amazonaws.com/"},
		"another partition": {strings.Replace(oneARN, "arn:aws:", "arn:aws-cn:", 1), "",
			"https://secretsmanager.eu-central-1.amazonaws.com.cn/"},
		"GovCloud":          {ssmARN, "", "https://ssm.us-gov-west-1.amazonaws.com/"},
		"endpoint":          {oneARN, "https://vpce.example", "https://vpce.example"},
		"loopback":          {oneARN, "http://localhost:4566", "http://localhost:4566"},
		"plain HTTP":        {oneARN, "http://vpce.example", ""},
		"no host":           {oneARN, "vpce.example", ""},
		"unknown partition": {strings.Replace(oneARN, "arn:aws:", "arn:aws-else:", 1), "", ""},
	} {
		ref, ok, err := config.ParseReference(c.arn)
		if !ok || err != nil {
			t.Fatal(name, err)
		}
		lookup := func(name string) (string, bool) {
			return c.endpoint, strings.HasPrefix(name, "AWS_ENDPOINT_URL_")
		}
		u, err := client{lookup: lookup}.address(ref)
		if (err != nil) != (c.want == "") || err == nil && u.String() != c.want {
			t.Errorf("%s: got %v, %v, want %q", name, u, err, c.want)
		}
	}
}

func TestFetchWithoutCredentials(t *testing.T) {
	a := serve(t, secretString("x"))
	_, faults := Fetch(t.Context(), a.lookup("KINDE_CLIENT_SECRET", oneARN, "AWS_SECRET_ACCESS_KEY", ""),
		config.Of("user-profile"))
	if len(faults) != 1 || !strings.Contains(faults[0].Why, "no AWS credentials") || len(a.requests) != 0 {
		t.Errorf("got faults %v, requests %v, want one fault and no request", faults, a.requests)
	}
}
