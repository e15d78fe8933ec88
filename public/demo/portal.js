// Opens Kinde's self-serve portal with a bearer token. The session cookie goes along with a plain link;
// a token cannot, so the page asks /portal for the one-time link as JSON and goes there itself.

import { isWebAddress } from "./address.js";
import { request } from "./request.js";

/** @typedef {import("./request.js").Answer} Answer */

/**
 * @param {string} path the plain link's path and query
 * @param {{token: string, signal: AbortSignal}} options
 * @returns {Promise<{answer: Answer, url: string}>} `url` is empty when there is a problem
 */
export async function portalLink(path, options) {
  const answer = await request("GET", path, options);
  if (answer.problem) {
    return { answer, url: "" };
  }
  const url = answer.body?.url;
  if (isWebAddress(url)) {
    return { answer, url };
  }
  answer.problem = {
    title: "The link is not one to follow",
    detail: "The answer held no https address for the portal. Please try again.",
    code: "",
    requestId: "",
    status: answer.trace.status,
  };
  return { answer, url: "" };
}
