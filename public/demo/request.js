// One call to this site's own functions: bounded in time, JSON or a problem, never an exception for
// what a server may answer. The session cookie goes along by itself, and X-CSRF says that a page of this
// site asks; a token, which takes the cookie's place, is handed over by the caller for each call.

const TIME_LIMIT_MS = 30_000;

/**
 * An error as the page shows it: RFC 9457 members, with the request id, as text.
 * `code` and `requestId` are empty when the answer did not come from our functions.
 * @typedef {{title: string, detail: string, code: string, requestId: string, status: number}} Problem
 */

/**
 * What is told about a call afterwards. `status` is 0 when the browser tells none.
 * @typedef {{method: string, path: string, status: number, code: string, serverTiming: string}} Trace
 */

/**
 * Exactly one of `body` and `problem` is set.
 * @typedef {{body: Record<string, unknown> | null, problem: Problem | null, trace: Trace}} Answer
 */

/** @typedef {{token?: string, signal: AbortSignal}} Options `signal` ends the call when the visitor leaves */

/**
 * @param {string} method
 * @param {string} path path and query on this site
 * @param {Options} options
 * @returns {Promise<Answer>} rejects only when `signal` has aborted
 */
export async function request(method, path, options) {
  const answer = await send(method, path, options);
  // Another tab's request was renewing the session; its cookies are here by now.
  return answer.problem?.code === "session-superseded" ? send(method, path, options) : answer;
}

/**
 * @param {string} method
 * @param {string} path
 * @param {Options} options
 * @returns {Promise<Answer>}
 */
async function send(method, path, { token, signal }) {
  const headers = {
    Accept: "application/json",
    ...(token ? { Authorization: `Bearer ${token}` } : { "X-CSRF": "1" }),
  };
  /** @type {Trace} */
  const trace = { method, path, status: 0, code: "", serverTiming: "" };
  try {
    const response = await fetch(path, {
      method,
      headers,
      cache: "no-store",
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIME_LIMIT_MS)]),
    });
    trace.status = response.status;
    trace.serverTiming = response.headers.get("Server-Timing") ?? "";
    const { body, problem } = await read(response);
    signal.throwIfAborted(); // it may have come in the moment of leaving
    trace.code = problem?.code ?? "";
    return { body, problem, trace };
  } catch (cause) {
    signal.throwIfAborted();
    return { body: null, problem: noAnswer(cause), trace };
  }
}

/**
 * @param {Response} response
 * @returns {Promise<{body: Record<string, unknown> | null, problem: Problem | null}>}
 */
async function read(response) {
  const requestId = response.headers.get("X-Request-Id") ?? "";
  const foreign = foreignAnswer(response, requestId);
  const text = await response.text();
  if (foreign) {
    return { body: null, problem: foreign };
  }
  const json = parseObject(text);
  if (!json) {
    return { body: null, problem: unreadable(response, requestId) };
  }
  if (response.ok) {
    return { body: json, problem: null };
  }
  return {
    body: null,
    problem: {
      title: asText(json.title) || `The server answered ${response.status}`,
      detail: asText(json.detail),
      code: asText(json.code),
      requestId: asText(json.request_id) || requestId,
      status: response.status,
    },
  };
}

/**
 * A problem when the answer is none of our functions' kind: a redirect, or not JSON.
 * @param {Response} response
 * @param {string} requestId
 * @returns {Problem | null}
 */
function foreignAnswer(response, requestId) {
  if (response.type === "opaqueredirect") {
    return {
      title: "The server sent a redirect where JSON was due",
      detail: "Something in front of the functions, such as a login wall or a rewrite rule, answered for them.",
      code: "",
      requestId: "",
      status: 0,
    };
  }
  const type = response.headers.get("Content-Type") ?? "";
  return /^application\/(problem\+)?json\s*(;|$)/i.test(type) ? null : notJSON(response, requestId);
}

/**
 * @param {Response} response
 * @param {string} requestId
 * @returns {Problem}
 */
function notJSON(response, requestId) {
  const type = (response.headers.get("Content-Type") ?? "").split(";")[0] || "no content type";
  return {
    title: `The server answered ${response.status} without JSON`,
    detail:
      `It sent ${type.slice(0, 60)}. Most often the functions are not running here. ` +
      "On your machine, start everything with: go run ./scripts/dev",
    code: "",
    requestId,
    status: response.status,
  };
}

/**
 * @param {Response} response
 * @param {string} requestId
 * @returns {Problem}
 */
function unreadable(response, requestId) {
  return {
    title: `The server answered ${response.status} with JSON that cannot be read`,
    detail: "It was cut short, or is not a JSON object. Please try again.",
    code: "",
    requestId,
    status: response.status,
  };
}

/**
 * @param {unknown} cause what fetch threw
 * @returns {Problem}
 */
function noAnswer(cause) {
  const late = cause instanceof DOMException && cause.name === "TimeoutError";
  return {
    title: late ? "The server took too long" : "The server could not be reached",
    detail: late
      ? `There was no answer within ${TIME_LIMIT_MS / 1000} seconds. Please try again.`
      : "Check your connection, or whether the server is still running, then try again.",
    code: "",
    requestId: "",
    status: 0,
  };
}

/**
 * @param {string} text
 * @returns {Record<string, unknown> | null} null unless the text is a JSON object
 */
function parseObject(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/**
 * @param {unknown} value
 * @returns {string} the value if it is a string, shortened to what fits on a page
 */
function asText(value) {
  return typeof value === "string" ? value.slice(0, 500) : "";
}
