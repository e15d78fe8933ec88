// Tables. A long one begins with its first rows, and a button under it shows the rest.

import { make, own } from "./dom.js";

/** The number of rows at first. Up to FEW more rows need no button. */
const FIRST = 10;
const FEW = 2;

/** @typedef {{ name?: string, rows: HTMLTableRowElement[] }} Group rows, under their name if they have one */

/**
 * @param {string} id the table's, for its button
 * @param {string} what the rows, such as `23 entitlements`
 * @param {string} note the end of the caption
 * @param {string[]} columns
 * @param {Group[]} groups
 * @returns {HTMLElement[]}
 */
export function table(id, what, note, columns, groups) {
  const head = make("tr", "", ...columns.map((column) => heading("col", column)));
  const made = make("table", "", make("caption", "", what + note), make("thead", "", head),
    ...groups.map((group) => body(group, columns.length)));
  made.id = id;
  const rest = groups.flatMap(({ rows }) => rows).slice(FIRST);
  return rest.length > FEW ? [made, more(made, what, rest)] : [made];
}

/**
 * @param {"col" | "row" | "rowgroup"} scope
 * @param {(Node | string)[]} content
 */
export function heading(scope, ...content) {
  const made = make("th", "", ...content);
  made.scope = scope;
  return made;
}

/** @param {Group} group @param {number} columns */
function body({ name, rows }, columns) {
  if (!name) {
    return make("tbody", "", ...rows);
  }
  const group = heading("rowgroup", own(name));
  group.colSpan = columns;
  return make("tbody", "", make("tr", "group", group), ...rows);
}

/**
 * The button keeps its text and sets aria-expanded. The focus moves to the first of the new rows, which are before the
 * button.
 * @param {HTMLTableElement} made
 * @param {string} what
 * @param {HTMLTableRowElement[]} rest
 */
function more(made, what, rest) {
  // A group that begins after the first rows shows its name with its rows.
  const hidden = [...made.rows].filter((row) => rest.includes(row)
    || row.className === "group" && rest.includes(/** @type {HTMLTableRowElement} */ (row.nextElementSibling)));
  const button = make("button", "button more", `All ${what}`);
  button.type = "button";
  button.setAttribute("aria-controls", made.id);
  /** @param {boolean} open */
  const show = (open) => {
    button.setAttribute("aria-expanded", String(open));
    hidden.forEach((row) => {
      row.hidden = !open;
    });
  };
  hidden.forEach((row) => row.classList.add("rest"));
  show(false);
  button.addEventListener("click", () => {
    const open = button.getAttribute("aria-expanded") === "false";
    show(open);
    if (open) {
      rest[0].cells[0].tabIndex = -1;
      rest[0].cells[0].focus();
    } else {
      button.scrollIntoView({ block: "nearest" });
    }
  });
  return button;
}
