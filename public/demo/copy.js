// A button for each block marked data-copy that copies its lines.

import { make } from "./dom.js";

for (const block of document.querySelectorAll("pre[data-copy]")) {
  const button = make("button", "button copy", "Copy");
  const said = make("span", "copied soft small");
  button.type = "button";
  button.setAttribute("aria-label", `Copy: ${(block.textContent ?? "").trim().split("\n")[0]}`);
  said.setAttribute("role", "status");
  button.addEventListener("click", async () => {
    said.textContent = await copied(block) ? "Copied" : "Selected: copy with your keyboard";
    setTimeout(() => {
      said.textContent = "";
    }, 4000);
  });
  block.after(make("p", "copying", button, " ", said));
}

/**
 * Selects the lines where the browser denies the clipboard.
 * @param {Element} block
 */
async function copied(block) {
  try {
    await navigator.clipboard.writeText(block.textContent ?? "");
    return true;
  } catch {
    getSelection()?.selectAllChildren(block);
    return false;
  }
}
