// The demo page: who is signed in, their profile and account, the portal, signing out. The session is in a
// cookie that this script cannot see. A pasted access token, for those who have no session here, lives in
// the variable below alone, never in storage, a URL or the page.

import { createClient, KindeError } from "./kinde-functions.js";
import { connectedApp } from "./demo/app.js";
import { ACCOUNT_PARTS, clearAccount, showAccount } from "./demo/account.js";
import { problemOf, showProblem } from "./demo/problem.js";
import { clearProfile, showProfile } from "./demo/profile.js";
import { readToken } from "./demo/token.js";
import { showTrace } from "./demo/trace.js";
import { traced } from "./demo/traced.js";

/** @typedef {"checking" | "out" | "ended" | "in" | "failed" | "token" | "refused"} Visitor who the page is for */

/** How long a portal link stays busy while the browser is on its way, so that one click asks for one link. */
const DEPARTURE_MS = 10_000;

const NOT_AT_KINDE = {
  title: "You are signed out here, but not at Kinde",
  detail: "The answer held no address to sign out at. Close your browser if others use this device.",
  code: "",
  requestId: "",
};

let token = "";

const tracing = traced((trace) => showTrace(byId("last-request", HTMLElement), trace));
const site = createClient({ fetch: tracing });
const bearer = createClient({ fetch: tracing, getToken: () => token });

/** Ends every call when the visitor leaves or becomes somebody else. */
let visit = new AbortController();

const signIn = byId("sign-in", HTMLElement);
const form = byId("token-form", HTMLFormElement);
const field = byId("token", HTMLInputElement);
const useButton = byId("use-token", HTMLButtonElement);
const fieldError = byId("token-error", HTMLElement);
const sessionAgain = byId("session-again", HTMLButtonElement);
const signOutButton = byId("sign-out", HTMLButtonElement);
const portalAreas = byId("portal-areas", HTMLElement);
const again = byId("profile-again", HTMLButtonElement);
const news = byId("news", HTMLElement);
const app = connectedApp(byId("app", HTMLElement), site, { busy, outcome, report: (error) => report(error, "app-problem") });

/** What is private on the page: where it is shown, what it is, how it is shown, and what empties it. */
const cards = [
  { element: byId("profile", HTMLElement), problem: "profile-problem", load: loadProfile, show: showProfile, clear: clearProfile },
  { element: byId("account", HTMLElement), problem: "account-problem", load: loadAccount, show: showAccount, clear: clearAccount },
];

/** @typedef {typeof cards[number]} Card */

/**
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
function byId(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) {
    throw new Error(`the page has no #${id}`);
  }
  return found;
}

/** @param {AbortSignal} signal */
function loadProfile(signal) {
  return client().profile({ signal });
}

/** @param {AbortSignal} signal */
function loadAccount(signal) {
  return client().account({ include: ACCOUNT_PARTS, signal });
}

function client() {
  return token ? bearer : site;
}

/**
 * What a call has come to: exactly one of the two is set.
 * @template T
 * @param {Promise<T>} call
 * @returns {Promise<{answer: T, error: null} | {answer: null, error: KindeError}>} rejects when the visitor has left
 */
