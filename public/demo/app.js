// The card of a connected app. The app's token is asked for when it is needed, used for one call to the app's
// own API, and kept nowhere. File names are somebody else's: text, never markup.

/** @typedef {{name: string, size: number, modified: string}} File */
/** @typedef {"idle" | "asking" | "connected" | "unconnected" | "declined" | "ended" | "absent" | "elsewhere" | "trouble"} AppState */

/** More files than this are told as a number. */
const MOST_SHOWN = 20;

/**
 * @typedef {{
 *   busy(button: HTMLElement, work: (signal: AbortSignal) => Promise<void>): Promise<void>,
 *   outcome(call: Promise<void>): Promise<{error: import("../kinde-functions.js").KindeError | null}>,
 *   report(error: import("../kinde-functions.js").KindeError | null): void,
 * }} Tools what the page does with every call
 */

/** What is not trouble, and what it means for the card. @type {Record<string, AppState>} */
const ANSWERS = { "not-connected": "unconnected", "unknown-app": "absent" };

/**
 * @param {HTMLElement} card its data-app names the app, its data-files where the app lists files
 * @param {import("../kinde-functions.js").Client} site
 * @param {Tools} tools
 */
export function connectedApp(card, site, { busy, outcome, report }) {
  const name = card.dataset.app ?? "";
  const heading = /** @type {HTMLElement} */ (card.querySelector("h2"));

  /**
   * @param {AbortSignal} signal
   * @param {() => Promise<void>} work
   */
  async function attempt(signal, work) {
    report(null);
    show(card, "asking");
    const { error } = await outcome(work());
    signal.throwIfAborted();
    if (error) {
      show(card, ANSWERS[error.code] ?? "trouble");
      report(ANSWERS[error.code] ? null : error);
      heading.focus();
    }
  }

  /** @param {AbortSignal} signal */
  const list = (signal) => attempt(signal, async () => {
    const given = await site.appToken(name, { signal });
    const files = await listFiles(card.dataset.files ?? "", given.access_token, signal);
    show(card, "connected");
    showFiles(card, given.access_token_expiry, files);
  });

  const buttons = {
    /** @param {AbortSignal} signal */
    connect: (signal) => attempt(signal, async () => {
      await site.connect(name, { returnUrl: `/?connected=${name}`, signal });
    }),
    list,
    /** @param {AbortSignal} signal */
    disconnect: (signal) => attempt(signal, async () => {
      await site.revokeApp(name, { signal });
      show(card, "ended");
      heading.focus();
    }),
  };
  for (const [id, work] of Object.entries(buttons)) {
    const button = card.querySelector(`#app-${id}`);
    if (button instanceof HTMLElement) {
      button.addEventListener("click", () => busy(button, work));
    }
  }

  return {
    /** @param {string} visitor who the page is for */
    render(visitor) {
      card.dataset.state = visitor === "in" || visitor === "token" ? "shown" : "empty";
      show(card, visitor === "token" ? "elsewhere" : "idle");
    },
    /**
     * Shows how connecting went, when this page is where it ends.
     * @param {AbortSignal} signal
     */
    async comeBack(signal) {
      const asked = new URLSearchParams(location.search);
      if (asked.get("connected") !== name) {
        return;
      }
      history.replaceState(null, "", location.pathname); // a reload is not another return
      await (asked.has("error") ? show(card, "declined") : list(signal));
    },
  };
}

/**
 * @param {HTMLElement} card
 * @param {AppState} state
 */
function show(card, state) {
  for (const part of card.querySelectorAll("[data-app-when]")) {
    if (part instanceof HTMLElement) {
      part.hidden = !part.dataset.appWhen?.split(" ").includes(state);
    }
  }
  if (state !== "connected") {
    card.querySelector("[data-app=files]")?.replaceChildren();
    put(card, "expiry", "");
    put(card, "note", "");
  }
}

/**
 * @param {HTMLElement} card
 * @param {string} expiry as Kinde says it
 * @param {File[] | null} files null when the app's own API could not be asked from this page
 */
function showFiles(card, expiry, files) {
  const ends = new Date(expiry);
  put(card, "expiry", Number.isNaN(ends.getTime()) ? "" : `This access is good until ${ends.toLocaleTimeString([], { timeStyle: "short" })}, and is renewed by itself.`);
  put(card, "note", files ? (files.length ? "" : "There are no files.") :
    "This page does not know how to list them here: data-files in its HTML names the app’s own API.");
  card.querySelector("[data-app=files]")?.replaceChildren(...(files ?? []).slice(0, MOST_SHOWN).map(entry));
  if (files && files.length > MOST_SHOWN) {
    put(card, "note", `And ${files.length - MOST_SHOWN} more.`);
  }
}

/** @param {File} file */
function entry(file) {
  const item = document.createElement("li");
  const name = document.createElement("span");
  const size = document.createElement("span");
  name.textContent = String(file.name).slice(0, 200);
  size.textContent = bytes(Number(file.size));
  size.className = "soft small";
  item.append(name, size);
  return item;
}

/** @param {number} size */
function bytes(size) {
  return size < 1000 ? `${size} B` : size < 1e6 ? `${Math.round(size / 1000)} KB` : `${(size / 1e6).toFixed(1)} MB`;
}

/**
 * @param {HTMLElement} card
 * @param {string} name
 * @param {string} text
 */
function put(card, name, text) {
  const place = card.querySelector(`[data-app=${name}]`);
  if (place instanceof HTMLElement) {
    place.textContent = text;
    place.hidden = text === "";
  }
}

/**
 * Asks the app's own API, as a page does with the token that it was given.
 * @param {string} address
 * @param {string} token
 * @param {AbortSignal} signal
 * @returns {Promise<File[] | null>} null when there is no such API here
 */
async function listFiles(address, token, signal) {
  try {
    const response = await fetch(address, { headers: { Authorization: `Bearer ${token}` }, cache: "no-store", signal });
    const { files } = await response.json();
    return response.ok && Array.isArray(files) ? files : null;
  } catch {
    signal.throwIfAborted();
    return null;
  }
}
