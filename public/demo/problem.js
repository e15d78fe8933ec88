// A problem (RFC 9457) on the page: what went wrong, what to do, and what to quote to the developer.

/** @typedef {{title: string, detail: string, code: string, requestId: string}} Problem */

/** What the module's own codes mean here: the functions had no say in them. */
const OURS = new Map([
  ["unreachable", ["The server could not be reached", "Check your connection, or whether the server is still running, then try again."]],
  ["timeout", ["The server took too long", "There was no answer in time. Please try again."]],
  ["unreadable", ["The answer is not one of the functions’", "Most often they are not running here, or something in front of them answered. " +
    "On your machine, start everything with: go run ./scripts/dev"]],
]);

/**
 * @param {import("../kinde-functions.js").KindeError} error
 * @returns {Problem}
 */
export function problemOf({ code, title, message, requestId }) {
  const [ownTitle, ownDetail] = OURS.get(code) ?? [title, message];
  return { title: ownTitle.slice(0, 500), detail: ownDetail.slice(0, 500), code, requestId };
}

/**
 * Fills a box marked role="alert", so that it is read out when it appears.
 * @param {HTMLElement} box holds one element for each `data-problem` name
 * @param {Problem | null} problem null empties and hides the box
 */
export function showProblem(box, problem) {
  box.hidden = problem === null;
  const values = {
    title: problem?.title ?? "",
    detail: problem?.detail ?? "",
    code: problem?.code ?? "",
    "request-id": problem?.requestId ?? "",
  };
  for (const [name, value] of Object.entries(values)) {
    const place = box.querySelector(`[data-problem="${name}"]`);
    if (place instanceof HTMLElement) {
      place.textContent = value;
      const row = place.closest("[data-row]");
      if (row instanceof HTMLElement) {
        row.hidden = value === "";
      }
    }
  }
}
