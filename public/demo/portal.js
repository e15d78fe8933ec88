// The portal card. Its links work without script. With script, the session is refreshed after the return, so that a
// plan chosen in the portal shows here at once.

import { byId } from "./dom.js";
import { problemOf, showProblem } from "./problem.js";
import { announce, busy, client, departed, endOn401, outcome } from "./visit.js";

export function portalCard() {
  const areas = byId("portal-areas", HTMLElement);
  const locked = byId("portal-locked", HTMLElement);
  const trouble = byId("portal-trouble", HTMLElement);

  /** @param {HTMLAnchorElement} link */
  async function open(link) {
    if (areas.querySelector("[aria-disabled=true]")) {
      return;
    }
    await busy(link, async (signal) => {
      announce("Opening your account.");
      showProblem(trouble, null);
      const subnav = new URLSearchParams(link.search).get("subnav") ?? undefined;
      const { error } = await outcome(client().openPortal({ subnav, returnUrl: "/demo/", signal }));
      if (error) {
        showProblem(trouble, problemOf(error));
        endOn401(error);
      } else {
        await departed(signal);
      }
      announce("");
    });
  }

  areas.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey; // a new tab or window
    if (link && !elsewhere) {
      event.preventDefault();
      open(link);
    }
  });

  return {
    clear: () => showProblem(trouble, null),
    /** @param {boolean} open @param {boolean} certain whether the session is known */
    render(open, certain) {
      areas.inert = !open;
      locked.hidden = open || !certain;
    },
  };
}
