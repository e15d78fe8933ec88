// The token tools: what Kinde says of a token, and its end. A token from the field goes into one request's body.

import { byId, make, moment, part, showFieldError } from "./dom.js";
import { problemOf, showProblem } from "./problem.js";
import { readAnyToken } from "./token.js";
import { busy, client, end, hasToken, heed, isOwn, outcome } from "./visit.js";

const NO_TOKEN = "This is no token: one has no spaces in it, and at most 16,384 characters.";

/** What is asked before a token ends, and what is said afterwards, of whichever token it is. */
const ENDS = {
  session: {
    question: "Revoke your own access token?",
    meaning: "You stay signed in: the next request gets a new one. It cannot be undone.",
    done: "Your own access token has ended, and your session gets a new one. An API that checks only the signature accepts the old one until it expires.",
  },
  pasted: {
    question: "Revoke the token that you signed in with?",
    meaning: "This page asks with it, and shows nothing of yours once it has ended. It cannot be undone.",
    done: "The token that you signed in with has ended. Whoever checks only its signature still takes it until it runs out.",
  },
  field: {
    question: "Revoke the token in the field?",
    meaning: "It ends that token alone, if it is one of this site’s. You stay signed in. It cannot be undone.",
    done: "Kinde takes the token from the field no more, if it was one of this site’s. Whoever checks only its signature still takes it until it runs out. You are still signed in.",
  },
};

/** What stands in an answer as seconds since 1970. */
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

  /** Takes away what came of the last attempt. */
  function forget() {
    showProblem(trouble, null);
    part(element, "result").replaceChildren();
    showFieldError(field, fieldError, "");
  }

  /** @returns {{ token?: string } | undefined} undefined when what stands in the field can be no token */
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
      const { answer, error } = await outcome(client().introspect({ ...asked, signal }));
      if (error) {
        showProblem(trouble, problemOf(error, "KINDE_M2M_CLIENT_ID and KINDE_M2M_CLIENT_SECRET"), introspect);
        heed(error);
        return;
      }
      part(element, "result").replaceChildren(...introspection(answer));
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
        heed(error);
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

/** @param {Record<string, unknown>} answer */
function introspection(answer) {
  const rows = Object.entries(answer).filter(([name]) => name !== "active").slice(0, 20);
  return [
    make("p", "title", answer.active === true ? "In force" : "Not in force"),
    ...(answer.active === true ? [] : [make("p", "soft", "It has ended, was revoked, or is no token of this site.")]),
    ...(rows.length ? [make("dl", "", ...rows.flatMap(([name, value]) => [make("dt", "", name), make("dd", "", worded(name, value))]))] : []),
  ];
}

/** @param {string} name @param {unknown} value */
function worded(name, value) {
  const time = TIMES.includes(name) && moment(value, "medium", "short");
  const plain = Array.isArray(value) ? value.join(", ") || "None" : typeof value === "string" ? value : JSON.stringify(value);
  return time || plain.slice(0, 500);
}
