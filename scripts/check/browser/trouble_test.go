//go:build realtools

package browser

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
)

// answer is what the page's script gets in place of a function's answer.
type answer struct {
	Status int            `json:"status"`
	Body   map[string]any `json:"body"`
}

func refusal(status int, code string) answer {
	return answer{status, map[string]any{"status": status, "code": code, "title": "Title of " + code, "detail": "d",
		"request_id": "r"}}
}

// canned answers the page's calls from a table by path: the answers in turn,
// the last one again and again. What was asked for stays in window.calls.
const canned = `{
	const answers = %s;
	window.calls = [];
	window.fetch = async (path, options) => {
		const name = path.split("?")[0];
		if (name === "/api/organizations") { return Response.json({ current: null, organizations: [] }) }
		window.calls.push([name, options.headers.get("X-CSRF") ?? ""].join(" "));
		const { status, body } = answers[name].length > 1 ? answers[name].shift() : answers[name][0];
		return new Response(JSON.stringify(body), { status, headers: { "Content-Type": status < 400 ? "application/json" : "application/problem+json" } });
	};
}`

// private is what the page asks for once somebody is signed in.
const private = "/api/user-profile 1,/api/account 1,/api/connected-apps/sample_drive/token 1"

// troubles are what the demo page makes of functions that cannot do as asked.
var troubles = []struct {
	name    string
	session []answer
	profile []answer
	state   string // of the visitor
	shows   string
	calls   string
}{
	{name: "signing in is not set up", session: []answer{refusal(500, "misconfigured")},
		state: "failed", shows: "Signing in is not set up on this site", calls: "/api/session 1"},
	{name: "another tab has renewed the session", session: []answer{refusal(409, "session-superseded"), signedIn},
		profile: []answer{refusal(409, "session-superseded"), person},
		state:   "in", shows: "Robin", calls: "/api/session 1,/api/session 1," + private + ",/api/user-profile 1"},
	{name: "and again", session: []answer{signedIn}, profile: []answer{refusal(409, "session-superseded")},
		state: "in", shows: "Another tab has just renewed", calls: "/api/session 1," + private + ",/api/user-profile 1"},
	{name: "the session is over", session: []answer{signedIn}, profile: []answer{refusal(401, "session-expired")},
		state: "ended", shows: "Your sign-in has ended",
		calls: "/api/session 1," + private + ",/api/user-profile 1,/api/session 1"}, // asked once more, then the session
}

var (
	signedIn = answer{200, map[string]any{"authenticated": true}}
	person   = answer{200, map[string]any{"id": "kp_1", "name": "Robin"}}
	account  = answer{200, map[string]any{}}
)

// meetsTrouble shows the page answers that the functions give in trouble.
func (v visitor) meetsTrouble(t *testing.T) {
	for _, trouble := range troubles {
		t.Run(trouble.name, func(t *testing.T) {
			tab := visitor{v.place, v.another(t)}
			answers, err := json.Marshal(map[string][]answer{"/api/session": trouble.session,
				"/api/user-profile": trouble.profile, "/api/account": {account},
				"/api/connected-apps/sample_drive/token": {refusal(404, "unknown-app")}})
			if err != nil {
				t.Fatal(err)
			}
			call(t, tab.tab, page.AddScriptToEvaluateOnNewDocument,
				page.AddScriptToEvaluateOnNewDocumentParams{Source: fmt.Sprintf(canned, answers)})
			tab.GoTo(t, v.demoPage())
			tab.Until(t, v.state(trouble.state)+fmt.Sprintf(" && document.body.innerText.includes(%q)", trouble.shows))
			tab.Until(t, fmt.Sprintf(`window.calls.join() === %q`, trouble.calls))
			if trouble.state != "in" && strings.Contains(tab.text(t), "Entitlements\n") {
				t.Error("somebody's account shows")
			}
			tab.picture(t, "trouble-"+strings.ReplaceAll(trouble.name, " ", "-"))
			tab.quiet(t)
		})
	}
}
