//go:build realtools

package browser

import (
	"embed"
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"

	"kinde-functions/scripts/check/chromium"
)

// tab is a tab of a browser with which a test visits a site. When the test ends, the
// console must have no error that checkConsole has not allowed.
type tab struct {
	*chromium.Tab
	site *site

	mu             sync.Mutex
	requested      []string            // URLs of documents and of what scripts fetched
	fetched        []network.RequestID // responses to the scripts of the current document
	statuses       []int64
	sessionCookies int // responses that set the session cookie
	heap           strings.Builder
}

// newTab starts a browser with one tab.
func newTab(t *testing.T, s *site) *tab {
	t.Helper()
	return observe(t, s, chromium.Launch(t, filepath.Join(root, ".artifacts", "browser")))
}

// newTab opens one more tab of the same browser, with the same cookies.
func (b *tab) newTab(t *testing.T) *tab {
	t.Helper()
	return observe(t, b.site, b.Tab.NewTab(t))
}

func observe(t *testing.T, s *site, opened *chromium.Tab) *tab {
	t.Helper()
	b := &tab{Tab: opened, site: s}
	if err := chromedp.Listen(b.Context, b.record); err != nil {
		t.Fatal(err)
	}
	// What a page shows when it comes out of the back/forward cache, before its scripts run.
	b.beforeLoad(t, `addEventListener("pageshow", ({ persisted }) => {
		if (persisted) {
			window.restored = document.documentElement.innerText;
		}
	})`)
	call(t, b, network.Enable, network.EnableParams{})
	t.Cleanup(func() { b.checkConsole(t) })
	return b
}

func (b *tab) record(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		switch e.Type {
		case network.ResourceTypeDocument:
			b.requested = append(b.requested, e.Request.URL)
			b.fetched = nil
		case network.ResourceTypeFetch:
			b.requested = append(b.requested, e.Request.URL)
		}
	case *network.EventResponseReceived:
		if e.Type == network.ResourceTypeFetch {
			b.fetched = append(b.fetched, e.RequestID)
		}
	case *network.EventResponseReceivedExtraInfo:
		b.statuses = append(b.statuses, e.StatusCode)
		for name, value := range e.Headers {
			if strings.EqualFold(name, "Set-Cookie") && strings.Contains(fmt.Sprint(value), "session=") {
				b.sessionCookies++
			}
		}
	case *heapprofiler.EventAddHeapSnapshotChunk:
		b.heap.WriteString(e.Chunk)
	}
}

// harmless matches console errors that need no fault: a site need not have the icon that
// browsers request for JSON, and an app that is not connected is a 404 by the contract.
// Tests check the state of the app's card.
var harmless = regexp.MustCompile(`/favicon\.ico$| 404 .*/api/connected-apps/sample_drive/token$`)

// consoleErrors returns the errors in the console since the last call, without harmless ones.
func (b *tab) consoleErrors() []string {
	return slices.DeleteFunc(b.ConsoleErrors(), harmless.MatchString)
}

// checkConsole fails for each error in the console, since the last call, that matches none of
// the patterns.
func (b *tab) checkConsole(t *testing.T, allowed ...string) {
	t.Helper()
	for _, message := range b.consoleErrors() {
		matches := func(pattern string) bool { return regexp.MustCompile(pattern).MatchString(message) }
		if !slices.ContainsFunc(allowed, matches) {
			t.Errorf("got console error %q, want none but %q", message, allowed)
		}
	}
}

// open navigates to a path of the site.
func (b *tab) open(t *testing.T, path string) {
	t.Helper()
	b.Navigate(t, b.site.url+path)
}

// call sends a command of the DevTools protocol.
func call[P, R any](t *testing.T, b *tab, command cdp.Command[P, R], params P) R {
	t.Helper()
	return chromium.Call(t, b.Tab, command, params)
}

// eval evaluates an expression, or a promise, in the page.
func eval[T any](t *testing.T, b *tab, expression string) T {
	t.Helper()
	return chromium.Eval[T](t, b.Tab, expression)
}

// run runs statements in the page.
func (b *tab) run(t *testing.T, script string) {
	t.Helper()
	eval[chromedp.Void](t, b, "(() => {"+script+"\n})()")
}

