package session

import (
	"net/http"
	"testing"
	"time"
)

func TestPassAndProbeRoundTrip(t *testing.T) {
	c, _ := newCookies(t, site)
	b := newBrowser(t, site)
	h := http.Header{}
	c.SetPass(h, "a.pass", time.Minute)
	c.Probe(h)
	b.take(h)
	if got := c.Pass(b.request()); got != "a.pass" || !c.Probed(b.request()) {
		t.Errorf("got the pass %q and a probe: %t", got, c.Probed(b.request()))
	}
	r := b.request()
	r.Header.Add("Cookie", "__Host-gate=another")
	if got := c.Pass(r); got != "" {
		t.Errorf("two passes: got %q, want none", got)
	}
	h = http.Header{}
	c.clearPass(h)
	c.ClearProbe(h)
	b.take(h)
	if c.Pass(b.request()) != "" || c.Probed(b.request()) {
		t.Error("the cookies remain")
	}
}
