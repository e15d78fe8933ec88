// The strip at the foot of the page: the last requests, how each ended and where its time went.

import { byId, make } from "./dom.js";

/** @typedef {import("./traced.js").Trace} Trace */

/** How many requests the strip keeps. */
const KEPT = 20;

/**
 * The durations in a Server-Timing header, by metric name, in milliseconds.
 * @param {string} header as our functions send it: `upstream;dur=12.3, app;dur=0.8`
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
  const strip = byId("requests", HTMLElement);
  const list = byId("requests-list", HTMLElement);
  list.prepend(make("li", "", ...line(trace)));
  while (list.childElementCount > KEPT) {
    list.lastElementChild?.remove();
  }
  byId("requests-last", HTMLElement).replaceChildren(...line(trace).slice(1));
  strip.classList.remove("unused");
}

/** @param {Trace} trace */
function line(trace) {
  const times = durations(trace.serverTiming);
  const good = trace.status >= 200 && trace.status < 300;
  return [
    make("time", "at", trace.at.toLocaleTimeString()),
    make("span", "path", `${trace.method} ${trace.path}`),
    make("span", `status ${good ? "good" : "bad"}`, make("span", "unseen", "status "), trace.status ? String(trace.status) : "no answer"),
    make("span", "code", ...(trace.code ? [make("span", "unseen", "code "), trace.code] : [])),
    ...["upstream", "app"].map((name) => make("span", `took ${name}`, ...took(name, times.get(name)))),
    make("span", "took total", ...took("total", trace.total)),
  ];
}

/**
 * @param {string} name
 * @param {number | undefined} value
 */
function took(name, value) {
  return value === undefined || !Number.isFinite(value)
    ? [] : [make("span", "what", name), ` ${value < 10 ? value.toFixed(1) : Math.round(value)} ms`];
}
