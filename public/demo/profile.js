// The profile card. It shows initials, because pictures are on other hosts, which the Content-Security-Policy blocks.

import { card } from "./card.js";
import { make, moment, part, text } from "./dom.js";
import { client } from "./visit.js";

/** @typedef {Record<string, unknown>} Profile the response of Kinde's user_profile */

/** The fields of the list under the name, in order. */
const ROWS = /** @type {const} */ ([
  ["id", "Kinde ID"],
  ["provided_id", "Your own ID"],
  ["preferred_username", "User name"],
  ["given_name", "Given name"],
  ["family_name", "Family name"],
  ["updated_at", "Last change"],
]);

export const profileCard = () => card({
  id: "profile",
  ask: (signal) => client().profile({ signal }),
  show,
});

/**
 * @param {HTMLElement} element
 * @param {Profile} profile
 */
function show(element, profile) {
  const name = displayName(profile);
  part(element, "initials").textContent = initials(name);
  part(element, "name").textContent = name || "No name yet";
  part(element, "email").textContent = text(profile.email) || "No e-mail address";
  const verified = part(element, "verified");
  verified.hidden = profile.email === undefined || typeof profile.email_verified !== "boolean";
  verified.textContent = profile.email_verified === true ? "Verified" : "Not verified";

  const rows = ROWS.map(([key, label]) =>
    [label, key === "updated_at" ? moment(profile[key], "long", "short") : text(profile[key])]);
  if (!profile.id && profile.sub) {
    rows.unshift(["Kinde ID", text(profile.sub)]);
  }
  part(element, "rows").replaceChildren(...rows.filter(([, value]) => value !== "").flatMap(([label, value]) => [
    make("dt", "", label),
    make("dd", "", value),
  ]));
  part(element, "json").textContent = JSON.stringify(profile, null, 2);
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
 * The first visible characters of the first and the last word.
 * @param {string} name
 * @returns {string}
 */
export function initials(name) {
  const words = name.trim().split(/\s+/u).filter(Boolean);
  const ends = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  const firsts = ends.map((word) => [...new Intl.Segmenter().segment(word)][0]?.segment ?? "");
  return firsts.join("").toLocaleUpperCase() || "?";
}
