// A fetch that tells about each call afterwards, for the strip at the end of the page.

/**
 * `status` is 0 when the browser tells none.
 * @typedef {{method: string, path: string, status: number, code: string, serverTiming: string}} Trace
 */

/**
 * @param {(trace: Trace) => void} tell
 * @returns {typeof fetch}
 */
export function traced(tell) {
  return async (path, init) => {
    const trace = { method: init?.method ?? "GET", path: decodeURIComponent(String(path)), status: 0, code: "", serverTiming: "" };
    try {
      const response = await fetch(path, init);
      trace.status = response.status;
      trace.serverTiming = response.headers.get("Server-Timing") ?? "";
      trace.code = response.ok ? "" : await problemCode(response.clone());
      return response;
    } finally {
      if (!init?.signal?.aborted) {
        tell(trace);
      }
    }
  };
}

/** @param {Response} response */
async function problemCode(response) {
  try {
    return String((await response.json()).code ?? "");
  } catch {
    return "";
  }
}
