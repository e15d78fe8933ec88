//go:build realtools

package recipes

import (
	"context"
	"fmt"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long anything on a page may take on a busy machine.
const patience = 20 * time.Second

// tab is a tab of a browser, with what its console complains about.
type tab struct {
	ctx context.Context

	mu        sync.Mutex
	complains []string
}

// launch starts Chromium with one tab.
func launch(t *testing.T) *tab {
	t.Helper()
	binary, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatalf("%v; go run ./scripts/check recipes installs it on Debian", err)
	}
	ctx, stop := chromedp.NewExecAllocator(t.Context(),
		chromedp.ExecPath(binary), chromedp.NoFirstRun, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("headless", "new"), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true))
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	b := &tab{ctx: ctx}
	err = chromedp.Listen(ctx, b.hear)
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

func (b *tab) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			b.complains = append(b.complains, e.Entry.Text+" "+e.Entry.URL)
		}
	case *runtime.EventExceptionThrown:
		b.complains = append(b.complains, fmt.Sprintf("%s %v", e.ExceptionDetails.Text, e.ExceptionDetails.Exception))
	}
}

// drain gives what the console has complained about since the last call.
func (b *tab) drain() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	complains := b.complains
	b.complains = nil
	return complains
}

func (b *tab) quiet(t *testing.T) {
	t.Helper()
	for _, complaint := range b.drain() {
		t.Errorf("console: %s", complaint)
	}
}

func (b *tab) goTo(t *testing.T, url string) {
	t.Helper()
	do(t, b, url, chromedp.Navigate(url))
}

func (b *tab) click(t *testing.T, selector string) {
	t.Helper()
	do(t, b, "click "+selector, chromedp.Click(chromedp.CSS(selector)))
}

func do[T any](t *testing.T, b *tab, what string, action chromedp.Action[T]) {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if _, err := chromedp.Run(ctx, action); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
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
			ctx, cancel := context.WithTimeout(b.ctx, time.Second)
			defer cancel()
			page, _ := chromedp.Run(ctx, chromedp.Evaluate[string]("location.href + ' ' + document.documentElement.innerText"))
			t.Fatalf("never: %s (%v); at %.600q, and the console: %q", condition, err, page, b.drain())
		}
	}
}
