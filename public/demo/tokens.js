// The token tools: introspection and revocation. A token from the field goes into the body of one request.

import { byId, make, moment, part, showFieldError } from "./dom.js";
import { problemOf, showProblem } from "./problem.js";
import { readAnyToken } from "./token.js";
import { busy, client, end, endOn401, hasToken, isOwn, outcome } from "./visit.js";

const NO_TOKEN = "This is not a token: one has no spaces and at most 16,384 characters.";

/** The question before a revocation and the text after it. */
const ENDS = {
  session: {
    question: "Revoke your own access token?",
    meaning: "You stay signed in: the next request gets a new one. It cannot be undone.",
    done: "Your own access token has ended, and your session gets a new one. " +
      "An API that checks only the signature accepts the old one until it expires.",
  },
  pasted: {
    question: "Revoke the token that you signed in with?",
    meaning: "This page uses it, and shows no data of yours once it has ended. It cannot be undone.",
    done: "The token that you signed in with has ended. " +
      "An API that checks only the signature accepts it until it expires.",
  },
  field: {
    question: "Revoke the token in the field?",
    meaning: "It ends that token alone, if it is one of this site’s. You stay signed in. It cannot be undone.",
    done: "Kinde no longer accepts the token from the field, if it was one of this site’s. " +
      "An API that checks only the signature accepts it until it expires. You are still signed in.",
  },
};

/** Claims that are seconds since 1970. */
const TIMES = ["exp", "iat", "nbf"];

export function tokenTools() {
  const element = byId("tokens", HTMLElement);
  const form = byId("tokens-form", HTMLFormElement);
  const field = byId("tokens-field", HTMLInputElement);
  const fieldError = byId("tokens-error", HTMLElement);
  const trouble = byId("tokens-trouble", HTMLElement);
  const introspect = byId("introspect", HTMLButtonElement);
  const revoke = byId("revoke", HTMLButtonElement);
  const confirm = byId("revoke-confirm", HTMLDialogElement);

  /** Clears the last result. */
  function forget() {
    showProblem(trouble, null);
    part(element, "result").replaceChildren();
    showFieldError(field, fieldError, "");
  }

  /** @returns {{ token?: string } | undefined} undefined if the content of the field cannot be a token */
  function chosen() {
    forget();
    if (field.value.trim() === "") {
      return {};
    }
    const token = readAnyToken(field.value);
    if (!token) {
      showFieldError(field, fieldError, NO_TOKEN);
      field.focus();
    }
    return token ? { token } : undefined;
  }

  /** @param {{ token?: string }} asked */
  const kind = ({ token }) => ENDS[!isOwn(token) ? "field" : hasToken() ? "pasted" : "session"];

  const free = (/** @type {HTMLElement} */ button) => button.getAttribute("aria-disabled") !== "true";

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const asked = free(introspect) && chosen();
    asked && busy(introspect, async (signal) => {
      const { result, error } = await outcome(client().introspect({ ...asked, signal }));
      if (error) {
        showProblem(trouble, problemOf(error, "KINDE_M2M_CLIENT_ID and KINDE_M2M_CLIENT_SECRET"), introspect);
        endOn401(error);
        return;
      }
      part(element, "result").replaceChildren(...introspection(result));
    });
  });

  revoke.addEventListener("click", () => {
    const asked = free(revoke) && chosen();
    if (asked) {
      const { question, meaning } = kind(asked);
      byId("revoke-question", HTMLElement).textContent = question;
      byId("revoke-meaning", HTMLElement).textContent = meaning;
      confirm.showModal();
    }
  });
  byId("revoke-keep", HTMLButtonElement).addEventListener("click", () => confirm.close());
  byId("revoke-yes", HTMLButtonElement).addEventListener("click", () => {
    confirm.close();
    const asked = chosen();
    asked && busy(revoke, async (signal) => {
      const { error } = await outcome(client().revoke({ ...asked, signal }));
      if (error) {
        showProblem(trouble, problemOf(error, "KINDE_CLIENT_SECRET"), revoke);
        endOn401(error);
        return;
      }
      field.value = "";
      const { done } = kind(asked);
      if (hasToken() && isOwn(asked.token)) {
        end();
        byId("sign-in-heading", HTMLElement).focus();
      }
      part(element, "result").replaceChildren(make("p", "title", "Revoked"), make("p", "soft", done));
    });
  });

  return {
    clear() {
      confirm.close();
      field.value = "";
      forget();
    },
    /** @param {boolean} open */
    render(open) {
      element.dataset.state = open ? "shown" : "empty";
    },
  };
}

/** @param {Record<string, unknown>} result */
function introspection(result) {
  const rows = Object.entries(result).filter(([name]) => name !== "active").slice(0, 20);
  return [
    make("p", "title", result.active === true ? "In force" : "Not in force"),
    ...(result.active === true ? [] : [make("p", "soft", "It expired, was revoked, or is not a token of this site.")]),
    ...(rows.length ? [make("dl", "", ...rows.flatMap(row))] : []),
  ];
}

/** @param {[string, unknown]} claim */
function row([name, value]) {
  return [make("dt", "", name), make("dd", "", worded(name, value))];
}

/** @param {string} name @param {unknown} value */
function worded(name, value) {
  const time = TIMES.includes(name) && moment(value, "medium", "short");
  const plain = Array.isArray(value) ? value.join(", ") || "None"
    : typeof value === "string" ? value : JSON.stringify(value);
  return time || plain.slice(0, 500);
}
