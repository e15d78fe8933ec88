// The strip at the foot of the window: the last requests with status, code and times.

import { byId, make } from "./dom.js";

/** @typedef {import("./traced.js").Trace} Trace */

/** Codes that are ordinary responses and not faults. */
const ORDINARY = ["not-connected", "not-entitled"];

/** How many requests the strip keeps. */
const KEPT = 12;

/**
 * The durations in a Server-Timing header, by metric name, in milliseconds.
 * @param {string} header such as `upstream;dur=12.3, app;dur=0.8`
 * @returns {Map<string, number>}
 */
export function durations(header) {
  /** @type {Map<string, number>} */
  const found = new Map();
  for (const entry of header.split(",")) {
    const [name, ...parameters] = entry.split(";").map((piece) => piece.trim());
    const duration = parameters.find((parameter) => /^dur=[0-9.]+$/.test(parameter));
    if (name && duration) {
      found.set(name, Number(duration.slice("dur=".length)));
    }
  }
  return found;
}

/** @param {Trace} trace */
export function note(trace) {
  const list = byId("requests-list", HTMLElement);
  list.prepend(line(trace));
  while (list.childElementCount > KEPT) {
    list.lastElementChild?.remove();
  }
  byId("requests-latest", HTMLElement).replaceChildren(
    make("span", "path", `${trace.method} ${trace.path}`), " ", status(trace), " ", ...code(trace), " ",
    ...took("total", trace.total));
}

/** @param {Trace} trace */
function line(trace) {
  const times = durations(trace.serverTiming);
  const at = make("time", "at", trace.at.toLocaleTimeString());
  at.dateTime = trace.at.toISOString();
  return make("li", "",
    at,
    make("span", "path", `${trace.method} ${trace.path}`),
    status(trace),
    make("span", "rest",
      ...code(trace), ...took("upstream", times.get("upstream")), ...took("app", times.get("app")),
      ...took("total", trace.total)),
  );
}

/** @param {Trace} trace */
function status({ status, code }) {
  const good = status >= 200 && status < 300 || ORDINARY.includes(code);
  return make("span", `status ${good ? "good" : "bad"}`,
    make("span", "unseen", "Status "), status ? String(status) : "none");
}

/** @param {Trace} trace */
function code({ code }) {
  const kind = ORDINARY.includes(code) ? " ordinary" : "";
  return code ? [make("span", `code${kind}`, make("span", "unseen", "Code "), code)] : [];
}

/**
 * @param {string} name
 * @param {number | undefined} value
 */
function took(name, value) {
  return value === undefined || !Number.isFinite(value)
    ? [] : [make("span", "", make("span", "what", name), ` ${value < 10 ? value.toFixed(1) : Math.round(value)} ms`)];
}
