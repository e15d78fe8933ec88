//go:build realtools

package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
)

// offline cuts the tab off from the network, or connects it again.
func (b *tab) offline(t *testing.T, off bool) {
	t.Helper()
	b.conditions(t, network.Conditions{Offline: off, DownloadThroughput: -1, UploadThroughput: -1})
	call(t, b, network.OverrideNetworkState,
		network.OverrideNetworkStateParams{Offline: off, DownloadThroughput: -1, UploadThroughput: -1})
}

// conditions are those of the tab's network from now on.
func (b *tab) conditions(t *testing.T, c network.Conditions) {
	t.Helper()
	call(t, b, network.EmulateNetworkConditionsByRule,
		network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{&c}})
}

// isOffline asks for something without a network, then with one that does not come
// through, then again when all is well.
func (v visitor) isOffline(t *testing.T) {
	v.GoTo(t, v.demoPage())
	v.Until(t, v.state("in")+" && "+everything)
	v.offline(t, true)
	v.Click(t, "#introspect")
	v.Until(t, tells("You are offline"))
	v.Until(t, `document.querySelector("#requests-latest").textContent.includes("unreachable")`)
	v.isAccessible(t, "offline")
	call(t, v.tab, network.OverrideNetworkState,
		network.OverrideNetworkStateParams{DownloadThroughput: -1, UploadThroughput: -1})
	v.Click(t, "#introspect")
	v.Until(t, tells("The server could not be reached"))
	v.offline(t, false)
	for _, complaint := range v.drain() {
		if !strings.Contains(complaint, "ERR_INTERNET_DISCONNECTED") {
			t.Errorf("console: %s", complaint)
		}
	}
	v.Click(t, "#introspect")
	v.Until(t, tells("In force"))
}

// waitsInVain has answers that never come. Half a minute is made a second.
func (v visitor) waitsInVain(t *testing.T) {
	end := v.before(t, `{
		const real = window.setTimeout;
		window.setTimeout = (work, time, ...rest) => real(work, time === 30_000 ? 1000 : time, ...rest);
	}`)
	v.GoTo(t, v.demoPage())
	v.Until(t, v.state("in")+" && "+everything)
	v.conditions(t, network.Conditions{Latency: 60_000, DownloadThroughput: -1, UploadThroughput: -1})
	v.Click(t, "#introspect")
	v.Until(t, tells("The server took too long")+` && document.querySelector("#introspect").ariaDisabled !== "true"
		&& document.querySelector("#requests-latest").textContent.includes("timeout")`)
	v.picture(t, "46-timeout")
	v.offline(t, false)
	end()
}
