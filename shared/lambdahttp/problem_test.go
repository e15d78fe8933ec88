package lambdahttp

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

// checkProblem fails the test unless resp is a problem document with this status
// and code, and the headers that every response has.
func checkProblem(t *testing.T, resp response, status int, code string) {
	t.Helper()
	var p struct {
		Type, Title, Detail, Code string
		Status                    int
	}
	if err := json.Unmarshal([]byte(resp.body), &p); err != nil {
		t.Fatalf("got body %q: %v", resp.body, err)
	}
	if resp.status != status || p.Status != status || p.Code != code || p.Title == "" || p.Detail == "" {
		t.Errorf("got status %d, body %s, want %d %s", resp.status, resp.body, status, code)
	}
	for name, want := range map[string]string{
		"Content-Type":           "application/problem+json",
		"Cache-Control":          "no-store",
		"X-Content-Type-Options": "nosniff",
		"Referrer-Policy":        "no-referrer",
	} {
		if got := resp.header.Get(name); got != want {
			t.Errorf("got %s %q, want %q", name, got, want)
		}
	}
}

// captureLog collects what is logged until the test ends.
func captureLog(t *testing.T) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&b, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	return &b
}

func TestPanicReturns500(t *testing.T) {
	var none map[string]string
	const secret = "secret-of-the-request"
	for logged, fail := range map[string]func(http.ResponseWriter){
		`"string"`:              func(http.ResponseWriter) { panic(secret) },
		`"*errors.errorString"`: func(http.ResponseWriter) { panic(errors.New(secret)) },
		`"*fmt.wrapError"`:      func(http.ResponseWriter) { panic(fmt.Errorf("%w: "+secret, io.EOF)) },
		`nil map"`:              func(http.ResponseWriter) { none[secret] = secret },
		`.WriteHeader (`:        func(w http.ResponseWriter) { w.WriteHeader(99) },
	} {
		bothFormats(t, func(t *testing.T, payload []byte) {
			log := captureLog(t)
			resp := invoke(t, payload, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Half", secret)
				fail(w)
			})
			checkProblem(t, resp, http.StatusInternalServerError, "internal")
			line := log.String()
			if !strings.Contains(line, logged) || !strings.Contains(line, "problem_test.go:") || strings.Count(line, "\n") != 1 {
				t.Errorf("got log %q, want one line with %s", line, logged)
			}
			if strings.Contains(line, secret) || strings.Contains(line, "payload.signature") {
				t.Errorf("got log %q, want no data of the request", line)
			}
			if resp.header["X-Half"] != nil || strings.Contains(resp.body, secret) {
				t.Errorf("got response %+v, want nothing of the handler", resp)
			}
		})
	}
}

func TestPanicDiscardsPartialResponse(t *testing.T) {
	captureLog(t)
	bothFormats(t, func(t *testing.T, payload []byte) {
		calls := 0
		adapter := New(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Half", "1")
			w.WriteHeader(http.StatusTeapot)
			io.WriteString(w, "half")
			if calls++; calls == 1 {
				panic("once")
			}
		}))
		for _, want := range []int{http.StatusInternalServerError, http.StatusTeapot} {
			out, err := adapter.Invoke(t.Context(), payload)
			if err != nil {
				t.Fatal(err)
			}
			resp := readResponse(t, out)
			if resp.status != want || strings.Contains(resp.body, "half") != (want == http.StatusTeapot) {
				t.Errorf("got response %+v, want status %d", resp, want)
			}
		}
	})
}

func TestProblemCarriesRequestID(t *testing.T) {
	log := captureLog(t)
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "invocation-7"})
	adapter := New(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("x") }))
	out, err := adapter.Invoke(ctx, load(t, "rest"))
	if err != nil {
		t.Fatal(err)
	}
	resp := readResponse(t, out)
	const member = `"request_id":"invocation-7"`
	if resp.header.Get("X-Request-Id") != "invocation-7" || !strings.Contains(resp.body, member) ||
		!strings.Contains(log.String(), member) {
		t.Errorf("got response %+v\nand log %s\nwant %s in both", resp, log, member)
	}
}

func TestResponseTooLarge(t *testing.T) {
	bothFormats(t, func(t *testing.T, payload []byte) {
		log := captureLog(t)
		for _, test := range []struct {
			char   string
			size   int
			status int
		}{
			{"<", maxResponse - 1024, http.StatusOK},           // not escaped
			{"\"", 4 << 20, http.StatusOK},                     // 8 MiB escaped, so sent as base64
			{"\xff", 4 << 20, http.StatusOK},                   // base64 in any case
			{"<", maxResponse, http.StatusInternalServerError}, // more than base64 can carry, too
		} {
			want := strings.Repeat(test.char, test.size)
			resp := invoke(t, payload, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, want) })
			if test.status != http.StatusOK {
				checkProblem(t, resp, test.status, "internal")
			} else if resp.status != test.status || resp.body != want {
				t.Errorf("%d of %q: got status %d and %d bytes, want %d and the body written", test.size, test.char, resp.status,
					len(resp.body), test.status)
			}
		}
		if strings.Count(log.String(), "response too large") != 1 {
			t.Errorf("got log %q, want one line", log)
		}
	})
}

