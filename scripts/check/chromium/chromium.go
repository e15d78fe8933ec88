//go:build realtools

// Package chromium drives Chromium for tests of pages. Each method fails the test if it
// takes too long. Errors and warnings of the console are collected for the test.
package chromium

import (
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
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// timeout is ample for any action on a busy machine.
const timeout = 20 * time.Second

// Tab is a tab of a browser.
type Tab struct {
	Context   context.Context // for chromedp
	artifacts string          // folder of screenshots

	mu      sync.Mutex
	console []string
}

// Launch starts Chromium with one tab. Screenshots go to the folder artifacts.
func Launch(t *testing.T, artifacts string) *Tab {
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
	return open(t, ctx, artifacts)
}

// NewTab opens one more tab of the same browser, with the same cookies.
func (b *Tab) NewTab(t *testing.T) *Tab {
	t.Helper()
	return open(t, b.Context, b.artifacts)
}

func open(t *testing.T, parent context.Context, artifacts string) *Tab {
	t.Helper()
	ctx, stop := chromedp.NewContext(parent)
	t.Cleanup(stop)
	b := &Tab{Context: ctx, artifacts: artifacts}
	// The first call starts the tab, which must outlive the timeouts of later calls.
	err := chromedp.Listen(ctx, b.record)
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

// record collects the errors and warnings of the console.
func (b *Tab) record(event any) {
	var message string
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			message = e.Entry.Text + " " + e.Entry.URL
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning ||
			e.Type == runtime.ConsoleAPICalledTypeAssert {
			message = "console:"
			for _, arg := range e.Args {
				message += fmt.Sprintf(" %s%s", arg.Description, arg.Value)
			}
		}
	case *runtime.EventExceptionThrown:
		message = fmt.Sprintf("%s %v", e.ExceptionDetails.Text, e.ExceptionDetails.Exception)
	}
	if message != "" {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.console = append(b.console, message)
	}
}

// ConsoleErrors returns the errors and warnings of the console since the last call.
func (b *Tab) ConsoleErrors() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	messages := b.console
	b.console = nil
	return messages
}

// Do runs an action in a tab.
func Do[T any](t *testing.T, b *Tab, what string, action chromedp.Action[T]) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.Context, timeout)
	defer cancel()
	value, err := chromedp.Run(ctx, action)
	if err != nil {
		t.Fatalf("%s: %v; at %s", what, err, b.URL())
	}
	return value
}

// Call sends a command of the DevTools protocol.
func Call[P, R any](t *testing.T, b *Tab, command cdp.Command[P, R], params P) R {
	t.Helper()
	return Do(t, b, command.Method, func(ctx context.Context, target *chromedp.Target) (R, error) {
		return cdp.Call(ctx, target, command, params)
	})
}

// Eval evaluates JavaScript, awaits the result if it is a promise, and decodes it.
func Eval[T any](t *testing.T, b *Tab, expression string) T {
	t.Helper()
	return Do(t, b, expression, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// Navigate navigates to a URL and waits until it has loaded.
func (b *Tab) Navigate(t *testing.T, url string) {
	t.Helper()
	Do(t, b, url, chromedp.Navigate(url))
}

// Click waits for an element, scrolls to it and clicks at its position, where another
// element may cover it.
func (b *Tab) Click(t *testing.T, selector string) {
	t.Helper()
	const scroll = `document.querySelector(%q)?.scrollIntoView({ block: "center", behavior: "instant" })`
	b.WaitUntil(t, fmt.Sprintf(scroll+` ?? document.querySelector(%[1]q)`, selector))
	Do(t, b, "click "+selector, chromedp.Click(chromedp.CSS(selector)))
}

// Press types a key where the focus is.
func (b *Tab) Press(t *testing.T, key string) {
	t.Helper()
	Do(t, b, "press a key", chromedp.KeyEvent(key))
}

// WaitFor waits until an element matches a selector, over any number of navigations.
func (b *Tab) WaitFor(t *testing.T, selector string) {
	t.Helper()
	b.WaitUntil(t, fmt.Sprintf("document.querySelector(%q)", selector))
}

// WaitUntil waits until an expression is truthy, over any number of navigations.
func (b *Tab) WaitUntil(t *testing.T, expression string) {
	t.Helper()
	for end := time.Now().Add(timeout); ; time.Sleep(30 * time.Millisecond) {
		met, err := evaluate[bool](b, "Boolean("+expression+")")
		if err == nil && met {
			return
		}
		if time.Now().After(end) || b.Context.Err() != nil {
			text, _ := evaluate[string](b, "document.documentElement.innerText")
			t.Errorf("timed out waiting for %s (%v); at %s, text %.600q, console %q",
				expression, err, b.URL(), text, b.ConsoleErrors())
			b.Screenshot(t, "failed-"+strings.ReplaceAll(t.Name(), "/", "-"))
			t.FailNow()
		}
	}
}

// URL returns the URL of the tab's page.
func (b *Tab) URL() string {
	url, _ := evaluate[string](b, "location.href")
	return url
}

// evaluate evaluates JavaScript. It can fail during a navigation.
func evaluate[T any](b *Tab, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(b.Context, time.Second)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression))
}

// Screenshot stores a screenshot of the whole page.
func (b *Tab) Screenshot(t *testing.T, name string) {
	t.Helper()
	png := Do(t, b, "screenshot", chromedp.FullScreenshot(100))
	err := os.MkdirAll(b.artifacts, 0o755)
	if err == nil {
		err = os.WriteFile(filepath.Join(b.artifacts, name+".png"), png, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
