//go:build realtools

package browser

import (
	"context"
	"fmt"
	"path/filepath"
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

// tab is a tab of the browser. It keeps besides which documents were asked for and
// how the functions answered.
type tab struct {
	*chromium.Tab

	mu       sync.Mutex
	refused  map[network.RequestID]string // codes of the answers that expected names, empty until read
	asked    []string
	fetched  []network.RequestID // by the page's scripts, since its document
	renewed  int                 // answers that set the session's cookie
	statuses []int64
	heap     strings.Builder
}

// launch starts Chromium with one tab.
func launch(t *testing.T) *tab {
	t.Helper()
	return observe(t, chromium.Launch(t, filepath.Join(root, ".artifacts", "browser")))
}

// another opens one more tab of the same browser, with the same cookies.
func (b *tab) another(t *testing.T) *tab {
	t.Helper()
	return observe(t, b.Another(t))
}

// noteRestored keeps what a page shows when the browser takes it out of its
// back/forward cache, before the page's own script can act.
const noteRestored = `addEventListener("pageshow", (e) => { if (e.persisted) { window.restored = document.documentElement.innerText } })`

func observe(t *testing.T, opened *chromium.Tab) *tab {
	t.Helper()
	b := &tab{Tab: opened, refused: map[network.RequestID]string{}}
	if err := chromedp.Listen(b.Context, b.hear); err != nil {
		t.Fatal(err)
	}
	call(t, b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: noteRestored})
	call(t, b, network.Enable, network.EnableParams{})
	return b
}

func (b *tab) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if e.Type == network.ResourceTypeDocument {
			b.asked = append(b.asked, e.Request.URL)
			b.fetched = nil
		}
	case *network.EventResponseReceived:
		if e.Type == network.ResourceTypeFetch || e.Type == network.ResourceTypeXHR {
			b.fetched = append(b.fetched, e.RequestID)
		}
		if e.Response.Status == 404 && strings.HasSuffix(e.Response.URL, tokenPath) {
			b.refused[e.RequestID] = ""
		}
	case *network.EventLoadingFinished:
		if _, awaited := b.refused[e.RequestID]; awaited {
			go b.keepCode(e.RequestID)
		}
	case *network.EventLoadingFailed: // the page has gone and never saw it
		if _, awaited := b.refused[e.RequestID]; awaited {
			b.refused[e.RequestID] = expected
		}
	case *network.EventResponseReceivedExtraInfo:
		b.statuses = append(b.statuses, e.StatusCode)
		for name, value := range e.Headers {
			if strings.EqualFold(name, "Set-Cookie") && strings.Contains(fmt.Sprint(value), "session=") {
				b.renewed++
			}
		}
	case *heapprofiler.EventAddHeapSnapshotChunk:
		b.heap.WriteString(e.Chunk)
	}
}

// askedFor counts the documents since the tab opened whose address holds part.
func (b *tab) askedFor(part string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(slices.DeleteFunc(slices.Clone(b.asked), func(url string) bool { return !strings.Contains(url, part) }))
}

// do is chromium.Do in a tab of this package's.
func do[T any](t *testing.T, b *tab, what string, action chromedp.Action[T]) T {
	t.Helper()
	return chromium.Do(t, b.Tab, what, action)
}

// call sends a command of the DevTools protocol, within patience.
func call[P, R any](t *testing.T, b *tab, command cdp.Command[P, R], params P) R {
	t.Helper()
	return do(t, b, command.Method, func(ctx context.Context, target *chromedp.Target) (R, error) {
		return cdp.Call(ctx, target, command, params)
	})
}

// backTo goes to an entry of the tab's history. chromedp's own way waits for
// the page to load, which a page out of the back/forward cache does not.
func (b *tab) backTo(t *testing.T, entry *page.NavigationEntry) {
	t.Helper()
	call(t, b, page.NavigateToHistoryEntry, page.NavigateToHistoryEntryParams{EntryID: entry.ID})
}

func (b *tab) back(t *testing.T) {
	t.Helper()
	history := do(t, b, "history", chromedp.NavigationEntries())
	b.backTo(t, history.Entries[history.CurrentIndex-1])
}

// paste puts text into a field at once, as a person does with what is long.
func (b *tab) paste(t *testing.T, selector, text string) {
	t.Helper()
	b.Click(t, selector)
	call(t, b, input.InsertText, input.InsertTextParams{Text: text})
}

// get evaluates JavaScript that yields a string or a promise of one.
func (b *tab) get(t *testing.T, expression string) string {
	t.Helper()
	return do(t, b, expression, chromedp.Evaluate[string](expression, chromedp.EvalAwaitPromise))
}

// text is what the page shows.
func (b *tab) text(t *testing.T) string {
	t.Helper()
	return b.get(t, "document.documentElement.innerText")
}

// cookies are the browser's for a host, whatever scripts may see of them.
func (b *tab) cookies(t *testing.T, host string) []*network.Cookie {
	t.Helper()
	all := call(t, b, storage.GetCookies, storage.GetCookiesParams{}).Cookies
	return slices.DeleteFunc(all, func(c *network.Cookie) bool { return c.Domain != host })
}

// received is all that the page's scripts have been answered.
func (b *tab) received(t *testing.T) string {
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

// memory is all that the page's JavaScript holds, as a heap snapshot.
func (b *tab) memory(t *testing.T) string {
	t.Helper()
	call(t, b, heapprofiler.Enable, cdp.Empty{})
	call(t, b, heapprofiler.TakeHeapSnapshot, heapprofiler.TakeHeapSnapshotParams{})
	call(t, b, heapprofiler.Disable, cdp.Empty{})
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.heap.String()
}

// picture keeps a picture of the whole page, with what sticks to the window's foot at
// the page's.
func (b *tab) picture(t *testing.T, station string) {
	t.Helper()
	stick := func(how string) {
		b.get(t, `(document.querySelector("#requests")?.style.setProperty("position", "`+how+`"), "")`)
	}
	stick("static")
	b.Picture(t, station)
	stick("")
}
