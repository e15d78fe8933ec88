// A fetch that tells about each call afterwards, for the strip at the foot of the window: never a value that
// stands in a query, never a header.

/**
 * `status` is 0 when the browser tells none.
 * @typedef {{at: Date, method: string, path: string, status: number, code: string, serverTiming: string, total: number}} Trace
 */

/**
 * An address as it may be shown: other sites with their origin, parameters by name alone.
 * @param {string} address
 * @param {string} base the page's own
 * @returns {string}
 */
export function shownPath(address, base) {
  const url = new URL(address, base);
  const names = [...new Set(url.searchParams.keys())].map((name) => `${name}=…`).join("&");
  return (url.origin === new URL(base).origin ? "" : url.origin) + url.pathname + (names && `?${names}`);
}

/**
 * @param {(trace: Trace) => void} tell
 * @returns {typeof fetch}
 */
export function traced(tell) {
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
        tell(trace);
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
