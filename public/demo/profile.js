// The profile card. Names, addresses and ids come from Kinde and from the person: text, never markup.
// Pictures live on other hosts, which this site's Content-Security-Policy keeps out: initials instead.

/** @typedef {Record<string, unknown>} Profile as Kinde's user_profile sends it */

/** What the list under the name shows, in this order, when it is there. */
const ROWS = /** @type {const} */ ([
  ["id", "Kinde ID"],
  ["provided_id", "Your own ID"],
  ["preferred_username", "User name"],
  ["given_name", "Given name"],
  ["family_name", "Family name"],
  ["updated_at", "Last change"],
]);

/**
 * @param {HTMLElement} card holds the elements marked `data-profile`
 * @param {Profile} profile
 */
export function showProfile(card, profile) {
  const name = displayName(profile);
  put(card, "initials", initials(name));
  put(card, "name", name || "No name yet");
  put(card, "email", text(profile.email) || "No e-mail address");
  const verified = place(card, "verified");
  verified.hidden = profile.email === undefined || typeof profile.email_verified !== "boolean";
  verified.textContent = profile.email_verified === true ? "Verified" : "Not verified";

  const rows = ROWS.map(([key, label]) => [label, key === "updated_at" ? date(profile[key]) : text(profile[key])]);
  if (!profile.id && profile.sub) {
    rows.unshift(["Kinde ID", text(profile.sub)]);
  }
  place(card, "rows").replaceChildren(...rows.filter(([, value]) => value !== "").flatMap(([label, value]) => [
    element("dt", label),
    element("dd", value),
  ]));
  put(card, "json", JSON.stringify(profile, null, 2));
}

/**
 * Forgets what the card showed.
 * @param {HTMLElement} card
 */
export function clearProfile(card) {
  for (const node of card.querySelectorAll("[data-profile]")) {
    node.replaceChildren();
  }
}

/**
 * @param {Profile} profile
 * @returns {string}
 */
function displayName(profile) {
  const parts = [text(profile.given_name), text(profile.family_name)].filter(Boolean).join(" ");
  return text(profile.name) || parts || text(profile.preferred_username);
}

/**
 * The first characters, as people see them, of the first and the last word.
 * @param {string} name
 * @returns {string}
 */
export function initials(name) {
  const words = name.trim().split(/\s+/u).filter(Boolean);
  const ends = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  const firsts = ends.map((word) => [...new Intl.Segmenter().segment(word)][0]?.segment ?? "");
  return firsts.join("").toLocaleUpperCase() || "?";
}

/**
 * @param {unknown} value seconds since 1970, or a date that the browser can read
 * @returns {string}
 */
function date(value) {
  const time = typeof value === "number" ? value * 1000 : Date.parse(text(value));
  const day = new Date(time);
  return Number.isNaN(day.getTime()) ? "" : day.toLocaleString(undefined, { dateStyle: "long", timeStyle: "short" });
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function text(value) {
  return typeof value === "string" ? value.trim().slice(0, 500) : "";
}

/**
 * @param {HTMLElement} card
 * @param {string} name
 * @returns {HTMLElement}
 */
function place(card, name) {
  const found = card.querySelector(`[data-profile="${name}"]`);
  if (!(found instanceof HTMLElement)) {
    throw new Error(`the page has no place for the profile's ${name}`);
  }
  return found;
}

/**
 * @param {HTMLElement} card
 * @param {string} name
 * @param {string} value
 */
function put(card, name, value) {
  place(card, name).textContent = value;
}

/**
 * @param {"dt" | "dd"} tag
 * @param {string} content
 * @returns {HTMLElement}
 */
function element(tag, content) {
  const made = document.createElement(tag);
  made.textContent = content;
  return made;
}
