// The demo page: holds an access token for as long as the page is open, shows the profile with it, and
// opens the portal. The token lives in the variable below alone, never in storage, a URL or the page.

import { isLoopback, portalLink } from "./demo/portal.js";
import { showProblem } from "./demo/problem.js";
import { clearProfile, showProfile } from "./demo/profile.js";
import { request } from "./demo/request.js";
import { developmentToken, readToken } from "./demo/token.js";
import { showTrace } from "./demo/trace.js";

/** @typedef {import("./demo/request.js").Answer} Answer */

/** How long a portal button stays busy while the browser is on its way, so that one click asks for one link. */
const DEPARTURE_MS = 10_000;

let token = "";

/** Ends every call when the visitor leaves or the token is forgotten. */
let visit = new AbortController();

const signIn = byId("sign-in", HTMLElement);
const form = byId("token-form", HTMLFormElement);
const field = byId("token", HTMLInputElement);
const useButton = byId("use-token", HTMLButtonElement);
const fieldError = byId("token-error", HTMLElement);
const devButton = byId("dev-token", HTMLButtonElement);
const profileCard = byId("profile", HTMLElement);
const portalAreas = byId("portal-areas", HTMLFieldSetElement);
const again = byId("profile-again", HTMLButtonElement);
const news = byId("news", HTMLElement);

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
 * Puts an answer's trace on the strip and its problem, if any, into a box. A refused token is of no
 * further use, so it is forgotten.
 * @param {Answer} answer
 * @param {string} box the id of the box
 */
function report(answer, box) {
  showTrace(byId("last-request", HTMLElement), answer.trace);
  showProblem(byId(box, HTMLElement), answer.problem);
  if (answer.problem?.status === 401) {
    render("refused");
  }
}

/** @param {"out" | "in" | "refused"} state */
function render(state) {
  const signedIn = state === "in";
  if (!signedIn) {
    token = "";
  }
  signIn.dataset.state = state;
  portalAreas.disabled = !signedIn;
  byId("portal-locked", HTMLElement).hidden = signedIn;
  again.hidden = !signedIn;
  // What went wrong stays to be read; somebody's profile does not.
  if (!signedIn && profileCard.dataset.state !== "failed") {
    renderProfile("empty");
  }
}

/** @param {"empty" | "loading" | "shown" | "failed"} state */
function renderProfile(state) {
  if (state !== "shown") {
    clearProfile(profileCard);
  }
  profileCard.dataset.state = state;
  profileCard.setAttribute("aria-busy", String(state === "loading"));
}

/**
 * Runs what a button starts, once at a time. The button keeps the focus while it is busy.
 * @param {HTMLButtonElement} button
 * @param {(signal: AbortSignal) => Promise<void>} work
 */
async function busy(button, work) {
  if (button.getAttribute("aria-disabled") === "true") {
    return;
  }
  const { signal } = visit;
  button.setAttribute("aria-disabled", "true");
  try {
    await work(signal);
  } catch (cause) {
    // The visitor left, or the token was forgotten: nobody waits for this any more.
    if (!(cause instanceof DOMException && cause.name === "AbortError")) {
      throw cause;
    }
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

/** Ends what is under way, so that no answer meant for another token arrives later. */
function startOver() {
  visit.abort();
  visit = new AbortController();
}

/** @param {string} fresh */
async function useToken(fresh) {
  startOver();
  token = fresh;
  showProblem(byId("sign-in-problem", HTMLElement), null);
  render("in");
  byId("sign-in-heading", HTMLElement).focus();
  await loadProfile();
}

async function loadProfile() {
  const { signal } = visit;
  news.textContent = "Loading your profile.";
  showProblem(byId("profile-problem", HTMLElement), null);
  renderProfile("loading");
  const answer = await request("GET", "/api/user-profile", { token, signal });
  if (answer.body) {
    showProfile(profileCard, answer.body);
  }
  renderProfile(answer.body ? "shown" : "failed");
  news.textContent = answer.body ? "Your profile is here." : "";
  report(answer, "profile-problem");
}

/** @param {HTMLButtonElement} button names its portal area in `data-subnav` */
async function openPortal(button) {
  if (portalAreas.querySelector("[aria-disabled=true]")) {
    return;
  }
  await busy(button, async (signal) => {
    news.textContent = "Opening your account.";
    showProblem(byId("portal-problem", HTMLElement), null);
    const { answer, url } = await portalLink(button.dataset.subnav ?? "", { token, signal });
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

/** @param {string} reason told to the visitor */
function forget(reason) {
  startOver();
  renderProfile("empty");
  render("out");
  field.value = "";
  showFieldError("");
  for (const box of ["sign-in-problem", "profile-problem", "portal-problem"]) {
    showProblem(byId(box, HTMLElement), null);
  }
  news.textContent = reason;
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

devButton.addEventListener("click", () => {
  busy(devButton, async (signal) => {
    showProblem(byId("sign-in-problem", HTMLElement), null);
    const { answer, token: fresh } = await developmentToken(signal);
    report(answer, "sign-in-problem");
    if (fresh) {
      await useToken(fresh);
    }
  });
});

byId("forget", HTMLButtonElement).addEventListener("click", () => {
  forget("The token is forgotten.");
  byId("sign-in-heading", HTMLElement).focus();
});

again.addEventListener("click", () => busy(again, loadProfile));

portalAreas.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("button") : null;
  if (button) {
    openPortal(button);
  }
});

// A page kept for the Back button would keep the token and the profile with it.
addEventListener("pagehide", () => forget(""));
addEventListener("pageshow", (event) => {
  if (event.persisted) {
    news.textContent = "The token was forgotten when you left this page.";
  }
});

byId("dev-offer", HTMLElement).hidden = !isLoopback(location.hostname);
field.disabled = false;
useButton.disabled = false;
render("out");
