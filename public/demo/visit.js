// The visit: whose calls these are, and what ends them. A pasted access token lives in the variable below
// alone, never in storage, an address or the page.

import { createClient, KindeError } from "../kinde-functions.js";
import { byId } from "./dom.js";
import { note } from "./requests.js";
import { traced } from "./traced.js";

/** How long a button stays busy while the browser is on its way, so that one click asks for one link. */
const DEPARTURE_MS = 10_000;

let token = "";

/** Ends every call when the visitor leaves or becomes somebody else. */
let visit = new AbortController();

/** @type {(visitor: "ended" | "refused") => void} */
let tellRefusal = () => {};

/** A fetch whose calls show in the strip. */
export const tracing = traced(note);
export const site = createClient({ fetch: tracing });
export const bearer = createClient({ fetch: tracing, getToken: () => token });

export function hasToken() {
  return token !== "";
}

/** @param {string} [other] */
export function isOwn(other = token) {
  return other === token; // a session's tokens are nothing that anybody could paste
}

export function client() {
  return hasToken() ? bearer : site;
}

/**
 * Ends what is under way, so that no answer meant for somebody else arrives later.
 * @param {string} [next] the access token from now on
 */
export function startOver(next = "") {
  visit.abort();
  visit = new AbortController();
  token = next;
}

/**
 * What a call has come to: exactly one of the two is set.
 * @template T
 * @param {Promise<T>} call
 * @returns {Promise<{answer: T, error: null} | {answer: null, error: KindeError}>} rejects when the visitor has left
 */
export async function outcome(call) {
  try {
    return { answer: await call, error: null };
  } catch (error) {
    if (error instanceof KindeError) {
      return { answer: null, error };
    }
    throw error;
  }
}

/**
 * Runs what may be ended by the visitor's leaving: nobody waits for it any more then.
 * @param {(signal: AbortSignal) => Promise<void>} work
 */
export async function during(work) {
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
 * Runs what a button starts, once at a time. The button keeps the focus while it is busy.
 * @param {HTMLElement} button
 * @param {(signal: AbortSignal) => Promise<void>} work
 */
export async function busy(button, work) {
  if (button.getAttribute("aria-disabled") === "true") {
    return;
  }
  button.setAttribute("aria-disabled", "true");
  try {
    await during(work);
  } finally {
    if (!("waits" in button.dataset)) {
      button.removeAttribute("aria-disabled");
    }
  }
}

/**
 * Waits while the browser is on its way elsewhere, or until it seems not to be.
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
export function departed(signal) {
  return new Promise((resolve) => {
    AbortSignal.any([signal, AbortSignal.timeout(DEPARTURE_MS)]).addEventListener("abort", () => resolve(), { once: true });
  });
}

/** @param {(visitor: "ended" | "refused") => void} then what a 401 leads to */
export function onRefusal(then) {
  tellRefusal = then;
}

/** The visitor is signed in no more, or the token is of no further use. */
export function end() {
  const visitor = hasToken() ? "refused" : "ended";
  startOver();
  tellRefusal(visitor);
}

/**
 * With a 401 it has come to that.
 * @param {KindeError | null} error
 */
export function heed(error) {
  if (error?.status === 401) {
    end();
  }
}

/** @param {string} words for a screen reader: once, and empty when they are out of date */
export function announce(words) {
  byId("news", HTMLElement).textContent = words;
}
