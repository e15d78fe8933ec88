// A problem (RFC 9457) as users see it: title, advice, code, request ID, and how long to wait.

import { make } from "./dom.js";
import { announce } from "./visit.js";

/** @typedef {{title: string, detail: string, code: string, requestId: string, retryAfter?: number}} Problem */

const PASSING = "This usually passes quickly, and nothing is wrong with your account. Please try again in a moment.";

/** Texts for users. The functions' own texts are for developers, and some problems do not come from a function. */
const OURS = new Map([
  ["unreachable", ["The server could not be reached",
    "Check your connection, or whether the server is still running, then try again."]],
  ["timeout", ["The server took too long", "There was no response in time. Please try again."]],
  ["unreadable", ["The response does not come from a function",
    "Most often the functions are not running here, or something in front of them responded. " +
    "On your machine, start everything with: go run ./scripts/dev"]],
  ["rate-limited", ["Too many requests",
    "You have reached the site’s limit for one user. Further requests are accepted again after a while."]],
  ["upstream-throttled", ["Kinde is busy",
    "Kinde gets more requests from this site than it accepts. Nothing is wrong with your account."]],
  ["upstream-failed", ["Kinde is out of reach just now", PASSING]],
  ["upstream-timeout", ["Kinde did not answer in time", PASSING]],
  ["keys-unavailable", ["Your sign-in could not be checked",
    "The keys for that are out of reach just now. Please try again in half a minute."]],
  ["session-superseded", ["Another tab has just renewed your sign-in", "You are still signed in. Please try again."]],
  ["misconfigured", ["This is not set up on this site",
    "The functions lack a setting, or cannot read one. Their log names it."]],
  ["upstream-misconfigured", ["Kinde refuses this site’s settings",
    "Nothing is wrong with your account. For the site’s developer: the function’s log has the remedy."]],
  ["not-your-token", ["That token is not yours",
    "You may ask about your own tokens. Others’ tokens need a permission that the site’s owner chooses."]],
  ["not-revoked", ["Not revoked: the token still works", "Kinde is busy. Please try again."]],
]);

const OFFLINE = ["You are offline", "Nothing could be asked. Try again once you are connected."];

/**
 * @param {import("../kinde-functions.js").KindeError} error
 * @param {string} [settings] the names of the settings that the request needs
 * @returns {Problem}
 */
export function problemOf({ code, title, message, requestId, retryAfter }, settings) {
  const offline = code === "unreachable" && globalThis.navigator?.onLine === false;
  const [ourTitle, ourDetail] = offline ? OFFLINE : OURS.get(code) ?? [title, message];
  const toSet = code === "misconfigured" && settings
    ? ` For the site’s developer: set ${settings}, as the guide’s page “Settings” says, and deploy.` : "";
  return { title: ourTitle.slice(0, 500), detail: ourDetail.slice(0, 500) + toSet, code, requestId, retryAfter };
}

/** @type {WeakMap<HTMLElement, () => void>} the function that ends the countdown in a place */
const countdowns = new WeakMap();

/**
 * Shows a problem in a place marked `class="trouble"`, or clears the place.
 * @param {HTMLElement} place
 * @param {Problem | null} problem
 * @param {HTMLElement[]} buttons the buttons that are off until the wait is over
 */
export function showProblem(place, problem, ...buttons) {
  countdowns.get(place)?.();
  const [box, wait] = boxes(place);
  box.hidden = problem === null;
  box.replaceChildren(...(problem ? words(problem) : []));
  if (problem?.retryAfter) {
    countdowns.set(place, countDown(wait, problem.retryAfter, buttons));
  }
}

/**
 * The box is an alert. The countdown is beside it, so that it is not read out each second.
 * @param {HTMLElement} place
 * @returns {HTMLElement[]}
 */
function boxes(place) {
  if (!place.firstElementChild) {
    const box = make("div", "problem");
    box.setAttribute("role", "alert");
    const wait = make("p", "wait");
    wait.setAttribute("role", "timer");
    box.hidden = wait.hidden = true;
    place.append(box, wait);
  }
  return /** @type {HTMLElement[]} */ ([...place.children]);
}

/** @param {Problem} problem */
function words({ title, detail, code, requestId }) {
  const quote = [["Code", code], ["Request", requestId]].filter(([, value]) => value !== "")
    .map(([name, value]) => make("span", "", `${name} `, make("code", "", value)));
  return [make("p", "title", title), make("p", "", detail), ...(quote.length ? [make("p", "quote", ...quote)] : [])];
}

/**
 * @param {HTMLElement} wait
 * @param {number} seconds
 * @param {HTMLElement[]} buttons
 * @returns {() => void} the function that ends it
 */
function countDown(wait, seconds, buttons) {
  const end = Date.now() + seconds * 1000;
  for (const button of buttons) {
    button.dataset.waits = "";
    button.setAttribute("aria-disabled", "true");
  }
  const free = () => {
    clearInterval(timer);
    for (const button of buttons) {
      delete button.dataset.waits;
      button.removeAttribute("aria-disabled");
    }
  };
  const tick = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    wait.textContent = left > 0 ? `You can try again in ${span(left)}.` : "You can try again now.";
    if (left <= 0) {
      free();
      announce("You can try again now.");
    }
  };
  const timer = setInterval(tick, 1000);
  wait.hidden = false;
  tick();
  return () => {
    free();
    wait.hidden = true;
  };
}

/**
 * @param {number} seconds
 * @returns {string}
 */
export function span(seconds) {
  const minutes = Math.floor(seconds / 60);
  return minutes ? `${minutes} min ${String(seconds % 60).padStart(2, "0")} s` : `${seconds} s`;
}
