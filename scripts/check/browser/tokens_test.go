//go:build realtools

package browser

import (
	"fmt"
	"strings"
	"testing"
)

// tells is a condition: the token tools show some words.
func tells(words string) string {
	return fmt.Sprintf(`document.querySelector("#tokens").innerText.includes(%q)`, words)
}

// asks is a condition: a question stands before the revoking.
func asks(question string) string {
	return fmt.Sprintf(`document.querySelector("#revoke-confirm").open && document.querySelector("#revoke-question").innerText === %q`, question)
}

// usesTheTokenTools asks about tokens, own and strange, and ends either.
func (v visitor) usesTheTokenTools(t *testing.T) {
	v.GoTo(t, v.demoPage())
	v.Until(t, v.state("in")+" && "+everything)
	v.Click(t, "#introspect")
	v.Until(t, tells("In force"))
	v.picture(t, "40-introspected")
	v.paste(t, "#tokens-field", "strange.to.ken")
	v.Click(t, "#introspect")
	v.Until(t, tells("That token is not yours")+
		` && document.querySelector("#requests-list li .path").textContent === "POST /api/introspect"
		&& document.querySelector("#requests-list li .code").textContent.includes("not-your-token")`)
	v.picture(t, "41-not-your-token")
	for _, complaint := range v.drain() {
		if !strings.Contains(complaint, "403") {
			t.Errorf("console: %s", complaint)
		}
	}
	v.Click(t, "#revoke")
	v.Until(t, asks("Revoke the token in the field?"))
	if got := v.get(t, `document.querySelector("#revoke-meaning").innerText`); !strings.Contains(got,
		"that token alone") || !strings.Contains(got, "You stay signed in") {
		t.Errorf("before a pasted token ends: %q", got)
	}
	v.picture(t, "42-revoke-the-field")
	v.Click(t, "#revoke-yes")
	v.Until(t, tells("Revoked")+" && "+tells("You are still signed in")+
		` && document.querySelector("#tokens-field").value === ""`)
	v.Until(t, v.state("in"))
	v.endsTheirOwnToken(t)
	v.as(t, demo.ID)
}

// endsTheirOwnToken thinks twice about it. The session gets a new one with its next request.
func (v visitor) endsTheirOwnToken(t *testing.T) {
	t.Helper()
	v.Click(t, "#revoke")
	v.Until(t, asks("Revoke your own access token?"))
	if got := v.get(t, `document.querySelector("#revoke-meaning").innerText`); !strings.Contains(got,
		"You stay signed in") {
		t.Errorf("before their own token ends: %q", got)
	}
	v.picture(t, "43-revoke-their-own")
	v.Click(t, "#revoke-keep")
	v.Until(t, `!document.querySelector("#revoke-confirm").open && document.activeElement.id === "revoke"`)
	v.Click(t, "#revoke")
	v.Click(t, "#revoke-yes")
	v.Until(t, v.state("in")+" && "+tells("Revoked")+" && "+tells("your session gets a new one"))
	v.isAccessible(t, "revoked")
	if n := v.get(t, `String(document.querySelectorAll("#requests-list li").length)`); n == "0" || len(n) > 1 && n > "12" {
		t.Errorf("the strip holds %s requests", n)
	}
	v.GoTo(t, v.demoPage())
	v.Until(t, v.state("in")+" && "+everything)
	v.Click(t, "#introspect")
	v.Until(t, tells("In force"))
}
