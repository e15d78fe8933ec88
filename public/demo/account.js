// The account card: plan, roles, permissions and feature flags, from one call. Names come from Kinde and
// from the site's makers: text, never markup.

/** The parts of an account that the card shows. */
export const ACCOUNT_PARTS = ["entitlements", "feature_flags", "permissions", "roles"];

/** More than this of one kind is told as a number. */
const MOST_SHOWN = 8;

/**
 * @param {HTMLElement} card holds the elements marked `data-account`
 * @param {Record<string, unknown>} account as /api/account sends it; a part that failed is absent
 */
export function showAccount(card, account) {
  const entitlements = data(account, "entitlements");
  put(card, "organisation", entitlements && [text(entitlements.org_code)]);
  put(card, "plans", entitlements && names(entitlements.plans));
  put(card, "roles", names(data(account, "roles")?.roles));
  put(card, "permissions", names(data(account, "permissions")?.permissions));
  put(card, "flags", list(data(account, "feature_flags")?.feature_flags)?.map(flag));
}

/**
 * Forgets what the card showed.
 * @param {HTMLElement} card
 */
export function clearAccount(card) {
  for (const place of card.querySelectorAll("[data-account]")) {
    place.replaceChildren();
  }
}

/**
 * @param {Record<string, unknown>} entry
 * @returns {string}
 */
function flag(entry) {
  const value = typeof entry.value === "object" ? JSON.stringify(entry.value) : String(entry.value);
  return `${label(entry)}: ${value.slice(0, 60)}`;
}

/**
 * @param {unknown} entries
 * @returns {string[] | undefined}
 */
function names(entries) {
  return list(entries)?.map(label);
}

/**
 * @param {Record<string, unknown>} entry
 * @returns {string}
 */
function label(entry) {
  return text(entry.name) || text(entry.key) || "without a name";
}

/**
 * @param {unknown} value
 * @returns {Record<string, unknown>[] | undefined}
 */
function list(value) {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === "object" && entry !== null) : undefined;
}

/**
 * @param {Record<string, unknown>} account
 * @param {string} part
 * @returns {Record<string, unknown> | undefined}
 */
function data(account, part) {
  const whole = /** @type {{data?: Record<string, unknown>} | undefined} */ (account[part]);
  return whole?.data;
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function text(value) {
  return typeof value === "string" ? value.trim().slice(0, 120) : "";
}

/**
 * @param {HTMLElement} card
 * @param {string} name
 * @param {string[] | undefined} values undefined when the part could not be had
 */
function put(card, name, values) {
  const place = card.querySelector(`[data-account="${name}"]`);
  const given = values?.filter(Boolean);
  if (!given?.length) {
    place?.replaceChildren(given ? "None" : "Could not be loaded");
    return;
  }
  const shown = given.slice(0, MOST_SHOWN);
  if (given.length > MOST_SHOWN) {
    shown.push(`and ${given.length - MOST_SHOWN} more`);
  }
  const tags = document.createElement("ul");
  tags.append(...shown.map((value) => {
    const item = document.createElement("li");
    item.className = "tag";
    item.textContent = value;
    return item;
  }));
  place?.replaceChildren(tags);
}
