// The account card: plans, entitlements, feature flags, roles and permissions, from one call. Names come from
// Kinde and from the site's makers.

import { card } from "./card.js";
import { entries, label, make, moment, own, part, text } from "./dom.js";
import { limit } from "./limit.js";
import { client } from "./visit.js";

/** @typedef {Record<string, unknown>} Entry */

const PARTS = ["entitlements", "feature_flags", "permissions", "roles"];

/** Kinde's types of flags, and what people call them. */
const TYPES = new Map([["boolean", "On or off"], ["integer", "Numbers"], ["string", "Texts"], ["json", "Structures"]]);

export const accountCard = () => card({
  id: "account",
  ask: (signal) => client().account({ include: PARTS, signal }),
  show,
});

/**
 * @param {HTMLElement} element
 * @param {Entry} account as /api/account sends it; a part that failed is absent
 */
function show(element, account) {
  const entitlements = data(account, "entitlements");
  const organisation = text(entitlements?.org_code);
  part(element, "organisation").replaceChildren(...(organisation ? ["In the organisation ", make("code", "", own(organisation))] : []));
  fill(element, "plans", entries(entitlements?.plans), (all) => [list(all, plan)]);
  fill(element, "roles", entries(data(account, "roles")?.roles), (all) => [list(all, label)]);
  fill(element, "permissions", entries(data(account, "permissions")?.permissions), (all) => [list(all, label)]);
  fill(element, "entitlements", entries(entitlements?.entitlements), (all) => [entitlementTable(all)]);
  fill(element, "flags", entries(data(account, "feature_flags")?.feature_flags), (all) => [flagTable(all)]);
}

/**
 * @param {Entry} account
 * @param {string} name
 * @returns {Entry | undefined}
 */
function data(account, name) {
  const whole = /** @type {{data?: Entry} | undefined} */ (account[name]);
  return whole?.data;
}

/**
 * @param {HTMLElement} element
 * @param {string} name
 * @param {Entry[] | undefined} all undefined when they could not be had
 * @param {(all: Entry[]) => Node[]} draw
 */
function fill(element, name, all, draw) {
  part(element, name).replaceChildren(...(all?.length ? draw(all)
    : [make("p", all ? "soft" : "notice", all ? "None." : "Could not be loaded just now.")]));
}

/**
 * @param {Entry[]} all
 * @param {(entry: Entry) => (Node | string)[]} draw
 */
function list(all, draw) {
  const made = make("ul", "named", ...all.map((entry) => make("li", "", ...draw(entry))));
  made.setAttribute("role", "list"); // some browsers take a list without bullets for none
  return made;
}

/** @param {Entry} plan */
function plan(plan) {
  const since = moment(plan.subscribed_on);
  return [...label(plan), ...(since ? [" ", make("span", "soft since", `since ${since}`)] : [])];
}

/**
 * @param {string} caption
 * @param {string[]} columns
 * @param {HTMLElement[]} bodies
 */
function table(caption, columns, bodies) {
  const head = make("tr", "", ...columns.map((column) => heading("col", column)));
  return make("table", "", make("caption", "", caption), make("thead", "", head), ...bodies);
}

/**
 * @param {"col" | "row" | "rowgroup"} scope
 * @param {(Node | string)[]} content
 */
function heading(scope, ...content) {
  const made = make("th", "", ...content);
  made.scope = scope;
  return made;
}

/** @param {Entry[]} all */
function entitlementTable(all) {
  const rows = all.map((entry) => make("tr", "",
    heading("row", ...label(entry, "feature_")),
    make("td", "charge", ...charge(entry)),
    make("td", "", limit(entry, all)),
  ));
  const caption = `${all.length === 1 ? "One entitlement" : `${all.length} entitlements`}, amounts as Kinde has them. Each step of a bar is ten times the last.`;
  const made = table(caption, ["Feature", "Charge", "Limit"], [make("tbody", "", ...rows)]);
  made.classList.add("three");
  return made;
}

/** @param {Entry} entry */
function charge(entry) {
  const price = text(entry.price_name, 200);
  const amounts = [
    typeof entry.fixed_charge === "number" ? `${entry.fixed_charge.toLocaleString()} fixed` : "",
    typeof entry.unit_amount === "number" ? `${entry.unit_amount.toLocaleString()} a unit` : "",
  ].filter(Boolean).join(", ");
  return [make("span", "amount", amounts || "None"), ...(price ? [" ", own(price, "soft price")] : [])];
}

/** @param {Entry[]} all */
function flagTable(all) {
  const types = [...new Set([...TYPES.keys(), ...all.map((flag) => text(flag.type))])];
  const bodies = types.map((type) => /** @type {const} */ ([type, all.filter((flag) => text(flag.type) === type)]))
    .filter(([, flags]) => flags.length > 0)
    .map(([type, flags]) => {
      const group = heading("rowgroup", own(TYPES.get(type) ?? (type || "Of another type")));
      group.colSpan = 2;
      return make("tbody", "", make("tr", "group", group), ...flags.map((flag) => make("tr", "", heading("row", ...label(flag)), make("td", "", value(flag)))));
    });
  return table(all.length === 1 ? "One feature flag" : `${all.length} feature flags, by type`, ["Flag", "Value"], bodies);
}

/** @param {Entry} flag */
function value({ value }) {
  if (typeof value === "boolean") {
    return make("span", value ? "on" : "off", value ? "On" : "Off");
  }
  if (typeof value === "object") {
    return make("code", "", JSON.stringify(value).slice(0, 500));
  }
  return own(typeof value === "number" ? value.toLocaleString() : String(value).slice(0, 500));
}
