//go:build realtools

package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"
)

// patience is how long anything on a page may take on a busy machine.
const patience = 20 * time.Second

// tab is a tab of the browser. It keeps what the console complains about and
// which documents were asked for.
type tab struct {
	ctx context.Context

	mu        sync.Mutex
	complains []complaint
	refused   map[network.RequestID]string // codes of the answers that expected names, empty until read
	asked     []string
	fetched   []network.RequestID // by the page's scripts, since its document
	renewed   int                 // answers that set the session's cookie
	statuses  []int64
	heap      strings.Builder
}

// launch starts Chromium with one tab.
func launch(t *testing.T) *tab {
	t.Helper()
	binary, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatalf("%v; go run ./scripts/check browser installs it on Debian", err)
	}
	ctx, stop := chromedp.NewExecAllocator(t.Context(),
		chromedp.ExecPath(binary), chromedp.NoFirstRun, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("headless", "new"), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.WindowSize(1200, 900))
	t.Cleanup(stop)
	return newTab(t, ctx)
}

// another opens one more tab of the same browser, with the same cookies.
func (b *tab) another(t *testing.T) *tab { return newTab(t, b.ctx) }

// noteRestored keeps what a page shows when the browser takes it out of its
// back/forward cache, before the page's own script can act.
const noteRestored = `addEventListener("pageshow", (e) => { if (e.persisted) { window.restored = document.documentElement.innerText } })`

func newTab(t *testing.T, parent context.Context) *tab {
	t.Helper()
	ctx, stop := chromedp.NewContext(parent)
	t.Cleanup(stop)
	b := &tab{ctx: ctx, refused: map[network.RequestID]string{}}
	// This starts what the context stands for, which must outlive any time limit.
	if err := chromedp.Listen(ctx, b.hear); err != nil {
		t.Fatal(err)
	}
	_, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: noteRestored})
	for _, enable := range []cdp.Command[cdp.Empty, cdp.Empty]{log.Enable, runtime.Enable} {
		if err == nil {
			_, err = chromedp.Call(ctx, enable, cdp.Empty{})
		}
	}
	if err == nil {
		_, err = chromedp.Call(ctx, network.Enable, network.EnableParams{})
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *tab) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *log.EventEntryAdded:
		serious := e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning
		// Where a page names no icon, as an answer in JSON cannot, browsers ask
		// for one that the site need not have.
		if serious && !strings.HasSuffix(e.Entry.URL, "/favicon.ico") {
			b.complains = append(b.complains, complaint{e.Entry.Text + " " + e.Entry.URL, e.Entry.NetworkRequestID})
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning || e.Type == runtime.ConsoleAPICalledTypeAssert {
			b.complains = append(b.complains, complaint{text: fmt.Sprintf("console: %v", e.Args)})
		}
	case *runtime.EventExceptionThrown:
		b.complains = append(b.complains, complaint{text: fmt.Sprintf("%s %v", e.ExceptionDetails.Text, e.ExceptionDetails.Exception)})
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

// do runs an action in a tab, within patience.
func do[T any](t *testing.T, b *tab, what string, action chromedp.Action[T]) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, action)
	if err != nil {
		t.Fatalf("%s: %v; at %s", what, err, b.where())
	}
	return value
}

// call sends a command of the DevTools protocol, within patience.
func call[P, R any](t *testing.T, b *tab, command cdp.Command[P, R], params P) R {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	result, err := chromedp.Call(ctx, command, params)
	if err != nil {
		t.Fatalf("%s: %v; at %s", command.Method, err, b.where())
	}
	return result
}

func (b *tab) goTo(t *testing.T, url string) {
	t.Helper()
	do(t, b, url, chromedp.Navigate(url))
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

// click clicks as a mouse does, so that something in front would be hit instead,
// after scrolling as a person would.
func (b *tab) click(t *testing.T, selector string) {
	t.Helper()
	b.until(t, fmt.Sprintf(`document.querySelector(%q)?.scrollIntoView({ block: "center", behavior: "instant" }) ?? document.querySelector(%[1]q)`, selector))
	do(t, b, "click "+selector, chromedp.Click(chromedp.CSS(selector)))
}

// paste puts text into a field at once, as a person does with what is long.
func (b *tab) paste(t *testing.T, selector, text string) {
	t.Helper()
	b.click(t, selector)
	call(t, b, input.InsertText, input.InsertTextParams{Text: text})
}

// until waits for a condition in JavaScript, over any number of navigations.
func (b *tab) until(t *testing.T, condition string) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(30 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(b.ctx, time.Second)
		met, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("Boolean("+condition+")"))
		cancel()
		if err == nil && met {
			return
		}
		if time.Now().After(end) || b.ctx.Err() != nil {
			b.picture(t, "failed-"+strings.ReplaceAll(t.Name(), "/", "-"))
			t.Fatalf("never: %s (%v); at %s, which shows %.600q", condition, err, b.where(), b.text(t))
		}
	}
}

func (b *tab) where() string {
	ctx, cancel := context.WithTimeout(b.ctx, time.Second)
	defer cancel()
	url, _ := chromedp.Run(ctx, chromedp.Location())
	return url
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
	png := do(t, b, "picture", chromedp.FullScreenshot(100))
	stick("")
	folder := filepath.Join(root, ".artifacts", "browser")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, station+".png"), png, 0o644); err != nil {
		t.Fatal(err)
	}
}
