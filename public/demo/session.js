// Who is signed in, and signing out. The session itself is in a cookie that no script can see.

import { isWebAddress } from "./address.js";
import { request } from "./request.js";

/** @typedef {import("./request.js").Answer} Answer */

/**
 * @param {AbortSignal} signal
 * @returns {Promise<{answer: Answer, authenticated: boolean}>}
 */
export async function askSession(signal) {
  const answer = await request("GET", "/api/session", { signal });
  if (answer.problem?.code === "misconfigured") {
    answer.problem.title = "Signing in is not set up on this site";
    answer.problem.detail =
      "The functions lack a setting that signing in needs, most often KINDE_CLIENT_SECRET or SESSION_KEYS, " +
      "or cannot read one. The log of the session function names it. An access token may work all the same.";
  }
  return { answer, authenticated: answer.body?.authenticated === true };
}

/**
 * Ends the session here. The visitor's session at Kinde ends at `url`, where the page has to go next.
 * @param {AbortSignal} signal
 * @returns {Promise<{answer: Answer, url: string}>} `url` is empty when there is a problem
 */
export async function signOut(signal) {
  const answer = await request("POST", "/auth/logout", { signal });
  const url = answer.body?.url;
  if (answer.problem || isWebAddress(url)) {
    return { answer, url: answer.problem ? "" : String(url) };
  }
  answer.problem = {
    title: "You are signed out here, but not at Kinde",
    detail: "The answer held no address to sign out at. Close your browser if others use this device.",
    code: "",
    requestId: "",
    status: answer.trace.status,
  };
  return { answer, url: "" };
}
