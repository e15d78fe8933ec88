//go:build realtools

package browser

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// tells is a condition: the token tools show some words.
func tells(words string) string {
	return fmt.Sprintf(`document.querySelector("#tokens").innerText.includes(%q)`, words)
}

// usesTheTokenTools asks about tokens, own and strange, and ends the own one.
func (v visitor) usesTheTokenTools(t *testing.T) {
	v.goTo(t, v.site+"/")
	v.until(t, v.state("in")+" && "+everything)
	v.click(t, "#introspect")
	v.until(t, tells("In force"))
	v.picture(t, "40-introspected")
	do(t, v.tab, "paste", chromedp.SendKeys(chromedp.CSS("#tokens-field"), "strange.to.ken"))
	v.click(t, "#introspect")
	v.until(t, tells("That token is not yours")+` && document.querySelector("#requests-list li .path").textContent === "POST /api/introspect"
		&& document.querySelector("#requests-list li .code").textContent.includes("not-your-token")`)
	v.picture(t, "41-not-your-token")
	for _, complaint := range v.drain() {
		if !strings.Contains(complaint, "403") {
			t.Errorf("console: %s", complaint)
		}
	}
	v.get(t, `(document.querySelector("#tokens-field").value = "", "")`)
	v.click(t, "#revoke")
	v.until(t, `document.querySelector("#revoke-confirm").open`)
	v.picture(t, "42-revoke-confirm")
	v.click(t, "#revoke-keep")
	v.until(t, `!document.querySelector("#revoke-confirm").open && document.activeElement.id === "revoke"`)
	v.click(t, "#revoke")
	v.click(t, "#revoke-yes")
	v.until(t, tells("Revoked"))
	v.picture(t, "43-revoked")
	if n := v.get(t, `String(document.querySelectorAll("#requests-list li").length)`); n == "0" || len(n) > 1 && n > "12" {
		t.Errorf("the strip holds %s requests", n)
	}
	v.leaves(t)
	v.as(t, demo.ID)
}

// waitsWithTokens has the functions refuse for a while: the countdown shows.
func (v visitor) waitsWithTokens(t *testing.T) {
	tab := visitor{v.place, v.another(t)}
	call(t, tab.tab, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `{
		const real = window.fetch;
		const refused = (status, code, wait) => new Response(JSON.stringify({ status, code, title: "t", detail: "d", request_id: "r" }),
			{ status, headers: { "Content-Type": "application/problem+json", "Retry-After": wait } });
		window.fetch = async (path, init) => path === "/api/introspect" ? refused(429, "rate-limited", "2")
			: path === "/api/revoke" ? refused(503, "not-revoked", "120") : real(path, init);
	}`})
	tab.goTo(t, v.site+"/")
	tab.until(t, v.state("in")+" && "+everything)
	tab.click(t, "#introspect")
	tab.until(t, tells("Too many requests")+" && "+tells("You can try again in")+` && document.querySelector("#introspect").ariaDisabled === "true"`)
	tab.picture(t, "44-rate-limited")
	tab.until(t, tells("You can try again now")+` && document.querySelector("#introspect").ariaDisabled !== "true"`)
	tab.click(t, "#revoke")
	tab.click(t, "#revoke-yes")
	tab.until(t, tells("the token still works")+" && "+tells("try again in"))
	tab.picture(t, "45-not-revoked")
	tab.quiet(t)
}
