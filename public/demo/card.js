// A card: what it shows follows from its state. Trouble shows in it, with a button to try again.

import { byId, emptyParts } from "./dom.js";
import { problemOf, showProblem } from "./problem.js";
import { busy } from "./visit.js";

/** @typedef {import("../kinde-functions.js").KindeError} KindeError */
/** @typedef {{ element: HTMLElement, state(): string, render(state: string): void, fail(error: KindeError): void, clear(): void }} Card */

/**
 * @param {string} id
 * @param {(signal: AbortSignal) => Promise<void>} load what its button tries again
 * @returns {Card}
 */
export function card(id, load) {
  const element = byId(id, HTMLElement);
  const place = byId(`${id}-trouble`, HTMLElement);
  const again = byId(`${id}-again`, HTMLElement);
  /** @param {string} state */
  const render = (state) => {
    if (state !== "failed") {
      showProblem(place, null);
    }
    element.dataset.state = state;
    element.setAttribute("aria-busy", String(state === "loading"));
  };
  again.addEventListener("click", () => busy(again, load));
  return {
    element,
    render,
    state: () => element.dataset.state ?? "",
    fail(error) {
      emptyParts(element);
      render("failed");
      showProblem(place, problemOf(error), again);
    },
    clear() {
      emptyParts(element);
      render("empty");
    },
  };
}
