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

// aws is a stand-in for both services, and what it was asked.
type aws struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
}

func serve(t *testing.T, answer http.HandlerFunc) *aws {
	t.Helper()
	a := &aws{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		a.mu.Lock()
		a.asked = append(a.asked, r.Method+" "+r.URL.Path+" "+r.Header.Get("X-Amz-Target")+" "+string(body))
		a.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(a.Close)
	return a
}

// lookup is an environment with AWS's variables; pairs follow by name and value.
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

func refuse(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status); io.WriteString(w, body) }
}

func TestSecretsTakeTheirReferencesPlace(t *testing.T) {
	a := serve(t, nil)
	a.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		signed := strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=id/") &&
			r.Header.Get("X-Amz-Security-Token") == "session" && r.Header.Get("Content-Type") == "application/x-amz-json-1.1"
		a.mu.Lock()
		a.asked = append(a.asked, fmt.Sprint(signed, " ", r.Header.Get("X-Amz-Target"), " ", string(body)))
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
	env := a.lookup("KINDE_CLIENT_SECRET", oneARN, "KINDE_M2M_CLIENT_SECRET", jsonARN+"#m2m", "REDIS_URL",
		jsonARN+"#redis",
		"SESSION_KEYS", ssmARN, "KINDE_AUDIENCE", oneARN)
	lookup, faults := Fetch(t.Context(), env, config.All())
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	for name, want := range map[string]string{"KINDE_CLIENT_SECRET": "client's", "KINDE_M2M_CLIENT_SECRET": "machine",
		"REDIS_URL":    "rediss://r",
		"SESSION_KEYS": "keys", "KINDE_AUDIENCE": oneARN, "AWS_ACCESS_KEY_ID": "id"} {
		if got, set := lookup(name); got != want || !set {
			t.Errorf("%s = %q", name, got)
		}
	}
	slices.Sort(a.asked)
	want := []string{
		`true AmazonSSM.GetParameter {"Name":"` + ssmARN + `","WithDecryption":true}`,
		`true secretsmanager.GetSecretValue {"SecretId":"` + jsonARN + `"}`,
		`true secretsmanager.GetSecretValue {"SecretId":"` + oneARN + `"}`,
	}
	if !slices.Equal(a.asked, want) {
		t.Errorf("asked %q", a.asked)
	}
}

func TestOnlyReferencesOfSettingsInUseAreFetched(t *testing.T) {
	a := serve(t, refuse(500, ""))
	env := a.lookup("KINDE_CLIENT_SECRET", "plain", "SESSION_KEYS", ssmARN, "REDIS_URL", "arn:aws:s3:::bucket")
	lookup, faults := Fetch(t.Context(), env, []config.Setting{config.ClientSecret, config.RedisURL, config.Audiences})
	if value, _ := lookup("KINDE_CLIENT_SECRET"); value != "plain" || len(faults) != 0 || len(a.asked) != 0 {
		t.Errorf("%q %v %v", value, faults, a.asked)
	}
	allocated := testing.AllocsPerRun(100, func() { Fetch(t.Context(), env, []config.Setting{config.ClientSecret}) })
	if allocated > 0 {
		t.Errorf("%v allocations where there is nothing to fetch", allocated)
	}
}