async function outcome(call) {
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
 * Puts what went wrong, if anything, into a box. With a 401 the visitor is signed in no more, or the token is
 * of no further use.
 * @param {KindeError | null} error
 * @param {string} box the id of the box
 */
function report(error, box) {
  showProblem(byId(box, HTMLElement), error && problemOf(error));
  if (error?.status === 401) {
    const visitor = token ? "refused" : "ended";
    startOver();
    render(visitor);
    news.textContent = "";
  }
}

/** @param {Visitor} visitor */
function render(visitor) {
  const signedIn = visitor === "in" || visitor === "token";
  signIn.dataset.state = visitor;
  signIn.setAttribute("aria-busy", String(visitor === "checking"));
  portalAreas.inert = !signedIn;
  byId("portal-locked", HTMLElement).hidden = signedIn || visitor === "checking";
  again.hidden = !signedIn;
  app.render(visitor);
  if (!signedIn) {
    // What went wrong stays to be read; what is somebody's does not.
    cards.filter(({ element }) => element.dataset.state !== "failed").forEach((card) => renderCard(card, "empty"));
  }
}

/**
 * @param {Card} card
 * @param {"empty" | "loading" | "shown" | "failed"} state
 */
function renderCard(card, state) {
  if (state !== "shown") {
    card.clear(card.element);
  }
  card.element.dataset.state = state;
  card.element.setAttribute("aria-busy", String(state === "loading"));
}

/**
 * Runs what may be ended by the visitor's leaving: nobody waits for it any more then.
 * @param {(signal: AbortSignal) => Promise<void>} work
 */
async function during(work) {
  try {
    await work(visit.signal);
  } catch (cause) {
    if (!(cause instanceof DOMException && cause.name === "AbortError")) {
      throw cause;
    }
  }
}

/**
 * Runs what a button starts, once at a time. The button keeps the focus while it is busy.
 * @param {HTMLElement} button
 * @param {(signal: AbortSignal) => Promise<void>} work
 */
async function busy(button, work) {
  if (button.getAttribute("aria-disabled") === "true") {
    return;
  }
  button.setAttribute("aria-disabled", "true");
  try {
    await during(work);
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

/** Ends what is under way, so that no answer meant for somebody else arrives later, and forgets the token. */
function startOver() {
  visit.abort();
  visit = new AbortController();
  token = "";
}

/** Takes everything private off the page. */
function wipe() {
  startOver();
  cards.forEach((card) => renderCard(card, "empty"));
  field.value = "";
  showFieldError("");
  for (const box of ["sign-in-problem", "profile-problem", "account-problem", "portal-problem", "app-problem"]) {
    showProblem(byId(box, HTMLElement), null);
  }
  news.textContent = "";
}

/** Looks who is signed in and shows what is theirs. */
async function begin() {
  wipe();
  render("checking");
  await during(async (signal) => {
    const { answer, error } = await outcome(site.session({ signal }));
    report(error, "sign-in-problem");
    if (error) {
      render("failed");
      explainSetUp(error);
      return;
    }
    render(answer.authenticated ? "in" : "out");
    if (answer.authenticated) {
      await Promise.all([loadCards(signal), app.comeBack(signal)]);
    }
  });
}

/** @param {KindeError} error of asking who is signed in */
function explainSetUp({ code, requestId }) {
  if (code === "misconfigured") {
    showProblem(byId("sign-in-problem", HTMLElement), {
      title: "Signing in is not set up on this site",
      detail: "The functions lack a setting that signing in needs, most often KINDE_CLIENT_SECRET or SESSION_KEYS, " +
        "or cannot read one. The log of the session function names it. An access token may work all the same.",
      code,
      requestId,
    });
  }
}

/** @param {string} pasted */
async function useToken(pasted) {
  wipe();
  token = pasted;
  render("token");
  byId("sign-in-heading", HTMLElement).focus();
  await during(loadCards);
}

/** @param {AbortSignal} signal */
async function loadCards(signal) {
  news.textContent = "Loading your profile.";
  await Promise.all(cards.map(async (card) => {
    showProblem(byId(card.problem, HTMLElement), null);
    renderCard(card, "loading");
    const { answer, error } = await outcome(card.load(signal));
    if (!error) {
      card.show(card.element, answer);
    }
    renderCard(card, error ? "failed" : "shown");
    report(error, card.problem);
  }));
  news.textContent = cards[0].element.dataset.state === "shown" ? "Your profile is here." : "";
}

/**
 * Opens an area of the portal with the token, which the link itself cannot carry.
 * @param {HTMLAnchorElement} link
 */
async function openPortal(link) {
  if (portalAreas.querySelector("[aria-disabled=true]")) {
    return;
  }
  await busy(link, async (signal) => {
    news.textContent = "Opening your account.";
    showProblem(byId("portal-problem", HTMLElement), null);
    const asked = new URLSearchParams(link.search);
    const { error } = await outcome(bearer.openPortal({ subnav: asked.get("subnav") ?? undefined, returnUrl: asked.get("return_url") ?? undefined, signal }));
    report(error, "portal-problem");
    if (!error) {
      await ended(AbortSignal.any([signal, AbortSignal.timeout(DEPARTURE_MS)]));
    }
    news.textContent = "";
  });
}

/**
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function ended(signal) {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** @param {string} message empty when there is nothing wrong */
function showFieldError(message) {
  fieldError.textContent = message;
  fieldError.hidden = message === "";
  field.setAttribute("aria-invalid", String(message !== ""));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const pasted = readToken(field.value);
  field.value = "";
  showFieldError(pasted ? "" : "This is not an access token. One has three parts with dots between them, without spaces.");
  if (!pasted) {
    field.focus();
    return;
  }
  busy(useButton, () => useToken(pasted));
});

byId("forget", HTMLButtonElement).addEventListener("click", async () => {
  byId("sign-in-heading", HTMLElement).focus();
  await begin();
});

sessionAgain.addEventListener("click", () => busy(sessionAgain, begin));
again.addEventListener("click", () => busy(again, loadCards));

signOutButton.addEventListener("click", () => busy(signOutButton, async (signal) => {
  showProblem(byId("sign-in-problem", HTMLElement), null);
  const { error } = await outcome(site.logout({ signal }));
  const left = !error || (await outcome(site.session({ signal }))).answer?.authenticated === false;
  if (left) {
    wipe();
    render("out");
  }
  report(error, "sign-in-problem");
  if (error && left) {
    showProblem(byId("sign-in-problem", HTMLElement), NOT_AT_KINDE);
  }
}));

portalAreas.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (link && token) {
    event.preventDefault();
    openPortal(link);
  }
});

// A page kept for the Back button would keep what is private with it, and show it after a sign-out.
addEventListener("pagehide", () => {
  wipe();
  render("checking");
});
addEventListener("pageshow", (event) => {
  if (event.persisted) {
    begin();
  }
});

field.disabled = false;
useButton.disabled = false;
begin();
