// A card with a state, which decides what it shows. An error is shown in it, with a button to try again.

import { byId, emptyParts } from "./dom.js";
import { problemOf, showProblem } from "./problem.js";
import { busy, endOn401, outcome } from "./visit.js";

/**
 * @template T
 * @typedef {{
 *   id: string,
 *   ask(signal: AbortSignal): Promise<T>,
 *   show(element: HTMLElement, result: T): string | void,
 *   settings?: string,
 * }} Kind how a card gets and shows its data; `show` returns the state if it is not "shown", `settings` names settings
 */

/** @typedef {ReturnType<typeof card>} Card */

/**
 * @template T
 * @param {Kind<T>} kind
 */
export function card({ id, ask, show, settings }) {
  const element = byId(id, HTMLElement);
  const place = byId(`${id}-trouble`, HTMLElement);
  const again = byId(`${id}-again`, HTMLElement);

  /** @param {string} state */
  function render(state) {
    if (state !== "failed") {
      showProblem(place, null);
    }
    element.dataset.state = state;
    element.setAttribute("aria-busy", String(state === "loading"));
  }

  function clear() {
    emptyParts(element);
    render("empty");
  }

  /** @param {AbortSignal} signal */
  async function load(signal) {
    emptyParts(element);
    render("loading");
    const { result, error } = await outcome(ask(signal));
    if (!error) {
      render(show(element, result) ?? "shown");
      return;
    }
    render("failed");
    showProblem(place, problemOf(error, settings), again);
    endOn401(error);
  }

  again.addEventListener("click", () => busy(again, load));
  return { element, again, clear, load, render, state: () => element.dataset.state };
}
