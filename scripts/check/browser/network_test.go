//go:build realtools

package browser

import (
	"testing"

	"github.com/chromedp/cdproto/network"
)

// setOffline disconnects the tab from the network or connects it again.
func (b *tab) setOffline(t *testing.T, offline bool) {
	t.Helper()
	b.setNetwork(t, network.Conditions{Offline: offline, DownloadThroughput: -1, UploadThroughput: -1})
	b.setOnLine(t, !offline)
}

// setOnLine sets navigator.onLine.
func (b *tab) setOnLine(t *testing.T, onLine bool) {
	t.Helper()
	call(t, b, network.OverrideNetworkState,
		network.OverrideNetworkStateParams{Offline: !onLine, DownloadThroughput: -1, UploadThroughput: -1})
}

// setNetwork sets the conditions of the tab's requests.
func (b *tab) setNetwork(t *testing.T, c network.Conditions) {
	t.Helper()
	call(t, b, network.EmulateNetworkConditionsByRule,
		network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{&c}})
}

func TestNetworkFailures(t *testing.T) {
	t.Parallel()
	b := newTab(t, shared)
	b.signIn(t, user.ID)

	t.Run("offline", func(t *testing.T) {
		b.setOffline(t, true)
		b.Click(t, "#introspect")
		b.WaitUntil(t, shows("#tokens", "You are offline")+" && "+
			`document.querySelector("#requests-latest").textContent.includes("unreachable")`)
		b.checkAccessibility(t, "offline")
	})

	t.Run("unreachable", func(t *testing.T) {
		b.setOnLine(t, true) // and yet no request succeeds
		b.Click(t, "#introspect")
		b.WaitUntil(t, shows("#tokens", "The server could not be reached"))
		b.checkConsole(t, "ERR_INTERNET_DISCONNECTED")
	})

	t.Run("online again", func(t *testing.T) {
		b.setOffline(t, false)
		b.Click(t, "#introspect")
		b.WaitUntil(t, shows("#tokens", "In force"))
	})

	t.Run("no response in time", func(t *testing.T) {
		remove := b.beforeLoad(t, `{ // 30 seconds pass in one
			const real = window.setTimeout;
			window.setTimeout = (work, time, ...rest) => real(work, time === 30_000 ? 1000 : time, ...rest);
		}`)
		defer remove()
		b.openDemo(t)
		b.setNetwork(t, network.Conditions{Latency: 60_000, DownloadThroughput: -1, UploadThroughput: -1})
		b.Click(t, "#introspect")
		b.WaitUntil(t, shows("#tokens", "The server took too long")+" && "+
			`document.querySelector("#introspect").ariaDisabled !== "true" &&
			document.querySelector("#requests-latest").textContent.includes("timeout")`)
		b.setOffline(t, false)
	})
}