func TestInvalidEventReturns400(t *testing.T) {
	const deep = 20_000
	tooDeep := strings.Repeat("[", deep) + strings.Repeat("]", deep)
	for name, test := range map[string]struct {
		payload string
		v2      bool
	}{
		"empty":              {"", false},
		"null":               {"null", false},
		"scalar":             {`"GET /"`, false},
		"list":               {"[]", false},
		"empty object":       {"{}", false},
		"truncated":          {`{"httpMethod":"GET","path":"/`, false},
		"trailing":           {`{"httpMethod":"GET","path":"/"} x`, false},
		"deep":               {`{"httpMethod":"GET","body":` + tooDeep + "}", false},
		"another service's":  {`{"version":"0","source":"aws.events","detail-type":"Event","detail":{}}`, false},
		"1.0, wrong type":    {`{"httpMethod":"GET","path":"/","headers":{"a":1}}`, false},
		"1.0, no method":     {`{"path":"/","headers":{}}`, false},
		"1.0, bad method":    {`{"httpMethod":"GET /x HTTP/1.1\r\n","path":"/"}`, false},
		"2.0, no method":     {`{"version":"2.0","rawPath":"/","httpMethod":"GET","path":"/"}`, true},
		"2.0, wrong type":    {`{"isBase64Encoded":"no","rawPath":"/","requestContext":{"http":{"method":"GET"}}}`, true},
		"2.0, method number": {`{"version":"2.0","requestContext":{"http":{"method":1}}}`, true},
	} {
		t.Run(name, func(t *testing.T) {
			resp := invoke(t, []byte(test.payload), func(http.ResponseWriter, *http.Request) {
				t.Error("got a call of the handler, want none")
			})
			if resp.v2 != test.v2 {
				t.Errorf("response in payload 2.0 format: got %v, want %v", resp.v2, test.v2)
			}
			checkProblem(t, resp, http.StatusBadRequest, "invalid-request")
		})
	}
}

func TestPayload2IsNotReadAsPayload1(t *testing.T) {
	as1 := []edit{set("httpMethod", "DELETE"), set("path", "/other"),
		set("multiValueHeaders", map[string]any{"X-Other": []string{"1"}})}
	for name, edits := range map[string][]edit{
		"version alone tells":   {set("requestContext.identity.sourceIp", "192.0.2.1")},
		"no version":            {set("version", nil)},
		"version of 1.0":        {set("version", "1.0")},
		"empty raw path":        {set("rawPath", "")},
		"a header says the 1.0": {set("headers", map[string]any{"x-payload-version": "1.0"})},
	} {
		r := request(t, load(t, "httpapi-v2", append(edits, as1...)...))
		if r.Method != "GET" || r.URL.Path != "/portal" || r.Header["X-Other"] != nil ||
			r.RemoteAddr != "203.0.113.9" {
			t.Errorf("%s: got %s %s from %s, want the request of payload 2.0", name, r.Method, r.URL, r.RemoteAddr)
		}
	}
}

// A load balancer whose target group has single-valued headers ignores
// multiValueHeaders, and one with multi-valued headers ignores the others. Both
// must be able to read the refusal.
func TestLoadBalancerEventIsRefused(t *testing.T) {
	elb := set("requestContext.elb.targetGroupArn", "arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/t/1")
	single := func(event map[string]any) { delete(event, "multiValueHeaders") }
	for name, payload := range map[string][]byte{
		"single": load(t, "rest", elb, single),
		"multi":  load(t, "rest", elb),
		"broken": load(t, "rest", elb, set("httpMethod", 1)),
	} {
		log := captureLog(t)
		called := false
		h := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true })
		out, err := New(h).Invoke(t.Context(), payload)
		if err != nil || called {
			t.Fatalf("%s: got error %v, handler called %v, want neither", name, err, called)
		}
		var got events.ALBTargetGroupResponse
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatal(err)
		}
		if got.StatusCode != http.StatusBadRequest || got.StatusDescription != "400 Bad Request" ||
			got.Headers["Content-Type"] != "application/problem+json" ||
			!slices.Equal(got.MultiValueHeaders["Cache-Control"], []string{"no-store"}) ||
			!strings.Contains(got.Body, `"invalid-request"`) || !strings.Contains(got.Body, "Load Balancer") {
			t.Errorf("%s: got %s, want a refusal in both kinds of headers", name, out)
		}
		if !strings.Contains(log.String(), "load balancer events are not supported") {
			t.Errorf("%s: got log %q, want the reason", name, log)
		}
	}
}
