package lambdahttp

import (
	"fmt"
	"io"
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

// report answers with what a function can know of its invocation.
func report(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	deadline, _ := r.Context().Deadline()
	http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
	http.SetCookie(w, &http.Cookie{Name: "b", Value: "2"})
	fmt.Fprintf(w, "%s %s?%s host=%s ip=%s body=%q err=%v procs=%d deadline=%d",
		r.Method, r.URL.EscapedPath(), r.URL.RawQuery, r.Host, r.RemoteAddr, body, err, runtime.GOMAXPROCS(0), deadline.UnixMilli())
}

// TestStart runs this test binary as a function under a Lambda Runtime API that
// has one event and then goes away.
func TestStart(t *testing.T) {
	const deadline = 4_102_444_800_123
	var delivered bool
	answers := make(chan []byte, 2)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", func(w http.ResponseWriter, _ *http.Request) {
		if delivered {
			w.WriteHeader(http.StatusGone)
			return
		}
		delivered = true
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", "invocation-1")
		w.Header().Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(deadline))
		w.Write(load(t, "netlify-dev"))
	})
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/invocation-1/response", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		answers <- body
		w.WriteHeader(http.StatusAccepted)
	})
	server := httptest.NewServer(mux)
	defer server.Close()

	function := exec.CommandContext(t.Context(), os.Args[0])
	function.Env = []string{
		serveEnv + "=1",
		"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(server.URL, "http://"),
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=1024",
	}
	output, _ := function.CombinedOutput() // it ends when the API is gone
	select {
	case out := <-answers:
		a := readAnswer(t, out)
		want := fmt.Sprintf(`POST /api/introspect? host=localhost:8899 ip=127.0.0.1 body="token=opaque&token_type_hint=access" err=<nil> procs=1 deadline=%d`, deadline)
		if a.v2 || a.status != http.StatusOK || a.body != want || len(a.header["Set-Cookie"]) != 2 {
			t.Errorf("answer %+v\nwant body %s", a, want)
		}
	case <-time.After(time.Second):
		t.Fatalf("no answer; the function said: %s", output)
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
			t.Errorf("memory %q, GOMAXPROCS=%q: %d processors, want %d", test.memory, test.given, got, test.want)
		}
	}
}
