//go:build realtools

package browser

import (
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/alicebob/miniredis/v2"

	"kinde-functions/scripts/dev/devtest"
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
	// shared is the site of most tests. They run in parallel.
	shared *site
	// sharedOrigin is another origin that may call the functions of the shared site.
	sharedOrigin string
)

func TestMain(m *testing.M) {
	flag.Parse()
	other := httptest.NewServer(otherOrigin())
	sharedOrigin = other.URL
	var err error
	shared, err = startSite(kindetest.Options{}, []string{"ALLOWED_ORIGINS=" + sharedOrigin})
	code := 1
	if err == nil {
		code = m.Run()
	}
	if code != 0 {
		fmt.Fprintln(os.Stderr, err, "\nscripts/dev of the shared site:", shared.log())
	}
	shared.stop()
	other.Close()
	os.Exit(code)
}

// site is a site with its functions, run by scripts/dev, and an embedded Kinde. The site is
// on localhost and Kinde on 127.0.0.1, which are different sites to a browser.
type site struct {
	url   string
	kinde *kindetest.Server
	redis *miniredis.Miniredis
	dev   *devtest.Dev
}

// newSite starts a site of the test's own, with further settings of the form NAME=value.
func newSite(t *testing.T, options kindetest.Options, settings []string, flags ...string) *site {
	t.Helper()
	s, err := startSite(options, settings, flags...)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("scripts/dev:\n%s", s.log())
		}
		s.stop()
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// startSite returns a site to stop, even if it fails.
func startSite(options kindetest.Options, settings []string, flags ...string) (*site, error) {
	s := &site{}
	address, err := freeAddress()
	if err != nil {
		return s, err
	}
	options.Site = "http://" + address
	var errRedis error
	s.kinde, err = kindetest.Serve(options)
	s.redis, errRedis = miniredis.Run()
	if err := errors.Join(err, errRedis); err != nil {
		return s, err
	}
	env := []string{"REDIS_URL=redis://" + s.redis.Addr()}
	for name, value := range s.kinde.Env() {
		env = append(env, name+"="+value)
	}
	if s.dev, err = devtest.Run(root, append(env, settings...), append(flags, "-addr", address)...); err != nil {
		return s, err
	}
	s.url, _, err = s.dev.Wait()
	return s, err
}

func (s *site) stop() {
	if s.dev != nil {
		s.dev.Stop()
	}
	if s.redis != nil {
		s.redis.Close()
	}
	if s.kinde != nil {
		s.kinde.Close()
	}
}

func (s *site) log() string {
	if s.dev == nil {
		return ""
	}
	return s.dev.Log()
}

func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return fmt.Sprintf("localhost:%d", listener.Addr().(*net.TCPAddr).Port), nil
}
