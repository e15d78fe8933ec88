//go:build realtools

package browser

import (
	"strconv"
	"strings"
	"testing"

	"kinde-functions/shared/local/kindetest"
)

// TestPhone shows the demo page to an ordinary user on a phone.
func TestPhone(t *testing.T) {
	t.Parallel()
	v := visitor{open(t, nil), launch(t)}
	v.as(t, kindetest.StudioUser)

	t.Run("nothing red greets the user", func(t *testing.T) {
		if got := v.get(t, `[...document.querySelectorAll(".problem, .bad")].filter((one) => one.checkVisibility()).map((one) => one.innerText).join()`); got != "" {
			t.Errorf("the page shows %q as faults, want none", got)
		}
	})

	t.Run("long cards fold behind their headings", func(t *testing.T) {
		v.narrow(t)
		height, err := strconv.Atoi(v.get(t, `String(document.documentElement.scrollHeight)`))
		if err != nil || height > 1765 {
			t.Errorf("the page is %d pixels high, %v, want 1765 at most", height, err)
		}
		v.picture(t, "60-phone")
		v.Click(t, "#account .fold")
		v.Until(t, `document.querySelector("#entitlements-table").checkVisibility()
			&& document.querySelector("#account .fold").ariaExpanded === "true"`)
		v.Click(t, "#account .fold")
		v.Until(t, `!document.querySelector("#entitlements-table").checkVisibility()`)
	})

	t.Run("a wide screen shows them whole", func(t *testing.T) {
		v.see(t, look{})
		v.Until(t, `document.querySelector("#entitlements-table").checkVisibility() && !document.querySelector(".fold")`)
	})

	t.Run("lines are copied", func(t *testing.T) {
		v.get(t, `(() => {
			Object.defineProperty(navigator, "clipboard", { value: { writeText: async (text) => { window.copied = text } } });
			document.querySelector("#portal .lines").open = true;
			return "";
		})()`)
		v.Click(t, "#portal button.copy")
		v.Until(t, `document.querySelector("#portal .copied").textContent === "Copied"`)
		if got := v.get(t, `window.copied`); !strings.HasPrefix(got, `<kinde-portal-button subnav="plan_selection"`) {
			t.Errorf("copied %q, want the element", got)
		}
	})
}
