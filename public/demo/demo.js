// The demo page: the signed-in user and their data. The session is in a cookie that this script cannot see.

import { useClient } from "../kinde-elements.js";
import "./copy.js";
import "./fold.js";
import { appCard } from "./app.js";
import { accountCard } from "./account.js";
import { apiCard } from "./api.js";
import { portalCard } from "./portal.js";
import { profileCard } from "./profile.js";
import { signInCard } from "./sign-in.js";
import { tokenTools } from "./tokens.js";
import { announce, client, duringVisit, endOn401, hasToken, onRefusal, outcome, site, startOver } from "./visit.js";

const signIn = signInCard({ begin, useToken, signOut });
const portal = portalCard();
const api = apiCard();
const tokens = tokenTools();

/** While this page itself signs the user out. */
let leaving = false;

/** The client that the page's elements ask. */
let elements = site;
useClient(site);

/** The cards with private data. */
const cards = [profileCard(), accountCard(), appCard()];

/** @param {import("./sign-in.js").Visitor} visitor */
function render(visitor) {
  const signedIn = visitor === "in" || visitor === "token";
  signIn.render(visitor);
  portal.render(signedIn, visitor !== "checking");
  api.render(signedIn);
  tokens.render(signedIn);
  if (!signedIn) {
    api.clear();
    tokens.clear();
  }
  for (const card of cards) {
    card.again.hidden = !signedIn;
    // An error stays to be read; a user's data does not.
    if (!signedIn && card.state() !== "failed") {
      card.clear();
    }
  }
}

/**
 * Removes everything private from the page.
 * @param {string} [token] the access token of the page's user from now on
 */
function wipe(token) {
  startOver(token);
  if (client() !== elements) {
    elements = client();
    useClient(elements);
  }
  cards.forEach((card) => card.clear());
  signIn.clear();
  portal.clear();
  api.clear();
  tokens.clear();
  announce("");
}

/** Gets the session and shows the user's data. */
async function begin() {
  wipe();
  render("checking");
  await duringVisit(async (signal) => {
    const { result, error } = await outcome(site.session({ signal }));
    signIn.report(error);
    render(error ? "failed" : result.authenticated ? "in" : result.expired ? "ended" : "out");
    endOn401(error);
    if (result?.authenticated) {
      await load(signal);
    }
  });
}

/** @param {string} pasted */
async function useToken(pasted) {
  wipe(pasted);
  render("token");
  await duringVisit(load);
}

/** @param {AbortSignal} signal */
async function load(signal) {
  announce("Loading your account.");
  await Promise.all(cards.map((card) => card.load(signal)));
  announce(cards[0].state() === "shown" ? "Your account is here." : "");
}

/** @param {AbortSignal} signal @param {boolean} allSessions */
async function signOut(signal, allSessions) {
  signIn.report(null);
  leaving = true;
  const { error } = await outcome(site.logout({ allSessions, signal })).finally(() => {
    leaving = false;
  });
  const left = !error || (await outcome(site.session({ signal }))).result?.authenticated === false;
  if (left) {
    wipe();
    render("out");
  }
  signIn.report(error, left);
  endOn401(error);
}

onRefusal((visitor) => {
  render(visitor);
  announce("");
});

// The session changed: what is on this page may be another user's, or out of date.
site.onChange(() => duringVisit(async (signal) => {
  if (leaving || hasToken()) {
    return; // this tab signs out, or its data is a token's and not the session's
  }
  const ended = signIn.state() === "ended" && (await outcome(site.session({ signal }))).result?.authenticated === false;
  if (!ended) { // the page says already that the sign-in has ended
    begin();
  }
}));

// A page in the back/forward cache would keep private data, and show it after a sign-out.
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
