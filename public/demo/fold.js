// On a narrow screen the long cards fold behind their headings (the accordion of the ARIA Authoring Practices Guide).

import { make } from "./dom.js";

const narrow = matchMedia("(max-width: 40rem)");

for (const card of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-fold]"))) {
  const heading = card.querySelector("h2");
  const words = [...heading?.childNodes ?? []];
  const button = make("button", "fold");
  button.type = "button";

  const fold = (/** @type {boolean} */ folded) => {
    card.toggleAttribute("data-folded", folded);
    button.setAttribute("aria-expanded", String(!folded));
  };
  const arrange = () => {
    fold(narrow.matches);
    button.replaceChildren(make("span", "", ...narrow.matches ? words : []));
    heading?.replaceChildren(...narrow.matches ? [button] : words);
  };
  button.addEventListener("click", () => fold(!card.hasAttribute("data-folded")));
  narrow.addEventListener("change", arrange);
  arrange();
}
