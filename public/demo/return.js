// The return from a third party. Anyone can make a link to this page that names an error, so an error counts only on
// the return from a connection that was begun in this tab.

/** The key in sessionStorage for the app that this tab is connecting. */
const KEY = "connecting";

/** Texts for the error codes of RFC 6749 section 4.1.2.1 and of OpenID Connect. */
const ERRORS = new Map([
  ["access_denied", "You said no, so nothing was connected."],
  ["consent_required", "Nothing was connected, because you did not agree."],
  ["login_required", "Nothing was connected, because you were not signed in there."],
  ["interaction_required", "Nothing was connected, because there were more questions."],
  ["account_selection_required", "Nothing was connected, because no account was chosen."],
  ["temporarily_unavailable", "Nothing was connected: it is busy. Please try again in a moment."],
  ["server_error", "Nothing was connected: it failed. Please try again in a moment."],
  ...["invalid_request", "invalid_scope", "unauthorized_client", "unsupported_response_type"].map((code) =>
    /** @type {const} */ ([code, `Nothing was connected: it does not accept this site’s request (${code}).`])),
]);

/** @param {string} app */
export function rememberApp(app) {
  try {
    sessionStorage.setItem(KEY, app);
  } catch {} // without storage, the return shows no error
}

/** Forgets the app that this tab was connecting. */
export function forgetApp() {
  try {
    sessionStorage.removeItem(KEY);
  } catch {}
}

/**
 * Reports whether this is the return from connecting an app, and why it was not connected. It removes both from
 * storage and from the address.
 * @param {string} app
 * @returns {{ came: boolean, why: string }}
 */
export function takeReturn(app) {
  const query = new URLSearchParams(location.search);
  const error = query.get("error");
  const begun = remembered() === app;
  forgetApp();
  if (location.hash === "#app" || error !== null) {
    ["error", "error_description"].forEach((name) => query.delete(name));
    history.replaceState(history.state, "", location.pathname + `?${query}`.replace(/\?$/, ""));
  }
  return { came: begun, why: begun && error !== null ? ERRORS.get(error) ?? "Nothing was connected." : "" };
}

function remembered() {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}
