// The sections of each block of tabs, one at a time. Without script they follow each
// other. The choice is kept in the address, so that a link leads to one of them.

for (const block of document.querySelectorAll(".tabs")) {
  const panels = [...block.querySelectorAll("section")];
  const list = document.createElement("div");
  list.setAttribute("role", "tablist");
  list.setAttribute("aria-label", "Your site");
  const tabs = panels.map((panel) => {
    const title = /** @type {HTMLElement} */ (panel.querySelector("h3"));
    const tab = document.createElement("button");
    tab.type = "button";
    tab.id = `tab-${title.id}`;
    tab.textContent = title.textContent;
    tab.setAttribute("role", "tab");
    panel.id = `panel-${title.id}`;
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", tab.id);
    tab.setAttribute("aria-controls", panel.id);
    list.append(tab);
    return tab;
  });
  /** @param {number} chosen */
  const show = (chosen) => {
    panels.forEach((panel, i) => {
      panel.hidden = i !== chosen;
      tabs[i]?.setAttribute("aria-selected", String(i === chosen));
      tabs[i]?.setAttribute("tabindex", i === chosen ? "0" : "-1");
    });
  };
  list.addEventListener("click", (event) => {
    const chosen = tabs.findIndex((tab) => tab === event.target);
    if (chosen < 0) return;
    show(chosen);
    history.replaceState(null, "", `#${tabs[chosen]?.id.slice(4)}`);
  });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const focused = tabs.findIndex((tab) => tab === document.activeElement);
    if (!step || focused < 0) return;
    const next = (focused + step + tabs.length) % tabs.length;
    show(next);
    tabs[next]?.focus();
  });
  block.prepend(list);
  const linked = tabs.findIndex((tab) => tab.id === `tab-${location.hash.slice(1)}`);
  show(Math.max(linked, 0));
}
