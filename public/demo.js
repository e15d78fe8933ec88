// The demo page: who is signed in, and what is theirs. The session is in a cookie that this script cannot see.

import { appCard } from "./demo/app.js";
import { accountCard } from "./demo/account.js";
import { portalCard } from "./demo/portal.js";
import { profileCard } from "./demo/profile.js";
import { signInCard } from "./demo/sign-in.js";
import { tokenTools } from "./demo/tokens.js";
import { announce, during, hasToken, heed, onRefusal, outcome, site, startOver } from "./demo/visit.js";

const signIn = signInCard({ begin, useToken, signOut });
const portal = portalCard();
const tokens = tokenTools();

/** While this page itself signs somebody out. */
let leaving = false;

/** What is private on the page. */
const cards = [profileCard(), accountCard(), appCard()];

/** @param {import("./demo/sign-in.js").Visitor} visitor */
function render(visitor) {
  const signedIn = visitor === "in" || visitor === "token";
  signIn.render(visitor);
  portal.render(signedIn, visitor !== "checking");
  tokens.render(signedIn);
  if (!signedIn) {
    tokens.clear();
  }
  for (const card of cards) {
    card.again.hidden = !signedIn;
    // What went wrong stays to be read; what is somebody's does not.
    if (!signedIn && card.state() !== "failed") {
      card.clear();
    }
  }
}

/**
 * Takes everything private off the page.
 * @param {string} [token] whose owner the page is for from now on
 */
function wipe(token) {
  startOver(token);
  cards.forEach((card) => card.clear());
  signIn.clear();
  portal.clear();
  tokens.clear();
  announce("");
}

/** Looks who is signed in and shows what is theirs. */
async function begin() {
  wipe();
  render("checking");
  await during(async (signal) => {
    const { answer, error } = await outcome(site.session({ signal }));
    signIn.report(error);
    render(error ? "failed" : answer.authenticated ? "in" : "out");
    heed(error);
    if (answer?.authenticated) {
      await load(signal);
    }
  });
}

/** @param {string} pasted */
async function useToken(pasted) {
  wipe(pasted);
  render("token");
  await during(load);
}

/** @param {AbortSignal} signal */
async function load(signal) {
  announce("Loading your account.");
  await Promise.all(cards.map((card) => card.load(signal)));
  announce(cards[0].state() === "shown" ? "Your account is here." : "");
}

/** @param {AbortSignal} signal */
async function signOut(signal) {
  signIn.report(null);
  leaving = true;
  const { error } = await outcome(site.logout({ signal })).finally(() => {
    leaving = false;
  });
  const left = !error || (await outcome(site.session({ signal }))).answer?.authenticated === false;
  if (left) {
    wipe();
    render("out");
  }
  signIn.report(error, left);
  heed(error);
}

onRefusal((visitor) => {
  render(visitor);
  announce("");
});

// Another tab has signed somebody in or out: what is on this page may be somebody else's from now on.
site.onChange(() => during(async (signal) => {
  if (leaving || hasToken()) {
    return; // this tab's own doing, or what shows is by a token and not the session's
  }
  const ended = signIn.state() === "ended" && (await outcome(site.session({ signal }))).answer?.authenticated === false;
  if (!ended) { // that nobody is here is said already, and why
    begin();
  }
}));

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

begin();
