// A problem (RFC 9457) on the page: what went wrong, what to do, and what to quote to the developer.

/** @typedef {import("./request.js").Problem} Problem */

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