//go:embed testdata
var testdata embed.FS

// script returns a script of testdata.
func script(name string) string {
	content, err := testdata.ReadFile("testdata/" + name + ".js")
	if err != nil {
		panic(err)
	}
	return string(content)
}

// function returns an expression that calls the function in a script of testdata.
func function(name string, args ...any) string {
	args = append([]any{}, args...) // no arguments are [] and not null
	encoded, err := json.Marshal(args)
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf("(%s)(...%s)", script(name), encoded)
}

// beforeLoad runs a script in each new document, before its own scripts, until remove is
// called.
func (b *tab) beforeLoad(t *testing.T, script string) (remove func()) {
	t.Helper()
	id := call(t, b, page.AddScriptToEvaluateOnNewDocument,
		page.AddScriptToEvaluateOnNewDocumentParams{Source: script}).Identifier
	return func() {
		call(t, b, page.RemoveScriptToEvaluateOnNewDocument,
			page.RemoveScriptToEvaluateOnNewDocumentParams{Identifier: id})
	}
}

// text returns the text that an element shows.
func (b *tab) text(t *testing.T, selector string) string {
	t.Helper()
	return eval[string](t, b, fmt.Sprintf("document.querySelector(%q).innerText", selector))
}

// markup returns the markup of the whole page, whether it is shown or not.
func (b *tab) markup(t *testing.T) string {
	t.Helper()
	return eval[string](t, b, "document.documentElement.outerHTML")
}

// checkAbsent fails for each text that is in the markup of the page.
func (b *tab) checkAbsent(t *testing.T, texts ...string) {
	t.Helper()
	markup := b.markup(t)
	for _, text := range texts {
		if strings.Contains(markup, text) {
			t.Errorf("got %q in the page, want it absent", text)
		}
	}
}

// fill replaces the text of a field.
func (b *tab) fill(t *testing.T, selector, text string) {
	t.Helper()
	b.Click(t, selector)
	b.run(t, fmt.Sprintf("document.querySelector(%q).select()", selector))
	call(t, b, input.InsertText, input.InsertTextParams{Text: text})
}

// back goes back in the history, and does not wait: a page in the back/forward cache does
// not load.
func (b *tab) back(t *testing.T) {
	t.Helper()
	history := b.history(t)
	b.goTo(t, history.Entries[history.CurrentIndex-1])
}

func (b *tab) history(t *testing.T) page.GetNavigationHistoryResult {
	t.Helper()
	return call(t, b, page.GetNavigationHistory, cdp.Empty{})
}

func (b *tab) goTo(t *testing.T, entry *page.NavigationEntry) {
	t.Helper()
	call(t, b, page.NavigateToHistoryEntry, page.NavigateToHistoryEntryParams{EntryID: entry.ID})
}

// requests returns the number of requests, of documents and by scripts, whose URL contains
// part.
func (b *tab) requests(part string) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, url := range b.requested {
		if strings.Contains(url, part) {
			n++
		}
	}
	return n
}

// cookies returns the site's cookies, including those that scripts cannot read.
func (b *tab) cookies(t *testing.T) []*network.Cookie {
	t.Helper()
	all := call(t, b, storage.GetCookies, storage.GetCookiesParams{}).Cookies
	return slices.DeleteFunc(all, func(c *network.Cookie) bool { return c.Domain != "localhost" })
}

// responses returns the bodies that the page's scripts have received.
func (b *tab) responses(t *testing.T) string {
	t.Helper()
	b.mu.Lock()
	fetched := slices.Clone(b.fetched)
	b.mu.Unlock()
	var all strings.Builder
	for _, id := range fetched {
		all.Write(call(t, b, network.GetResponseBody, network.GetResponseBodyParams{RequestID: id}).Body)
	}
	return all.String()
}

// heapSnapshot returns everything that the page's scripts keep in memory.
func (b *tab) heapSnapshot(t *testing.T) string {
	t.Helper()
	call(t, b, heapprofiler.Enable, cdp.Empty{})
	call(t, b, heapprofiler.TakeHeapSnapshot, heapprofiler.TakeHeapSnapshotParams{})
	call(t, b, heapprofiler.Disable, cdp.Empty{})
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.heap.String()
}
