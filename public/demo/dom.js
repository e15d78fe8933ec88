// Finding and making elements. Data is always text here, never markup.

/**
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
export function byId(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) {
    throw new Error(`the page has no #${id}`);
  }
  return found;
}

/**
 * The element marked `data-part` in a card.
 * @param {ParentNode} card
 * @param {string} name
 * @returns {HTMLElement}
 */
export function part(card, name) {
  const found = card.querySelector(`[data-part="${name}"]`);
  if (!(found instanceof HTMLElement)) {
    throw new Error(`the page has no place for ${name}`);
  }
  return found;
}

/**
 * Empties every part of a card.
 * @param {ParentNode} card
 */
export function emptyParts(card) {
  for (const node of card.querySelectorAll("[data-part]")) {
    node.replaceChildren();
  }
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} [className]
 * @param {(Node | string)[]} content
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, className, ...content) {
  const made = document.createElement(tag);
  if (className) {
    made.className = className;
  }
  made.append(...content);
  return made;
}

/**
 * A name whose writing direction does not affect the text around it.
 * @param {string} name
 * @param {string} [className]
 */
export function own(name, className) {
  return make("bdi", className, name);
}

/**
 * A name with the key that programs use.
 * @param {Record<string, unknown>} entry
 * @param {string} [prefix] the prefix of the two fields
 */
export function label(entry, prefix = "") {
  const key = text(entry[`${prefix}key`], 60);
  const name = text(entry[`${prefix}name`], 100) || key || "Without a name";
  return [own(name, "name"), " ", key ? make("code", "key", own(key)) : make("span", "key soft", "no key")];
}

/**
 * @param {unknown} value
 * @param {number} [most] the number of characters
 * @returns {string} empty for what is not text
 */
export function text(value, most = 500) {
  const whole = typeof value === "string" ? value.trim() : "";
  return whole.length > most ? `${whole.slice(0, most)}…` : whole;
}

/**
 * @param {unknown} value
 * @returns {Record<string, unknown>[] | undefined}
 */
export function entries(value) {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === "object" && entry !== null) : undefined;
}

/**
 * @param {unknown} value seconds since 1970, or a date that the browser can read
 * @param {"long" | "medium"} [dateStyle]
 * @param {"short"} [timeStyle]
 * @returns {string} empty for what is not a time
 */
export function moment(value, dateStyle = "long", timeStyle) {
  const time = typeof value === "number" ? value * 1000 : Date.parse(text(value));
  const day = new Date(time);
  return Number.isNaN(day.getTime()) ? "" : day.toLocaleString(undefined, { dateStyle, timeStyle });
}

/**
 * @param {HTMLInputElement} field
 * @param {HTMLElement} place the element that shows the message
 * @param {string} message empty if the field is valid
 */
export function showFieldError(field, place, message) {
  place.textContent = message;
  place.hidden = message === "";
  field.setAttribute("aria-invalid", String(message !== ""));
}
