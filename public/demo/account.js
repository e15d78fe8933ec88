// The account card: plans, entitlements, feature flags, roles, permissions and properties, from one call. Names come
// from Kinde and the site's owner.

import { KindeError } from "../kinde-functions.js";
import { card } from "./card.js";
import { entries, label, make, moment, own, part, text } from "./dom.js";
import { limit } from "./limit.js";
import { problemOf } from "./problem.js";
import { heading, table } from "./table.js";
import { client } from "./visit.js";

/** @typedef {Record<string, unknown>} Entry */
/** @typedef {Record<string, any>} Account the response of /api/account; a part that failed is in `errors` */

/**
 * @typedef {object} List
 * @property {string} place the data-part of the card
 * @property {import("../kinde-types.js").AccountPart} from the part of the response
 * @property {string} field the field of that part
 * @property {(all: Entry[]) => Node[]} draw
 * @property {() => (Node | string)[]} none the text for an empty list
 */

/** @type {List[]} */
const LISTS = [
  { place: "plans", from: "entitlements", field: "plans", draw: (all) => list(all, plan), none: noPlan },
  { place: "roles", from: "roles", field: "roles", draw: (all) => list(all, label), none: () => ["You have no role."] },
  {
    place: "permissions", from: "permissions", field: "permissions",
    draw: (all) => list(all, label), none: () => ["You have no permission."],
  },
  {
    place: "entitlements", from: "entitlements", field: "entitlements",
    draw: entitlementTable, none: () => ["You have none. They come with a plan."],
  },
  {
    place: "flags", from: "feature_flags", field: "feature_flags",
    draw: flagTable, none: () => ["No flag is set for you."],
  },
  {
    place: "properties", from: "properties", field: "properties",
    draw: propertyTable, none: () => ["Nothing more is kept about you."],
  },
];

/** Kinde's types of flags and their headings. */
const TYPES = new Map([["boolean", "On or off"], ["integer", "Numbers"], ["string", "Texts"], ["json", "Structures"]]);

export const accountCard = () => card({
  id: "account",
  ask: (signal) => client().account({ include: [...new Set(LISTS.map(({ from }) => from))], signal }),
  show,
});

/**
 * @param {HTMLElement} element
 * @param {Account} account
 */
function show(element, account) {
  const organization = text(account.entitlements?.data?.org_code);
  part(element, "organization").replaceChildren(
    ...(organization ? ["In the organization ", make("code", "", own(organization))] : []));
  const found = LISTS.map(({ place, from, field, draw, none }) => {
    const all = entries(account[from]?.data?.[field]);
    part(element, place).replaceChildren(
      ...(!all ? failed(account.errors?.[from]) : all.length ? draw(all) : [make("p", "soft", ...none())]));
    return all;
  });
  return found.every(Boolean) ? "shown" : "partly";
}

/** @param {any} problem the part's problem, if the response has one */
function failed(problem) {
  const { title, code } = problemOf(new KindeError(problem ?? { code: "unreadable" }));
  return [make("p", "notice", `Could not be loaded: ${title}. `, make("code", "", code))];
}

function noPlan() {
  const link = make("a", "", "Choose one");
  link.href = "#portal";
  return ["You have no plan yet. ", link, " in your account pages."];
}

/**
 * @param {Entry[]} all
 * @param {(entry: Entry) => (Node | string)[]} draw
 */
function list(all, draw) {
  const made = make("ul", "named", ...all.map((entry) => make("li", "", ...draw(entry))));
  made.setAttribute("role", "list"); // some browsers drop the role of a list without bullets
  return [made];
}

/** @param {Entry} plan */
function plan(plan) {
  const since = moment(plan.subscribed_on);
  return [...label(plan), ...(since ? [" ", make("span", "soft since", `since ${since}`)] : [])];
}

/** @param {number} count @param {string} one @param {string} many */
const counted = (count, one, many) => count === 1 ? `One ${one}` : `${count} ${many}`;

/** @param {Entry[]} all */
function entitlementTable(all) {
  const rows = all.map((entry) => make("tr", "",
    heading("row", ...label(entry, "feature_")),
    make("td", "charge", ...charge(entry)),
    make("td", "", limit(entry, all)),
  ));
  const made = table("entitlements-table", counted(all.length, "entitlement", "entitlements"),
    ", amounts as Kinde has them. Each step of a bar is ten times the last.",
    ["Feature", "Charge", "Limit"], [{ rows }]);
  made[0].classList.add("three");
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
  const groups = types.map((type) => ({
    name: TYPES.get(type) ?? (type || "Of another type"),
    rows: all.filter((flag) => text(flag.type) === type).map(valueRow),
  })).filter(({ rows }) => rows.length > 0);
  const what = counted(all.length, "feature flag", "feature flags");
  return table("flags-table", what, ", by type", ["Flag", "Value"], groups);
}

/** @param {Entry[]} all */
function propertyTable(all) {
  const what = counted(all.length, "property", "properties");
  return table("properties-table", what, "", ["Property", "Value"], [{ rows: all.map(valueRow) }]);
}

/** @param {Entry} entry */
function valueRow(entry) {
  return make("tr", "", heading("row", ...label(entry)), make("td", "", value(entry)));
}

/** @param {Entry} entry */
function value({ value }) {
  if (typeof value === "boolean") {
    return make("span", value ? "on" : "off", value ? "On" : "Off");
  }
  if (typeof value === "object") {
    return make("code", "", JSON.stringify(value).slice(0, 500));
  }
  return own(typeof value === "number" ? value.toLocaleString() : String(value).slice(0, 500));
}
