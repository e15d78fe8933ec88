// The demo page: who is signed in, their profile and account, the portal, signing out. The session is in a
// cookie that this script cannot see. A pasted access token, for those who have no session here, lives in
// the variable below alone, never in storage, a URL or the page.

import { ACCOUNT_PATH, clearAccount, showAccount } from "./demo/account.js";
import { portalLink } from "./demo/portal.js";
import { showProblem } from "./demo/problem.js";
import { clearProfile, showProfile } from "./demo/profile.js";
import { request } from "./demo/request.js";
import { askSession, signOut } from "./demo/session.js";
import { readToken } from "./demo/token.js";
import { showTrace } from "./demo/trace.js";

/** @typedef {import("./demo/request.js").Answer} Answer */

/** @typedef {"checking" | "out" | "ended" | "in" | "failed" | "token" | "refused"} Visitor who the page is for */

/** How long a portal link stays busy while the browser is on its way, so that one click asks for one link. */
const DEPARTURE_MS = 10_000;

let token = "";

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

/** What is private on the page: where it is shown, how, and what empties it. */
const cards = [
  { element: byId("profile", HTMLElement), path: "/api/user-profile", problem: "profile-problem", show: showProfile, clear: clearProfile },
  { element: byId("account", HTMLElement), path: ACCOUNT_PATH, problem: "account-problem", show: showAccount, clear: clearAccount },
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

/**
 * Puts an answer's trace on the strip and its problem, if any, into a box. With a 401 the visitor is signed
 * in no more, or the token is of no further use.
 * @param {Answer} answer
 * @param {string} box the id of the box
 */
function report(answer, box) {
  showTrace(byId("last-request", HTMLElement), answer.trace);
  showProblem(byId(box, HTMLElement), answer.problem);
  if (answer.problem?.status === 401) {
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
  for (const box of ["sign-in-problem", "profile-problem", "account-problem", "portal-problem"]) {
    showProblem(byId(box, HTMLElement), null);
  }
  news.textContent = "";
}

/** Looks who is signed in and shows what is theirs. */
async function begin() {
  wipe();
  render("checking");
  await during(async (signal) => {
    const { answer, authenticated } = await askSession(signal);
    report(answer, "sign-in-problem");
    if (answer.problem) {
      render("failed");
      return;
    }
    render(authenticated ? "in" : "out");
    if (authenticated) {
      await loadCards(signal);
    }
  });
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
    const answer = await request("GET", card.path, { token, signal });
    if (answer.body) {
      card.show(card.element, answer.body);
    }
    renderCard(card, answer.body ? "shown" : "failed");
    report(answer, card.problem);
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
    const { answer, url } = await portalLink(link.pathname + link.search, { token, signal });
    report(answer, "portal-problem");
    if (url) {
      location.assign(url);
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
  const { answer, url } = await signOut(signal);
  if (answer.trace.status === 200) {
    wipe();
    render("out");
  }
  report(answer, "sign-in-problem");
  if (url) {
    location.assign(url);
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
