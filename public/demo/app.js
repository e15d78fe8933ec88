// The card of a connected app: a third party's account that the user has connected through Kinde. Attributes of the
// card name the app. The app's token is in a variable of one call and goes to the app alone.

import { KindeError } from "../kinde-functions.js";
import { card } from "./card.js";
import { byId, entries, make, moment, own, part, text } from "./dom.js";
import { problemOf, showProblem } from "./problem.js";
import { forgetApp, rememberApp, takeReturn } from "./return.js";
import { shownPath } from "./traced.js";
import { announce, busy, departed, endOn401, hasToken, outcome, site, tracing } from "./visit.js";

/** @typedef {{ app: string, appName: string, appFiles: string }} Names the card's attributes */
/** @typedef {Record<string, unknown>} Entry of the app's list of files */
/** @typedef {{ state: string, expiry?: string, files?: Entry[], trouble?: string[] }} Connection */

/** Codes that are states of the card and not errors. */
const STATES = new Map([["not-connected", "apart"], ["unknown-app", "unknown"]]);

/** The settings of the connected-apps function. */
const SETTINGS = "CONNECTED_APPS, KINDE_M2M_CLIENT_ID and KINDE_M2M_CLIENT_SECRET";

/** The advice for an address that lists no files. */
const NO_LIST = "For the site’s developer: data-app-files at this card in demo/index.html names where the app lists " +
  "files. Leave it empty for an app that lists none.";

export function appCard() {
  const element = byId("app", HTMLElement);
  const names = /** @type {Names} */ (/** @type {unknown} */ (element.dataset));
  const connectButtons = element.querySelectorAll("button.connect");
  const disconnect = byId("app-disconnect", HTMLButtonElement);
  const trouble = byId("app-action-trouble", HTMLElement);
  let back = takeReturn(names.app);

  for (const place of element.querySelectorAll("[data-named]")) {
    place.textContent = place.getAttribute("data-named") === "key" ? names.app : names.appName;
  }

  const inner = card({
    id: "app",
    settings: SETTINGS,
    ask(signal) {
      forgetApp(); // the user is on this page again
      return connection(names, signal);
    },
    show(_, found) {
      showProblem(trouble, null);
      showConnection(element, found);
      const { came, why } = back;
      back = { came: false, why: "" };
      const state = found.state === "apart" && why ? "declined" : found.state;
      if (state === "declined") {
        part(element, "why").textContent = why;
      }
      if (came) {
        // The user came back for this card.
        setTimeout(() => byId("app-heading", HTMLElement).focus());
      }
      return state;
    },
  });

  for (const button of connectButtons) {
    button.addEventListener("click", () => busy(/** @type {HTMLElement} */ (button), async (signal) => {
      showProblem(trouble, null);
      announce(`Going to ${names.appName}.`);
      rememberApp(names.app);
      const { error } = await outcome(site.connect(names.app, { returnUrl: "/demo/#app", signal }));
      if (error) {
        forgetApp();
        showProblem(trouble, problemOf(error, SETTINGS), /** @type {HTMLElement} */ (button));
        endOn401(error);
      } else {
        await departed(signal);
      }
      announce("");
    }));
  }

  disconnect.addEventListener("click", () => busy(disconnect, async (signal) => {
    showProblem(trouble, null);
    const { error } = await outcome(site.revokeApp(names.app, { signal }));
    if (error && error.code !== "not-connected") {
      showProblem(trouble, problemOf(error, SETTINGS), disconnect);
      endOn401(error);
      return;
    }
    inner.clear();
    inner.render("apart");
    announce(`${names.appName} is disconnected.`);
    byId("app-heading", HTMLElement).focus();
  }));

  return {
    ...inner,
    clear() {
      showProblem(trouble, null);
      inner.clear();
    },
  };
}

/**
 * @param {Names} names
 * @param {AbortSignal} signal
 * @returns {Promise<Connection>}
 */
async function connection({ app, appFiles }, signal) {
  if (hasToken()) {
    return { state: "foreign" }; // connecting needs the cookies of a session
  }
  const { result, error } = await outcome(site.appToken(app, { signal }));
  if (error) {
    const state = STATES.get(error.code);
    if (!state) {
      throw error;
    }
    return { state };
  }
  const found = { state: "connected", expiry: text(result.access_token_expiry) };
  return appFiles ? { ...found, ...await filesOf(appFiles, result.access_token, signal) } : found;
}

/**
 * @param {string} address
 * @param {string} token
 * @param {AbortSignal} signal
 */
async function filesOf(address, token, signal) {
  try {
    const response = await tracing(address, {
      headers: { Accept: "application/json", Authorization: `Bearer ${token}` },
      cache: "no-store", credentials: "omit", redirect: "error", signal,
    });
    const files = response.ok ? entries((await response.json()).files) : undefined;
    if (files) {
      return { files };
    }
    const why = response.ok
      ? "the response is not a list of files"
      : `${shownPath(address, location.href)} answered with status ${response.status}`;
    const advice = response.ok || response.status === 404 ? [NO_LIST] : [];
    return { trouble: [`The files could not be listed: ${why}.`, ...advice] };
  } catch {
    signal.throwIfAborted();
    return { trouble: [`The files could not be listed. ${problemOf(new KindeError({ code: "unreachable" })).title}.`] };
  }
}

/**
 * @param {HTMLElement} element
 * @param {Connection} found
 */
function showConnection(element, { expiry = "", files, trouble }) {
  const ends = moment(expiry, "medium", "short");
  const time = make("time", "", ends);
  time.dateTime = ends && new Date(expiry).toISOString();
  part(element, "expiry").replaceChildren(
    ...(ends ? ["The token that this page got ends ", time, ". Kinde renews it."] : []));
  const note = part(element, "files-note");
  const notes = trouble ?? (files?.length === 0 ? ["There are no files."] : []);
  note.replaceChildren(...notes.map((words) => make("p", "", words)));
  note.hidden = notes.length === 0;
  const list = part(element, "files");
  list.hidden = !files?.length;
  list.replaceChildren(...(files ?? []).map(file));
}

/** @param {Entry} entry */
function file(entry) {
  const facts = [size(entry.size), moment(entry.modified, "medium")].filter(Boolean).join(" · ");
  return make("li", "", own(text(entry.name) || "Without a name", "file"), make("span", "soft", facts));
}

/**
 * @param {unknown} bytes
 * @returns {string} empty for what is not a size
 */
export function size(bytes) {
  if (typeof bytes !== "number" || !(bytes >= 0)) {
    return "";
  }
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
  const step = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  return (bytes / 1000 ** step).toLocaleString(undefined, {
    style: "unit", unit: units[step], unitDisplay: "short", maximumFractionDigits: 1,
  });
}
