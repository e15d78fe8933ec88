// The sign-in card: sign-in, sign-out, and a pasted access token.

import { byId, showFieldError } from "./dom.js";
import { problemOf, showProblem } from "./problem.js";
import { readToken } from "./token.js";
import { busy } from "./visit.js";

/** @typedef {"checking" | "out" | "ended" | "in" | "failed" | "token" | "refused"} Visitor the state of the page */

const NOT_AT_KINDE = {
  title: "You are signed out here, but not at Kinde",
  detail: "The response had no address to sign out at. Close your browser if others use this device.",
  code: "",
  requestId: "",
};

const NOT_SET_UP = {
  title: "Signing in is not set up on this site",
  detail: "The functions lack a setting that signing in needs, most often KINDE_CLIENT_SECRET or SESSION_KEYS, " +
    "or cannot read one. The log of the session function names it. An access token may still work.",
};

const NO_TOKEN = "This is not an access token. One has three parts with dots between them, without spaces.";

/**
 * @param {object} then what the controls do
 * @param {() => Promise<void>} then.begin
 * @param {(token: string) => Promise<void>} then.useToken
 * @param {(signal: AbortSignal, allSessions: boolean) => Promise<void>} then.signOut
 */
export function signInCard({ begin, useToken, signOut }) {
  const element = byId("sign-in", HTMLElement);
  const heading = byId("sign-in-heading", HTMLElement);
  const trouble = byId("sign-in-trouble", HTMLElement);
  const form = byId("token-form", HTMLFormElement);
  const field = byId("token", HTMLInputElement);
  const useButton = byId("use-token", HTMLButtonElement);
  const fieldError = byId("token-error", HTMLElement);
  const again = byId("session-again", HTMLButtonElement);
  const out = byId("sign-out", HTMLButtonElement);
  const everywhere = byId("sign-out-everywhere", HTMLButtonElement);

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const pasted = readToken(field.value);
    field.value = "";
    showFieldError(field, fieldError, pasted ? "" : NO_TOKEN);
    if (!pasted) {
      field.focus();
      return;
    }
    busy(useButton, () => useToken(pasted));
    heading.focus();
  });
  byId("forget", HTMLButtonElement).addEventListener("click", () => {
    heading.focus();
    begin();
  });
  again.addEventListener("click", () => busy(again, begin));
  out.addEventListener("click", () => busy(out, (signal) => signOut(signal, false)));
  everywhere.addEventListener("click", () => busy(everywhere, (signal) => signOut(signal, true)));
  field.disabled = false;
  useButton.disabled = false;

  return {
    state: () => element.dataset.state,
    clear() {
      field.value = "";
      showFieldError(field, fieldError, "");
      showProblem(trouble, null);
    },
    /** @param {Visitor} visitor */
    render(visitor) {
      element.dataset.state = visitor;
      element.setAttribute("aria-busy", String(visitor === "checking"));
    },
    /**
     * @param {import("../kinde-functions.js").KindeError | null} error
     * @param {boolean} [left] whether the user is signed out here
     */
    report(error, left) {
      const problem = error && problemOf(error);
      const better = left ? NOT_AT_KINDE : error?.code === "misconfigured" ? NOT_SET_UP : {};
      showProblem(trouble, problem && { ...problem, ...better }, again);
    },
  };
}
