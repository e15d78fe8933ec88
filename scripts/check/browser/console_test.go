//go:build realtools

package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"kinde-functions/scripts/check/chromium"
)

// That nothing is connected is a 404 by the contract, which browsers complain
// about. Any other 404 there is one to complain about.
const (
	tokenPath = "/api/connected-apps/sample_drive/token"
	expected  = "not-connected"
)

// keepCode reads the code of an answer, which is there until the page goes.
func (b *tab) keepCode(id network.RequestID) {
	ctx, cancel := context.WithTimeout(b.Context, time.Second)
	defer cancel()
	answer, err := chromedp.Call(ctx, network.GetResponseBody, network.GetResponseBodyParams{RequestID: id})
	problem := struct{ Code string }{fmt.Sprint("unread: ", err)}
	if err == nil {
		_ = json.Unmarshal([]byte(answer.Body), &problem)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refused[id] = problem.Code
}

// quiet fails when the console has complained since the last call.
func (b *tab) quiet(t *testing.T) {
	t.Helper()
	for _, complaint := range b.drain() {
		t.Errorf("console: %s", complaint)
	}
}

// drain returns what the console has complained about since the last call.
func (b *tab) drain() []string {
	return b.serious(b.Drain())
}

// serious leaves out what is as it should be.
func (b *tab) serious(complaints []chromium.Complaint) (found []string) {
	for _, c := range complaints {
		// Where a page names no icon, as an answer in JSON cannot, browsers ask
		// for one that the site need not have.
		if strings.HasSuffix(c.Text, "/favicon.ico") {
			continue
		}
		if code := b.codeOf(c.Request); code != expected {
			found = append(found, strings.TrimSpace(c.Text+" "+code))
		}
	}
	return found
}

// Of the 404s for the app's token only that of nothing connected is passed over.
func TestAnUnknownAppIsComplainedAbout(t *testing.T) {
	b := &tab{refused: map[network.RequestID]string{"1": expected, "2": "unknown-app"}}
	complaints := []chromium.Complaint{{Text: "404 " + tokenPath, Request: "1"}, {Text: "404 " + tokenPath, Request: "2"},
		{Text: "blocked", Request: "3"}}
	if got := b.serious(complaints); !slices.Equal(got, []string{"404 " + tokenPath + " unknown-app", "blocked"}) {
		t.Errorf("complains: %q", got)
	}
}

// codeOf waits for the code of a request that was answered 404 at tokenPath;
// it is empty for others.
func (b *tab) codeOf(id network.RequestID) string {
	for end := time.Now().Add(2 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		b.mu.Lock()
		code, awaited := b.refused[id]
		b.mu.Unlock()
		if !awaited || code != "" || time.Now().After(end) {
			return code
		}
	}
}
