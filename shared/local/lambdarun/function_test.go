package lambdarun

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var echo struct {
	once   sync.Once
	binary string
	err    error
}

func TestMain(m *testing.M) {
	status := m.Run()
	if echo.binary != "" {
		os.RemoveAll(filepath.Dir(echo.binary))
	}
	os.Exit(status)
}

// start runs testdata/echo, which is built once.
func start(t *testing.T, o Options) *Function {
	t.Helper()
	f, err := Start(t.Context(), withEcho(t, o))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func withEcho(t *testing.T, o Options) Options {
	t.Helper()
	echo.once.Do(func() {
		dir, err := os.MkdirTemp("", "lambdarun")
		if err != nil {
			echo.err = err
			return
		}
		echo.binary = filepath.Join(dir, "echo")
		echo.err = Build(context.Background(), "./testdata/echo", echo.binary)
	})
	if echo.err != nil {
		t.Fatal(echo.err)
	}
	o.Binary = echo.binary
	return o
}

func invoke[T any](t *testing.T, f *Function, event string) T {
	t.Helper()
	payload, err := f.Invoke(t.Context(), []byte(event))
	if err != nil {
		t.Fatalf("Invoke(%s) = %v, want nil", event, err)
	}
	var response T
	if err := json.Unmarshal(payload, &response); err != nil {
		t.Fatalf("Invoke(%s) = %s: %v", event, payload, err)
	}
	return response
}

func TestInvokeReusesProcess(t *testing.T) {
	f := start(t, Options{})
	first, second := invoke[int](t, f, `{"do":"pid"}`), invoke[int](t, f, `{"do":"pid"}`)
	if first != second || first == os.Getpid() {
		t.Errorf("got pids %d and %d, want the same and not %d of the test", first, second, os.Getpid())
	}
	if f.Starts() != 1 {
		t.Errorf("Starts() = %d, want 1", f.Starts())
	}
}

func TestInvocationEnvironment(t *testing.T) {
	dir := t.TempDir()
	f := start(t, Options{Dir: dir, MemoryMB: 512, Timeout: 5 * time.Second})
	got := invoke[map[string]any](t, f, `{"do":"context"}`)
	if resolved, _ := filepath.EvalSymlinks(dir); got["dir"] != dir && got["dir"] != resolved {
		t.Errorf("got working directory %v, want %s", got["dir"], dir)
	}
	if got["memory"] != 512.0 {
		t.Errorf("got memory %v, want 512", got["memory"])
	}
	if left := got["remaining"].(float64); left < 3000 || left > 5000 {
		t.Errorf("got %v ms to the deadline, want just under 5000", left)
	}
	for field, shape := range map[string]string{
		"id":    `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`,
		"arn":   `^arn:aws:lambda:us-east-1:\d{12}:function:echo$`,
		"trace": `^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$`,
	} {
		if value, _ := got[field].(string); !regexp.MustCompile(shape).MatchString(value) {
			t.Errorf("%s: got %q, want the form %s", field, value, shape)
		}
	}
}

func TestEnvironmentIsNotInherited(t *testing.T) {
	t.Setenv("LAMBDARUN_SECRET", "of the caller")
	for name, test := range map[string]struct {
		env  []string
		want []string
	}{
		"nil":   {nil, []string{"LANG=en_US.UTF-8", "PATH=/usr/local/bin:/usr/bin/:/bin:/opt/bin", "TZ=:UTC"}},
		"empty": {[]string{}, nil},
		"given": {[]string{"A=1", "AWS_LAMBDA_FUNCTION_NAME=other"}, []string{"A=1"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := invoke[[]string](t, start(t, Options{Env: test.env}), `{"do":"environment"}`)
			if !slices.Contains(got, "AWS_LAMBDA_FUNCTION_NAME=echo") {
				t.Errorf("got %v, want Lambda's own variables", got)
			}
			got = slices.DeleteFunc(got, func(entry string) bool {
				return strings.HasPrefix(entry, "AWS_") || strings.HasPrefix(entry, "LAMBDA_") ||
					strings.HasPrefix(entry, "_")
			})
			slices.Sort(got)
			if !slices.Equal(got, test.want) {
				t.Errorf("got environment %v, want %v", got, test.want)
			}
		})
	}
}

func TestOutput(t *testing.T) {
	var out bytes.Buffer
	f := start(t, Options{Output: &out})
	f.Invoke(t.Context(), []byte(`{"do":"fail"}`))
	f.Close()
	if got := out.String(); !strings.Contains(got, "starting\n") || !strings.Contains(got, "as asked") {
		t.Errorf("got output %q, want stdout and stderr", got)
	}
}

func TestFunctionErrors(t *testing.T) {
	f := start(t, Options{})
	for _, test := range []struct{ event, kind, message string }{
		{`{"do":"fail"}`, "errorString", "as asked"},
		{`{"do":"panic"}`, "string", "as asked"},
		{`{"do":"fill","length":7000000}`, "Function.ResponseSizeTooLarge", "the response exceeds 6291556 bytes"},
	} {
		_, err := f.Invoke(t.Context(), []byte(test.event))
		failed, ok := errors.AsType[*FunctionError](err)
		if !ok || failed.Type != test.kind || failed.Message != test.message {
			t.Errorf("Invoke(%s): got error %v, want %s: %s", test.event, err, test.kind, test.message)
		}
		if got := invoke[string](t, f, `{"do":"fill","length":3}`); got != "xxx" {
			t.Errorf("after %s: got the response %q", test.event, got)
		}
	}
	if f.Starts() != 3 { // after the panic and after the refused response
		t.Errorf("Starts() = %d, want 3: a panic ends the process, an error does not", f.Starts())
	}
}

func TestExitDuringInvoke(t *testing.T) {
	f := start(t, Options{})
	before := invoke[int](t, f, `{"do":"pid"}`)
	_, err := f.Invoke(t.Context(), []byte(`{"do":"exit"}`))
	if !errors.Is(err, ErrExited) || !strings.Contains(err.Error(), "exit status 7") {
		t.Fatalf("got error %v, want ErrExited with the status", err)
	}
	if after := invoke[int](t, f, `{"do":"pid"}`); after == before || f.Starts() != 2 {
		t.Errorf("got pids %d and %d after %d starts, want a second process", before, after, f.Starts())
	}
}

func TestExitBetweenInvokesRestartsProcess(t *testing.T) {
	f := start(t, Options{})
	invoke[string](t, f, `{"do":"exit-later"}`)
	<-f.process.exited
	invoke[int](t, f, `{"do":"pid"}`)
	if f.Starts() != 2 {
		t.Errorf("Starts() = %d, want 2", f.Starts())
	}
}

// Neither the wait for a new process nor its start is taken from the
// function's own time.
func TestTimeoutStartsWithEvent(t *testing.T) {
	f := start(t, Options{Env: []string{"INIT=slow"}, Timeout: 500 * time.Millisecond})
	invoke[string](t, f, `{"do":"exit-later"}`)
	<-f.process.exited
	if invoke[int](t, f, `{"do":"pid"}`); f.Starts() != 2 {
		t.Errorf("Starts() = %d, want 2", f.Starts())
	}
}

func TestTimeoutRestartsProcess(t *testing.T) {
	f := start(t, Options{Timeout: 500 * time.Millisecond})
	before := f.process
	began := time.Now()
	_, err := f.Invoke(t.Context(), []byte(`{"do":"sleep","millis":60000}`))
	if !errors.Is(err, ErrTimedOut) || !strings.Contains(err.Error(), "500ms") {
		t.Fatalf("got error %v, want ErrTimedOut after 500ms", err)
	}
	if took := time.Since(began); took < 500*time.Millisecond || took > 5*time.Second {
		t.Errorf("got %v, want the timeout", took)
	}
	if !before.gone() {
		t.Error("the timed-out process is still running")
	}
	if after := invoke[int](t, f, `{"do":"pid"}`); after == before.cmd.Process.Pid {
		t.Error("the next invocation reached the timed-out process")
	}
}

func TestConcurrentInvokesQueue(t *testing.T) {
	f := start(t, Options{})
	began := time.Now()
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			if _, err := f.Invoke(t.Context(), []byte(`{"do":"sleep","millis":30}`)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if took := time.Since(began); took < 150*time.Millisecond {
		t.Errorf("5 invocations of 30 ms took %v, want one at a time", took)
	}
	if f.Starts() != 1 {
		t.Errorf("Starts() = %d, want 1", f.Starts())
	}
}

func TestCanceledInvokeDoesNotStopFunction(t *testing.T) {
	f := start(t, Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := f.Invoke(ctx, []byte(`{"do":"sleep","millis":200}`)); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got error %v, want the context's", err)
	}
	if _, err := f.Invoke(ctx, []byte(`{"do":"pid"}`)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got error %v while the function is busy, want the context's", err)
	}
	// The next response belongs to the next event.
	if got := invoke[string](t, f, `{"do":"fill","length":2}`); got != "xx" || f.Starts() != 1 {
		t.Errorf("got %q after %d starts, want xx from the same process", got, f.Starts())
	}
}

func TestPayloadLimits(t *testing.T) {
	f := start(t, Options{})
	if _, err := f.Invoke(t.Context(), make([]byte, MaxPayload+1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("got error %v, want ErrTooLarge", err)
	}
	full := `{"do":"fill","length":6000000,"x":"` + strings.Repeat("y", 6000000) + `"}`
	if got := invoke[string](t, f, full); len(got) != 6000000 {
		t.Errorf("got %d bytes, want 6000000", len(got))
	}
}
