// Coming back from a third party. Anybody can make a link to this page that names an error; it counts as the third
// party's answer only on the way back from a connect that was begun here, in this tab.

/** Where the tab keeps which app it went to connect, and nothing else. */
const MARK = "connecting";

/** What a third party may answer (RFC 6749 section 4.1.2.1, OpenID Connect), and what that is to people. */
const ANSWERS = new Map([
  ["access_denied", "You said no, so nothing was connected."],
  ["consent_required", "Nothing was connected, since it was not agreed to."],
  ["login_required", "Nothing was connected, since nobody was signed in there."],
  ["interaction_required", "Nothing was connected, since it had more to ask."],
  ["account_selection_required", "Nothing was connected, since no account was chosen."],
  ["temporarily_unavailable", "Nothing was connected: it is busy. Please try again in a moment."],
  ["server_error", "Nothing was connected: it failed. Please try again in a moment."],
  ...["invalid_request", "invalid_scope", "unauthorized_client", "unsupported_response_type"].map((code) =>
    /** @type {const} */ ([code, `Nothing was connected: it does not take this site’s request (${code}).`])),
]);

/** @param {string} app */
export function leaveFor(app) {
  try {
    sessionStorage.setItem(MARK, app);
  } catch {} // shut off by the browser: what they come back with is then not told
}

/** Nobody is on the way to an app any more. */
export function stay() {
  try {
    sessionStorage.removeItem(MARK);
  } catch {}
}

/**
 * Whether somebody is back from an app, and why without it. It is said once: neither the mark nor the address keeps it.
 * @param {string} app
 * @returns {{ came: boolean, why: string }}
 */
export function comeBack(app) {
  const query = new URLSearchParams(location.search);
  const error = query.get("error");
  const begun = left() === app;
  stay();
  if (location.hash === "#app" || error !== null) {
    ["error", "error_description"].forEach((name) => query.delete(name));
    history.replaceState(history.state, "", location.pathname + `?${query}`.replace(/\?$/, ""));
  }
  return { came: begun, why: begun && error !== null ? ANSWERS.get(error) ?? "Nothing was connected." : "" };
}

function left() {
  try {
    return sessionStorage.getItem(MARK);
  } catch {
    return null;
  }
}
