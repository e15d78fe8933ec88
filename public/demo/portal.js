// The portal card. With a session its links are plain links; a token, which a link cannot carry, asks by script.

import { byId } from "./dom.js";
import { problemOf, showProblem } from "./problem.js";
import { announce, bearer, busy, departed, hasToken, heed, outcome } from "./visit.js";

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
      const asked = new URLSearchParams(link.search);
      const { error } = await outcome(bearer.openPortal({ subnav: asked.get("subnav") ?? undefined, returnUrl: asked.get("return_url") ?? undefined, signal }));
      if (error) {
        showProblem(trouble, problemOf(error));
        heed(error);
      } else {
        await departed(signal);
      }
      announce("");
    });
  }

  areas.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (link && hasToken()) {
      event.preventDefault();
      open(link);
    }
  });

  return {
    clear: () => showProblem(trouble, null),
    /** @param {boolean} open @param {boolean} certain whether that is known already */
    render(open, certain) {
      areas.inert = !open;
      locked.hidden = open || !certain;
    },
  };
}
