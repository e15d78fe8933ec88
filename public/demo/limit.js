// An entitlement's limit as text with a bar. Bars are SVG, because the Content-Security-Policy allows no style
// attributes.

import { make } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";

/** @typedef {Record<string, unknown>} Entry */

/**
 * @param {Entry} entry
 * @param {Entry[]} all all entitlements; the highest limit fills a bar
 */
export function limit(entry, all) {
  const most = highest(entry);
  if (most === undefined) {
    return make("div", "limit", make("span", "words", "Cannot be read"));
  }
  const least = number(entry.entitlement_limit_min) ?? null;
  const top = Math.max(...all.map((other) => highest(other) ?? 0), 9);
  const scale = (/** @type {number} */ value) => 100 * Math.log10(1 + value) / Math.log10(1 + top);
  const start = most === null ? 0 : scale(Math.min(least ?? 0, most));
  const end = most === null ? 100 : scale(most);
  // A limit above zero is at least a sliver inside the bar.
  const length = most === 0 ? 0 : Math.max(end - start, 1);
  return make("div", `limit${most === null ? " none" : ""}`,
    make("span", "words", words(least, most)), bar(Math.min(start, 100 - length), length));
}

/**
 * @param {number | null} least
 * @param {number | null} most
 * @returns {string}
 */
export function words(least, most) {
  if (most === null) {
    return least ? `${least.toLocaleString()} or more, no limit` : "No limit";
  }
  const top = most.toLocaleString();
  return least === null || least > most ? `Up to ${top}` : `${least.toLocaleString()} to ${top}`;
}

/** @param {Entry} entry */
function highest(entry) {
  return number(entry.entitlement_limit_max);
}

/**
 * @param {unknown} value
 * @returns {number | null | undefined} null for no limit, undefined for one that cannot be read
 */
function number(value) {
  return typeof value === "number" && value >= 0 ? value : value === null || value === undefined ? null : undefined;
}

/**
 * @param {number} start in percent
 * @param {number} length in percent
 */
function bar(start, length) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "limit-bar");
  svg.setAttribute("aria-hidden", "true");
  for (const [name, x, width] of [["track", 0, 100], ["fill", start, length]]) {
    const rect = document.createElementNS(SVG, "rect");
    rect.setAttribute("class", String(name));
    rect.setAttribute("x", `${x}%`);
    rect.setAttribute("width", `${width}%`);
    rect.setAttribute("height", "100%");
    svg.append(rect);
  }
  return svg;
}
