// The card of the site's own API: a call through /api/proxy/, where the function adds the user's access token. The
// page names the API. Its response is shown as text, never as markup.

import { byId, emptyParts, make, part } from "./dom.js";
import { problemOf, showProblem } from "./problem.js";
import { announce, busy, client, outcome } from "./visit.js";

/** The number of characters that the card shows of a response. */
const SHOWN = 4000;

export function apiCard() {
  const element = byId("api", HTMLElement);
  const button = byId("call-api", HTMLButtonElement);
  const trouble = byId("api-trouble", HTMLElement);
  const { api = "", apiPath = "/" } = element.dataset;

  for (const place of element.querySelectorAll("[data-named]")) {
    place.textContent = api;
  }

  function clear() {
    showProblem(trouble, null);
    emptyParts(element);
  }

  button.addEventListener("click", () => busy(button, async (signal) => {
    clear();
    const { result, error } = await outcome(client().request(`/api/proxy/${api}${apiPath}`, { signal }));
    if (error?.code === "unknown-api") {
      element.dataset.state = "unknown";
      return;
    }
    if (error) { // a 401 of the API does not end the session
      showProblem(trouble, problemOf(error, "PROXY_APIS"), button);
      return;
    }
    const text = typeof result === "string" ? result : JSON.stringify(result, null, 2);
    const lines = make("pre", "", text.slice(0, SHOWN));
    lines.tabIndex = 0;
    part(element, "response").append(lines);
    announce("The API has responded.");
  }));

  return {
    clear,
    /** @param {boolean} open */
    render(open) {
      element.dataset.state = open ? "shown" : "empty";
    },
  };
}
