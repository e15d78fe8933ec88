// Tables of what somebody has. A long one begins with its first rows; a button under it shows the rest.

import { make, own } from "./dom.js";

/** How many rows show at first, and for how many more a button would only be in the way. */
const FIRST = 10;
const FEW = 2;

/** @typedef {{ name?: string, rows: HTMLTableRowElement[] }} Group of rows, under its name if it has one */

/**
 * @param {string} id of the table, for its button
 * @param {string} what its rows are, in words: `23 entitlements`
 * @param {string} note for its caption
 * @param {string[]} columns
 * @param {Group[]} groups
 * @returns {HTMLElement[]}
 */
export function table(id, what, note, columns, groups) {
  const head = make("tr", "", ...columns.map((column) => heading("col", column)));
  const made = make("table", "", make("caption", "", what + note), make("thead", "", head), ...groups.map((group) => body(group, columns.length)));
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
 * The button keeps its words and tells by aria-expanded what it has done. The focus goes on to the first of the rows
 * that have come, since they stand before the button.
 * @param {HTMLTableElement} made
 * @param {string} what
 * @param {HTMLTableRowElement[]} rest
 */
function more(made, what, rest) {
  // The name of a group that has none of the first rows comes with its rows.
  const later = [...made.rows].filter((row) => rest.includes(row)
    || row.className === "group" && rest.includes(/** @type {HTMLTableRowElement} */ (row.nextElementSibling)));
  const button = make("button", "button more", `All ${what}`);
  button.type = "button";
  button.setAttribute("aria-controls", made.id);
  /** @param {boolean} open */
  const show = (open) => {
    button.setAttribute("aria-expanded", String(open));
    later.forEach((row) => {
      row.hidden = !open;
    });
  };
  later.forEach((row) => row.classList.add("later"));
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