// What goes wrong names the setting and the reason, and holds nothing of an answer.
func TestFaults(t *testing.T) {
	long := secretString(strings.Repeat("x", maxAnswer))
	for name, row := range map[string]struct {
		answer http.HandlerFunc
		value  string
		want   string
		calls  int
	}{
		"denied": {refuse(400, `{"__type":"AccessDeniedException","Message":"never-in-a-log"}`), oneARN,
			"400 AccessDeniedException: let the function's role read it", 1},
		"denied, by SSM": {refuse(400, `{"__type":"com.amazonaws.ssm#ParameterNotFound"}`), ssmARN,
			"ssm answered 400 ParameterNotFound: there is none at that ARN", 1},
		"an odd code": {refuse(400, `{"__type":"never-in-a-log"}`), oneARN, "400 no error code", 1},
		"no JSON":     {refuse(403, `never-in-a-log`), oneARN, "403 no error code", 1},
		"down":        {refuse(503, ``), oneARN, "503", attempts},
		"throttled":   {refuse(400, `{"__type":"ThrottlingException"}`), oneARN, "ThrottlingException", attempts},
		"redirects": {http.RedirectHandler("http://127.0.0.1:1/never-in-a-log",
			http.StatusTemporaryRedirect).ServeHTTP, oneARN, "answered 307", 1},
		"other JSON":         {refuse(200, `["never-in-a-log"]`), oneARN, "what is not its JSON", 1},
		"cut off":            {refuse(200, `{"SecretString": "never-in-a-log`), oneARN, "what is not its JSON", 1},
		"binary":             {refuse(200, `{"SecretBinary": "bmV2ZXI="}`), oneARN, "holds no text", 1},
		"the other service":  {secretString(leaked), ssmARN, "holds no text", 1},
		"empty":              {secretString(""), oneARN, "is empty", 1},
		"huge":               {long, oneARN, "more than", 1},
		"a field of no JSON": {secretString(leaked), oneARN + "#a", "no JSON object", 1},
		"no such field":      {secretString(`{"b":"never-in-a-log"}`), oneARN + "#a", "no field of that name", 1},
		"a field of numbers": {secretString(`{"a":7}`), oneARN + "#a", "no field of that name", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := serve(t, row.answer)
			lookup, faults := Fetch(t.Context(), a.lookup("KINDE_CLIENT_SECRET", row.value), config.Of("session"))
			if len(faults) != 1 || faults[0].Name != "KINDE_CLIENT_SECRET" || !strings.Contains(faults[0].Why, row.want) ||
				strings.Contains(faults.Error(), leaked) {
				t.Errorf("faults: %v", faults)
			}
			if len(a.asked) != row.calls {
				t.Errorf("%d calls", len(a.asked))
			}
			// The reference stays, so that nothing else is said of the setting.
			if value, _ := lookup("KINDE_CLIENT_SECRET"); value != row.value {
				t.Errorf("value %q", value)
			}
		})
	}
}

func TestAPassingFaultPasses(t *testing.T) {
	var calls atomic.Int32
	a := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) == 1 {
			panic(http.ErrAbortHandler)
		}
		secretString("good")(w, r)
	})
	lookup, faults := Fetch(t.Context(), a.lookup("KINDE_CLIENT_SECRET", oneARN), config.Of("user-profile"))
	if value, _ := lookup("KINDE_CLIENT_SECRET"); value != "good" || len(faults) != 0 {
		t.Errorf("%q %v", value, faults)
	}
}

func TestASilentServiceIsLeftInTime(t *testing.T) {
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
	if took := time.Since(begin); took > within+time.Second || len(faults) != 2 ||
		!strings.Contains(faults[0].Why, "did not answer in time") {
		t.Errorf("after %v: %v", took, faults)
	}
}

func TestWhereItIsAsked(t *testing.T) {
	for name, row := range map[string]struct{ arn, endpoint, want string }{
		"the secret's region": {oneARN, "", "https://secretsmanager.eu-central-1.amazonaws.com/"},
		"another partition": {strings.Replace(oneARN, "arn:aws:", "arn:aws-cn:", 1), "",
			"https://secretsmanager.eu-central-1.amazonaws.com.cn/"},
		"GovCloud":          {ssmARN, "", "https://ssm.us-gov-west-1.amazonaws.com/"},
		"an endpoint":       {oneARN, "https://vpce.example", "https://vpce.example"},
		"on this machine":   {oneARN, "http://localhost:4566", "http://localhost:4566"},
		"in clear":          {oneARN, "http://vpce.example", ""},
		"no host":           {oneARN, "vpce.example", ""},
		"unknown partition": {strings.Replace(oneARN, "arn:aws:", "arn:aws-else:", 1), "", ""},
	} {
		ref, ok, err := config.ParseReference(row.arn)
		if !ok || err != nil {
			t.Fatal(name, err)
		}
		lookup := func(name string) (string, bool) {
			return row.endpoint, strings.HasPrefix(name, "AWS_ENDPOINT_URL_")
		}
		c := client{lookup: lookup}
		if u, err := c.address(ref); (err != nil) != (row.want == "") || err == nil && u.String() != row.want {
			t.Errorf("%s: %v %v", name, u, err)
		}
	}
}

func TestWithoutCredentialsItSaysSo(t *testing.T) {
	a := serve(t, secretString("x"))
	_, faults := Fetch(t.Context(), a.lookup("KINDE_CLIENT_SECRET", oneARN, "AWS_SECRET_ACCESS_KEY", ""),
		config.Of("user-profile"))
	if len(faults) != 1 || !strings.Contains(faults[0].Why, "no AWS credentials") || len(a.asked) != 0 {
		t.Error(faults, a.asked)
	}
}
