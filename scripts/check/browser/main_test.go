//go:build realtools

package browser

import (
	"fmt"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"

	"kinde-functions/scripts/dev/devtest"
	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
)

// root is the project's folder; go test runs here, three folders below.
const root = "../../.."

// Paths of the site.
const (
	homePath = "/"
	demoPath = "/demo/"
	docsPath = "/demo/docs/"
)

var (
	// shared is the site of most tests, which run in parallel.
	shared *site
	// sharedOrigin is another origin that may call the functions of the shared site.
	sharedOrigin string
)

func TestMain(m *testing.M) {
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	other := httptest.NewServer(otherOrigin())
	defer other.Close()
	sharedOrigin = other.URL
	dev, err := devtest.Run(root, []string{"ALLOWED_ORIGINS=" + sharedOrigin})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer dev.Stop()
	shared = &site{}
	if shared.url, shared.kindeURL, err = dev.Wait(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	if code != 0 {
		fmt.Fprintf(os.Stderr, "scripts/dev of the shared site:\n%s", dev.Log())
	}
	return code
}

// site is a site with its functions and an embedded Kinde, run by scripts/dev. The site is on
// localhost and Kinde on 127.0.0.1, which are different sites to a browser.
type site struct {
	url, kindeURL string
}

// newSite starts a site of the test's own, whose Kinde the test can change. The settings have
// the form NAME=value. Only the named functions are built.
func newSite(t *testing.T, options kindetest.Options, settings, functions []string) (*site, *kindetest.Kinde) {
	t.Helper()
	address := "localhost:" + functiontest.FreePort(t)
	options.Site = "http://" + address
	kinde, err := kindetest.Serve(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(kinde.Close)
	env := append([]string{"REDIS_URL=redis://" + miniredis.RunT(t).Addr()}, settings...)
	for name, value := range kinde.Env() {
		if !slices.ContainsFunc(settings, func(setting string) bool { return strings.HasPrefix(setting, name+"=") }) {
			env = append(env, name+"="+value)
		}
	}
	dev := devtest.Start(t, root, env, "-addr", address, "-only", strings.Join(functions, ","))
	url, _ := dev.Addresses(t)
	return &site{url: url, kindeURL: kinde.URL}, kinde.Kinde
}
