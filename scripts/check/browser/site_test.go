//go:build realtools

package browser

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"kinde-functions/scripts/dev/devtest"
	"kinde-functions/shared/local/kindetest"
)

// root is the project's folder; go test runs here, three folders below.
const root = "../../.."

// place is where the project runs: the site on localhost, Kinde and a third
// party on 127.0.0.1. To a browser the two names are different sites.
type place struct {
	site, kinde string
	elsewhere   string
	other       string // an origin that may ask by token, if there is one
}

// visits are made to one place, each by a browser of its own; the longest first.
var visits = []struct {
	name string
	make func(visitor, *testing.T)
}{
	{"tour", visitor.tours},
	{"every page", visitor.goesEverywhere},
	{"elements", visitor.usesElements},
	{"another origin", visitor.asksFromAnotherOrigin},
}

func TestVisits(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(otherSite())
	t.Cleanup(other.Close)
	at := open(t, []string{"ALLOWED_ORIGINS=" + other.URL})
	at.other = other.URL
	for _, visit := range visits {
		t.Run(visit.name, func(t *testing.T) {
			t.Parallel()
			visit.make(visitor{at, launch(t)}, t)
		})
	}
}

// demoPage is the address of the demo page.
func (p place) demoPage() string { return p.site + "/demo/" }

// home is a condition: Kinde has sent the signed-out browser to the home page.
func (p place) home() string {
	return fmt.Sprintf(`location.href === %q && `, p.site+"/") + shows(outText)
}

// open runs scripts/dev, the whole project on this machine with the embedded
// Kinde, with further settings of the form NAME=value for the functions and
// flags for dev itself.
func open(t *testing.T, settings []string, flags ...string) place {
	t.Helper()
	site, kinde := devtest.Start(t, root, settings, flags...).Addresses(t)
	return place{site: site, kinde: kinde, elsewhere: elsewhere(t, site)}
}

// openWith is open with a Kinde of the test's own, whose people and faults it
// can change.
func openWith(t *testing.T, settings ...string) (place, *kindetest.Kinde) {
	t.Helper()
	site := "localhost:" + freePort(t)
	kinde, err := kindetest.Serve(kindetest.Options{Site: "http://" + site})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(kinde.Close)
	var all []string
	for name, value := range kinde.Env() {
		all = append(all, name+"="+value)
	}
	return open(t, append(all, settings...), "-addr", site), kinde.Kinde
}

// elsewhere is another site's page, such as a web mail's, with a link to the
// portal and a form that would sign people out.
func elsewhere(t *testing.T, site string) string {
	t.Helper()
	page := fmt.Sprintf(`<!doctype html><html lang="en"><meta charset="utf-8"><title>Another site</title><link rel="icon" href="data:,">
<p><a id="portal" href="%[1]s/portal?subnav=plan_details&amp;utm_source=mail">See your plan</a></p>
<form method="post" action="%[1]s/auth/logout"><button id="sign-out">Sign them out</button></form></html>`, site)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, page)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/"
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return fmt.Sprint(listener.Addr().(*net.TCPAddr).Port)
}
