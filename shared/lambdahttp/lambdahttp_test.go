package lambdahttp

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
)

// serveEnv makes the test binary a Lambda function.
const serveEnv = "LAMBDAHTTP_TEST_SERVE"

func TestMain(m *testing.M) {
	if os.Getenv(serveEnv) != "" {
		Start(http.HandlerFunc(report))
	}
	os.Exit(m.Run())
}

// report writes what the handler knows of the invocation, and a log line.
func report(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	deadline, _ := r.Context().Deadline()
	time.Sleep(20 * time.Millisecond) // time for an idle connection to be closed
	fmt.Println("handled")
	http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
	http.SetCookie(w, &http.Cookie{Name: "b", Value: "2"})
	fmt.Fprintf(w, "%s %s?%s host=%s ip=%s body=%q err=%v procs=%d deadline=%d", r.Method, r.URL.EscapedPath(),
		r.URL.RawQuery, r.Host, r.RemoteAddr, body, err, runtime.GOMAXPROCS(0), deadline.UnixMilli())
}

const deadline = 4_102_444_800_123

// runtimeAPI is a Lambda Runtime API with a number of events, which then goes
// away.
type runtimeAPI struct {
	prefix        string // of its paths
	informational bool   // sends a 103 before each response
	closesIdle    bool   // closes a connection as soon as it is idle
	event         []byte
	events        int
	responses     [][]byte
}

func (a *runtimeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if a.informational {
		w.WriteHeader(http.StatusEarlyHints)
	}
	switch r.Method + " " + strings.TrimPrefix(r.URL.Path, a.prefix) {
	case "GET /2018-06-01/runtime/invocation/next":
		if len(a.responses) == a.events {
			w.WriteHeader(http.StatusGone)
			return
		}
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", "invocation-1")
		w.Header().Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(deadline))
		w.Write(a.event)
	case "POST /2018-06-01/runtime/invocation/invocation-1/response":
		body, _ := io.ReadAll(r.Body)
		a.responses = append(a.responses, body)
		w.WriteHeader(http.StatusAccepted)
	default:
		http.NotFound(w, r)
	}
}

// run runs this test binary as a function until the Runtime API has no more
// events, and returns its output.
func (a *runtimeAPI) run(t *testing.T) string {
	t.Helper()
	server := httptest.NewUnstartedServer(a)
	if a.closesIdle {
		server.Config.ConnState = func(c net.Conn, state http.ConnState) {
			if state == http.StateIdle {
				c.Close()
			}
		}
	}
	server.Start()
	defer server.Close()
	function := exec.CommandContext(t.Context(), os.Args[0])
	function.Env = []string{
		serveEnv + "=1",
		"AWS_LAMBDA_RUNTIME_API=" + server.Listener.Addr().String() + a.prefix,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=1024",
	}
	output, _ := function.CombinedOutput() // it fails when the API is gone
	return string(output)
}

func TestStart(t *testing.T) {
	want := fmt.Sprintf("POST /api/introspect? host=localhost:8899 ip=127.0.0.1 "+
		`body="token=opaque&token_type_hint=access" err=<nil> procs=1 deadline=%d`, deadline)
	for name, api := range map[string]*runtimeAPI{
		"Lambda's":              {},
		"below a path":          {prefix: "/some/path"},
		"with 1xx responses":    {informational: true},
		"that closes when idle": {closesIdle: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api.event, api.events = load(t, "netlify-dev"), 3
			output := api.run(t)
			if len(api.responses) != api.events || strings.Count(output, "handled") != api.events {
				t.Fatalf("got %d responses, want %d; output:\n%s", len(api.responses), api.events, output)
			}
			for _, out := range api.responses {
				resp := readResponse(t, out)
				if resp.v2 || resp.status != http.StatusOK || resp.body != want || len(resp.header["Set-Cookie"]) != 2 {
					t.Errorf("got %+v\nwant body %s", resp, want)
				}
			}
		})
	}
}

func TestLimitProcs(t *testing.T) {
	const before = 3
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(before))
	for _, test := range []struct {
		memory, given string
		want          int
	}{
		{"128", "", 1},
		{"1768", "", 1},
		{"1769", "", before},
		{"3008", "", before},
		{"128", "2", before},
		{"", "", before},
		{"0", "", before},
		{"-1", "", before},
		{"1024MB", "", before},
	} {
		runtime.GOMAXPROCS(before)
		t.Setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", test.memory)
		t.Setenv("GOMAXPROCS", test.given)
		limitProcs()
		if got := runtime.GOMAXPROCS(0); got != test.want {
			t.Errorf("memory %q, GOMAXPROCS=%q: got %d processors, want %d", test.memory, test.given, got, test.want)
		}
	}
}
