//go:build realtools

package emulator

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/local/lambdarun"
)

const site = "https://site.example"

// start runs the function under the emulator, waits until it listens, and
// returns the URL of its invocations and its output.
func start(t *testing.T, binary string, env ...string) (url string, output *functiontest.Log) {
	t.Helper()
	address := "127.0.0.1:" + functiontest.FreePort(t)
	output = new(functiontest.Log)
	cmd := exec.Command("../../../.tools/aws-lambda-rie", "--runtime-interface-emulator-address", address,
		"--runtime-api-address", "127.0.0.1:"+functiontest.FreePort(t), binary)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = output, output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		cmd.Wait()
	})
	for range 200 {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return "http://" + address + "/2015-03-31/functions/function/invocations", output
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("the emulator does not listen")
	return "", nil
}

func TestFunctionUnderRuntimeInterfaceEmulator(t *testing.T) {
	tenant, err := kindetest.Serve(kindetest.Options{Site: site})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tenant.Close)
	binary := filepath.Join(t.TempDir(), "user-profile")
	if err := lambdarun.Build(t.Context(), "kinde-functions/functions/user-profile", binary); err != nil {
		t.Fatal(err)
	}
	url, output := start(t, binary, "KINDE_ISSUER_URL="+tenant.URL, "KINDE_CLIENT_ID="+kindetest.ClientID,
		"KINDE_SITE_URL="+site)
	for _, test := range []struct {
		token  string
		status int
	}{
		{tenant.Kinde.Mint(), 200}, {"none", 401}, {tenant.Kinde.Mint(), 200},
	} {
		for _, format := range lambdarun.Formats {
			r := httptest.NewRequestWithContext(t.Context(), "GET", site+"/api/user-profile", nil)
			r.Header.Set("Authorization", "Bearer "+test.token)
			event, err := lambdarun.Event(r, format)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := http.Post(url, "application/json", bytes.NewReader(event))
			if err != nil {
				t.Fatal(err)
			}
			payload, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			var got struct{ StatusCode int }
			if err != nil || json.Unmarshal(payload, &got) != nil || got.StatusCode != test.status {
				t.Errorf("%v: got %s, error %v, want status %d", format, payload, err, test.status)
			}
		}
	}
	// The emulator copies the function's output beside its responses.
	lines := func() int { return strings.Count(output.String(), `"msg":"request"`) }
	want := 3 * len(lambdarun.Formats)
	for deadline := time.Now().Add(5 * time.Second); lines() < want && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	if got := lines(); t.Failed() || got != want {
		t.Errorf("got %d log lines of requests, want %d, in\n%s", got, want, output)
	}
}
