//go:build realtools

// Package chromium drives Chromium for tests of pages. A condition that is not met in time
// fails the test with a screenshot. Console messages are collected for the test.
package chromium

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// timeout is ample for any action on a busy machine.
const timeout = 20 * time.Second

// Complaint is an error or warning of the console, and its request if it has one.
type Complaint struct {
	Text    string
	Request network.RequestID
}

// Tab is a tab of a browser.
type Tab struct {
	Context  context.Context // for chromedp
	pictures string          // folder of screenshots

	mu         sync.Mutex
	complaints []Complaint
}

// Launch starts Chromium with one tab. Screenshots go to the folder pictures.
func Launch(t *testing.T, pictures string) *Tab {
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
	return open(t, ctx, pictures)
}

// Another opens one more tab of the same browser, with the same cookies.
func (b *Tab) Another(t *testing.T) *Tab {
	t.Helper()
	return open(t, b.Context, b.pictures)
}

func open(t *testing.T, parent context.Context, pictures string) *Tab {
	t.Helper()
	ctx, stop := chromedp.NewContext(parent)
	t.Cleanup(stop)
	b := &Tab{Context: ctx, pictures: pictures}
	// The first call starts the tab, which must outlive the timeouts of later calls.
	err := chromedp.Listen(ctx, b.hear)
	for _, enable := range []cdp.Command[cdp.Empty, cdp.Empty]{log.Enable, runtime.Enable} {
		if err == nil {
			_, err = chromedp.Call(ctx, enable, cdp.Empty{})
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *Tab) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			b.complaints = append(b.complaints, Complaint{e.Entry.Text + " " + e.Entry.URL, e.Entry.NetworkRequestID})
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning ||
			e.Type == runtime.ConsoleAPICalledTypeAssert {
			var said []string
			for _, arg := range e.Args {
				said = append(said, cmp.Or(arg.Description, string(arg.Value)))
			}
			b.complaints = append(b.complaints, Complaint{Text: "console: " + strings.Join(said, " ")})
		}
	case *runtime.EventExceptionThrown:
		b.complaints = append(b.complaints,
			Complaint{Text: fmt.Sprintf("%s %v", e.ExceptionDetails.Text, e.ExceptionDetails.Exception)})
	}
}

// Drain returns the complaints since the last call.
func (b *Tab) Drain() []Complaint {
	b.mu.Lock()
	defer b.mu.Unlock()
	complaints := b.complaints
	b.complaints = nil
	return complaints
}

// Do runs an action in a tab and fails the test if it takes too long.
func Do[T any](t *testing.T, b *Tab, what string, action chromedp.Action[T]) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.Context, timeout)
	defer cancel()
	value, err := chromedp.Run(ctx, action)
	if err != nil {
		t.Fatalf("%s: %v; at %s", what, err, b.Where())
	}
	return value
}

// GoTo navigates to an address.
func (b *Tab) GoTo(t *testing.T, url string) {
	t.Helper()
	Do(t, b, url, chromedp.Navigate(url))
}

// Click scrolls to an element and clicks at its position, where another element may cover
// it.
func (b *Tab) Click(t *testing.T, selector string) {
	t.Helper()
	const scroll = `document.querySelector(%q)?.scrollIntoView({ block: "center", behavior: "instant" })`
	b.Until(t, fmt.Sprintf(scroll+` ?? document.querySelector(%[1]q)`, selector))
	Do(t, b, "click "+selector, chromedp.Click(chromedp.CSS(selector)))
}

// Until waits for a condition in JavaScript, over any number of navigations.
func (b *Tab) Until(t *testing.T, condition string) {
	t.Helper()
	for end := time.Now().Add(timeout); ; time.Sleep(30 * time.Millisecond) {
		met, err := evaluate[bool](b, "Boolean("+condition+")")
		if err == nil && met {
			return
		}
		if time.Now().After(end) || b.Context.Err() != nil {
			shows, _ := evaluate[string](b, "document.documentElement.innerText")
			t.Errorf("never: %s (%v); at %s, which shows %.600q; the console: %q", condition, err, b.Where(), shows, b.Drain())
			b.Picture(t, "failed-"+strings.ReplaceAll(t.Name(), "/", "-"))
			t.FailNow()
		}
	}
}

// Where returns the tab's address.
func (b *Tab) Where() string {
	url, _ := evaluate[string](b, "location.href")
	return url
}

// evaluate evaluates JavaScript. It can fail during a navigation.
func evaluate[T any](b *Tab, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(b.Context, time.Second)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression))
}

// Picture stores a screenshot of the whole page.
func (b *Tab) Picture(t *testing.T, name string) {
	t.Helper()
	png := Do(t, b, "picture", chromedp.FullScreenshot(100))
	err := os.MkdirAll(b.pictures, 0o755)
	if err == nil {
		err = os.WriteFile(filepath.Join(b.pictures, name+".png"), png, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
