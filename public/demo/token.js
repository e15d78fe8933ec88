// Where the page's access token comes from until this site has a sign-in of its own.

import { request } from "./request.js";

/** @typedef {import("./request.js").Answer} Answer */

/** A signed token in the compact form of RFC 7515 section 3.1. */
const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** The functions take no more. */
const MAX_LENGTH = 16 * 1024;

/**
 * @param {string} pasted as it came from the clipboard
 * @returns {string} the token, or "" when this can be none
 */
export function readToken(pasted) {
  const token = pasted.trim().replace(/^Bearer\s+/i, "");
  return token.length <= MAX_LENGTH && TOKEN.test(token) ? token : "";
}

/**
 * Asks the development server's embedded Kinde for a token.
 * @param {AbortSignal} signal
 * @returns {Promise<{answer: Answer, token: string}>} `token` is empty when there is a problem
 */
export async function developmentToken(signal) {
  const answer = await request("POST", "/dev/token", { signal });
  const token = typeof answer.body?.access_token === "string" ? readToken(answer.body.access_token) : "";
  if (token) {
    return { answer, token };
  }
  if (answer.trace.status === 404) {
    answer.problem = {
      title: "There is no embedded Kinde here",
      detail:
        "Start one with: go run ./scripts/dev (leave KINDE_ISSUER_URL unset; with it, your own tenant is used). " +
        "Or paste an access token.",
      code: "",
      requestId: "",
      status: 404,
    };
  }
  answer.problem ??= {
    title: "The embedded Kinde sent no token",
    detail: "Restart go run ./scripts/dev, or paste an access token.",
    code: "",
    requestId: "",
    status: answer.trace.status,
  };
  return { answer, token: "" };
}
