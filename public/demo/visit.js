// The visit: the client of the page's user, and what ends its calls. A pasted access token is in the variable below
// and nowhere else: not in storage, in an address or in the page.

import { createClient, KindeError } from "../kinde-functions.js";
import { byId } from "./dom.js";
import { note } from "./requests.js";
import { traced } from "./traced.js";

/** How long a button stays busy while the browser leaves, so that one click requests one link. */
const DEPARTURE_MS = 10_000;

let token = "";

/** Ends every call when the user leaves or changes. */
let visit = new AbortController();

/** @type {(visitor: "ended" | "refused") => void} */
let refused = () => {};

/** A fetch whose calls show in the strip. */
export const tracing = traced(note);
export const site = createClient({ fetch: tracing });
export const bearer = createClient({ fetch: tracing, getToken: () => token });

export function hasToken() {
  return token !== "";
}

/** @param {string} [other] */
export function isOwn(other = token) {
  return other === token; // the page does not see a session's tokens
}

export function client() {
  return hasToken() ? bearer : site;
}

/**
 * Ends the calls under way, so that no response for another user arrives later.
 * @param {string} [next] the access token from now on
 */
export function startOver(next = "") {
  visit.abort();
  visit = new AbortController();
  token = next;
}

/**
 * The outcome of a call: exactly one of the two is set.
 * @template T
 * @param {Promise<T>} call
 * @returns {Promise<{result: T, error: null} | {result: null, error: KindeError}>} rejects if the call was aborted
 */
export async function outcome(call) {
  try {
    return { result: await call, error: null };
  } catch (error) {
    if (error instanceof KindeError) {
      return { result: null, error };
    }
    throw error;
  }
}

/**
 * Runs work that ends with the visit.
 * @param {(signal: AbortSignal) => Promise<void>} work
 */
export async function duringVisit(work) {
  const { signal } = visit;
  try {
    await work(signal);
  } catch (cause) {
    if (!signal.aborted && !(cause instanceof DOMException && cause.name === "AbortError")) {
      throw cause;
    }
  }
}

/**
 * Runs the work of a button, once at a time. The button keeps the focus while it is busy.
 * @param {HTMLElement} button
 * @param {(signal: AbortSignal) => Promise<void>} work
 */
export async function busy(button, work) {
  if (button.getAttribute("aria-disabled") === "true") {
    return;
  }
  button.setAttribute("aria-disabled", "true");
  try {
    await duringVisit(work);
  } finally {
    if (!("waits" in button.dataset)) {
      button.removeAttribute("aria-disabled");
    }
  }
}

/**
 * Waits until the browser has left, or has had the time to.
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
export function departed(signal) {
  return new Promise((resolve) => {
    const ended = AbortSignal.any([signal, AbortSignal.timeout(DEPARTURE_MS)]);
    ended.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** @param {(visitor: "ended" | "refused") => void} then what a 401 calls */
export function onRefusal(then) {
  refused = then;
}

/** Ends the visit: the session has ended or the token was refused. */
export function end() {
  const visitor = hasToken() ? "refused" : "ended";
  startOver();
  refused(visitor);
}

/**
 * Ends the visit on a 401.
 * @param {KindeError | null} error
 */
export function endOn401(error) {
  if (error?.status === 401) {
    end();
  }
}

/** @param {string} words for screen readers; empty words clear the last ones */
export function announce(words) {
  byId("news", HTMLElement).textContent = words;
}
