// The strip that tells about the last request: what was asked, how it ended, where its time went.

/** @typedef {import("./traced.js").Trace} Trace */

/**
 * The durations in a Server-Timing header, by metric name, in milliseconds.
 * @param {string} header as our functions send it: `upstream;dur=12.3, app;dur=0.8`
 * @returns {Map<string, number>}
 */
export function durations(header) {
  /** @type {Map<string, number>} */
  const found = new Map();
  for (const entry of header.split(",")) {
    const [name, ...parameters] = entry.split(";").map((part) => part.trim());
    const duration = parameters.find((parameter) => /^dur=[0-9.]+$/.test(parameter));
    if (name && duration) {
      found.set(name, Number(duration.slice("dur=".length)));
    }
  }
  return found;
}

/**
 * @param {HTMLElement} strip holds one element for each `data-trace` name
 * @param {Trace} trace
 */
export function showTrace(strip, trace) {
  const times = durations(trace.serverTiming);
  const values = {
    request: `${trace.method} ${trace.path}`,
    status: String(trace.status || "none"),
    code: trace.code || "none",
    upstream: milliseconds(times.get("upstream")),
    app: milliseconds(times.get("app")),
  };
  for (const [name, value] of Object.entries(values)) {
    const place = strip.querySelector(`[data-trace="${name}"]`);
    if (place) {
      place.textContent = value;
    }
  }
  strip.dataset.outcome = trace.status >= 200 && trace.status < 300 ? "good" : "bad";
  strip.classList.remove("unused");
}

/**
 * @param {number | undefined} value
 * @returns {string}
 */
function milliseconds(value) {
  if (value === undefined || !Number.isFinite(value)) {
    return "not told";
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}
