// A fetch that reports each call, for the strip at the foot of the window: without the values of a query and without
// headers.

/**
 * @typedef {object} Trace
 * @property {Date} at
 * @property {string} method
 * @property {string} path
 * @property {number} status 0 without a response
 * @property {string} code
 * @property {string} serverTiming
 * @property {number} total in milliseconds
 */

/**
 * An address without the values of its parameters, and without the origin on this site.
 * @param {string} address
 * @param {string} base the page's address
 * @returns {string}
 */
export function shownPath(address, base) {
  const url = new URL(address, base);
  const names = [...new Set(url.searchParams.keys())].map((name) => `${name}=…`).join("&");
  return (url.origin === new URL(base).origin ? "" : url.origin) + url.pathname + (names && `?${names}`);
}

/**
 * @param {(trace: Trace) => void} report
 * @returns {typeof fetch}
 */
export function traced(report) {
  return async (address, init) => {
    const began = performance.now();
    const trace = {
      at: new Date(), method: init?.method ?? "GET", path: shownPath(String(address), location.href),
      status: 0, code: "unreachable", serverTiming: "", total: 0,
    };
    try {
      const response = await fetch(address, init);
      trace.status = response.status;
      trace.serverTiming = response.headers.get("Server-Timing") ?? "";
      trace.code = response.ok ? "" : await problemCode(response.clone());
      return response;
    } finally {
      const stopped = init?.signal?.aborted ? init.signal.reason : undefined;
      trace.code = stopped?.code === "timeout" ? "timeout" : trace.code;
      trace.total = performance.now() - began;
      if (!stopped || trace.code === "timeout") {
        report(trace);
      }
    }
  };
}

/** @param {Response} response */
async function problemCode(response) {
  try {
    return String((await response.json()).code ?? "").slice(0, 40);
  } catch {
    return "";
  }
}
