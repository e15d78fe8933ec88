// Opens Kinde's self-serve portal with a bearer token. A plain link cannot carry one, so the page asks
// /portal for the one-time link as JSON and goes there itself.

import { request } from "./request.js";

/** @typedef {import("./request.js").Answer} Answer */

/**
 * @param {string} subnav the portal area, as Kinde names it
 * @returns {string} path and query; the person comes back to /access/
 */
export function portalPath(subnav) {
  return `/portal?${new URLSearchParams({ subnav, return_url: "/access/" })}`;
}

/**
 * @param {string} subnav
 * @param {{token: string, signal: AbortSignal}} options
 * @returns {Promise<{answer: Answer, url: string}>} `url` is empty when there is a problem
 */
export async function portalLink(subnav, options) {
  const answer = await request("GET", portalPath(subnav), options);
  const url = answer.body?.url;
  if (answer.problem) {
    return { answer, url: "" };
  }
  if (typeof url === "string" && isPortalURL(url)) {
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

/**
 * The function has checked the host already; this keeps javascript: and the like out of
 * location.assign even if it had not. http is for an embedded Kinde on this machine.
 * @param {string} url
 * @returns {boolean}
 */
export function isPortalURL(url) {
  if (!URL.canParse(url)) {
    return false;
  }
  const { protocol, hostname } = new URL(url);
  return protocol === "https:" || (protocol === "http:" && isLoopback(hostname));
}

/**
 * @param {string} hostname as in URL.hostname
 * @returns {boolean}
 */
export function isLoopback(hostname) {
  return hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}
