//go:build realtools

package recipes

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"kinde-functions/scripts/dev/devtest"
)

// start runs the page's command.
func (p project) start(t *testing.T) *devtest.Dev {
	t.Helper()
	args, ours := strings.CutPrefix(p.page["generators"].blocks[1], "go run ./scripts/dev ")
	if !ours {
		t.Fatalf("the page runs %s", p.page["generators"].blocks[1])
	}
	return devtest.Start(t, p.folder, nil, strings.Fields(args)...)
}

// checkHealth asks a function beside the site.
func checkHealth(t *testing.T, site string) {
	t.Helper()
	status, body := ask(t, site+"/api/health")
	var health struct{ Missing, Wrong []string }
	if err := json.Unmarshal(body, &health); err != nil || status != http.StatusOK || health.Missing == nil || len(health.Missing)+len(health.Wrong) != 0 {
		t.Errorf("/api/health: %d %s", status, body)
	}
}

func ask(t *testing.T, url string) (status int, body []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err = io.ReadAll(resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, body
}
