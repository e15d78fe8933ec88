// Elements for pages without scripts of their own. They show or hide their content, in the page's own style. Hiding is
// for looks: everyone can read a page's source.
//
//   <kinde-signed-in hidden>, <kinde-signed-out hidden>
//   <kinde-if permission|role|flag|entitlement="…" value="…" hidden>    every condition must hold;
//                                                                       with not: one must not
//   <kinde-user field="name">                                           a field of the profile, as text
//   <kinde-organization-switcher return-url="…">                        nothing for users of one organization
//   <kinde-portal-button subnav="…" return-url="…">, <kinde-logout-button return-url="…" all-sessions>
//
// The attribute hidden keeps content from showing before this file has loaded.

import * as site from "./kinde-functions.js";

/** @typedef {import("./kinde-types.js").Client} Client */

/** How long a button stays busy while the browser leaves, so that one click sends one request. */
const DEPARTURE_MS = 10_000;

/** @type {Client} */
let client = site;
let leave = client.onChange(lookAgain);

/** @type {Set<Conditional>} */
const conditionals = new Set();

/**
 * Sets the client of the elements, such as one with a Bearer token.
 * @param {Client} other
 */
export function useClient(other) {
  leave();
  client = other;
  leave = client.onChange(lookAgain);
  lookAgain();
}

function lookAgain() {
  conditionals.forEach((element) => element.look());
}

// Rules of a sheet like this one need no 'unsafe-inline' in a Content-Security-Policy.
if (document.adoptedStyleSheets) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :where(kinde-signed-in, kinde-signed-out, kinde-if, kinde-user) { display: contents; }
    :is(kinde-signed-in, kinde-signed-out, kinde-if, kinde-user)[hidden] { display: none !important; }
    :is(kinde-portal-button, kinde-logout-button) > [role="status"] {
      position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
    }
    :is(kinde-portal-button, kinde-logout-button) > [aria-disabled="true"] { opacity: 0.6; cursor: progress; }
  `);
  document.adoptedStyleSheets.push(sheet);
}

/** Shows its content while a condition holds, and nothing before the result is known. */
class Conditional extends HTMLElement {
  #looks = 0;

  /** @returns {Promise<boolean | (() => void)>} whether to show it, or what to do first */
  async holds() {
    return false;
  }

  connectedCallback() {
    conditionals.add(this);
    this.forget();
    queueMicrotask(() => this.look()); // after a module that imports this one has called useClient
  }

  disconnectedCallback() {
    conditionals.delete(this);
  }

  attributeChangedCallback() {
    if (this.isConnected && conditionals.has(this)) {
      this.look();
    }
  }

  /** Hides what may be another user's, and ignores responses that are still to come. */
  forget() {
    this.hidden = true;
    return ++this.#looks;
  }

  async look() {
    const mine = this.forget();
    const [show, error] = await this.holds().then((holds) => [holds], (cause) => [false, cause]);
    if (mine !== this.#looks || !this.isConnected || error?.name === "AbortError") {
      return; // aborted: the user signs out
    }
    if (typeof show === "function") {
      show();
    }
    this.hidden = !show;
    announce(this, error ? "kinde-error" : "kinde-ready", error ?? { shown: !!show });
  }
}

class SignedIn extends Conditional {
  async holds() {
    return client.signedIn();
  }
}

class SignedOut extends Conditional {
  async holds() {
    return !(await client.signedIn());
  }
}

const CONDITIONS = ["permission", "role", "flag", "entitlement", "value"];

class If extends Conditional {
  static observedAttributes = [...CONDITIONS, "not"];

  async holds() {
    const given = CONDITIONS.filter((name) => this.hasAttribute(name));
    const holds = await client.can(Object.fromEntries(given.map((name) => [name, this.getAttribute(name)])));
    return holds !== this.hasAttribute("not");
  }
}

/** A field of the user's profile, as text. */
class User extends Conditional {
  static observedAttributes = ["field"];

  async holds() {
    const field = this.getAttribute("field") ?? "name";
    const profile = await client.signedIn() ? await client.profile() : {};
    const name = [profile.given_name, profile.family_name].filter(Boolean).join(" ");
    const value = profile[field] ?? (field === "name" ? name : field === "id" ? profile.sub : "");
    return value || value === 0 ? () => this.replaceChildren(String(value)) : false;
  }

  forget() {
    this.replaceChildren();
    return super.forget();
  }
}

/** A list of the user's organizations and a button that signs in to the chosen one. */
class OrganizationSwitcher extends Conditional {
  static observedAttributes = ["label", "action"];

  async holds() {
    if (!await client.signedIn()) {
      return false;
    }
    const { current, organizations } = await client.organizations();
    return (organizations.length > 1 || !current && organizations.length > 0)
      && (() => this.#fill(current ?? "", organizations));
  }

  /** @param {string} current @param {{ code: string, name: string | null }[]} organizations */
  #fill(current, organizations) {
    const [label, select, button] = [create("label"), create("select"), create("button")];
    const known = organizations.some(({ code }) => code === current);
    const options = [...(known ? [] : [{ code: current, name: current || "\u2013" }]), ...organizations];
    select.append(...options.map(({ code, name }) => new Option(name || code, code, false, code === current)));
    label.append(given(this, "label") ?? "Organization", " ", select);
    button.type = "button";
    button.append(given(this, "action") ?? "Switch");
    button.hidden = true; // a choice alone leaves nothing: arrow keys change it too
    select.addEventListener("change", () => {
      button.hidden = select.value === current;
    });
    const returnUrl = given(this, "return-url");
    button.addEventListener("click", () => client.switchOrganization(select.value, { returnUrl }));
    this.replaceChildren(label, " ", button);
  }

  forget() {
    this.replaceChildren();
    return super.forget();
  }
}

/** A button that leaves the page: its own, or the button or link that it contains. */
class Departure extends HTMLElement {
  label = "";
  busy = "One moment.";

  /** @returns {Promise<void>} */
  async depart() {}

  connectedCallback() {
    if (document.readyState === "loading") { // its content may not be parsed yet
      document.addEventListener("DOMContentLoaded", () => this.#setUp(), { once: true });
    } else {
      this.#setUp();
    }
  }

  #setUp() {
    if (!this.isConnected || this.querySelector(":scope > [role=alert]")) {
      return;
    }
    let control = /** @type {HTMLElement | null} */ (this.querySelector("button, a[href]"));
    if (!control) {
      control = create("button");
      control.setAttribute("type", "button");
      control.append(...this.childNodes);
      if (!this.#named(control)) {
        control.replaceChildren(this.label);
      }
      this.append(control);
    }
    const [status, alert] = ["status", "alert"].map((role) => {
      const made = create("span");
      made.setAttribute("role", role);
      return made;
    });
    this.append(status, alert);
    control.addEventListener("click", (event) => {
      const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey; // a link's new tab or window
      if (!elsewhere || control instanceof HTMLButtonElement) {
        event.preventDefault();
        this.#go(control, status, alert);
      }
    });
    announce(this, "kinde-ready", {});
  }

  /** @param {HTMLElement} control */
  #named(control) {
    return control.textContent?.trim() || control.querySelector("img, svg") || control.hasAttribute("aria-label");
  }

  /**
   * @param {HTMLElement} control keeps the focus while it is busy
   * @param {HTMLElement} status
   * @param {HTMLElement} alert
   */
  async #go(control, status, alert) {
    if (control.getAttribute("aria-disabled") === "true") {
      return;
    }
    control.setAttribute("aria-disabled", "true");
    alert.textContent = "";
    status.textContent = this.getAttribute("busy") ?? this.busy;
    try {
      await this.depart();
      await left();
    } catch (error) {
      if (announce(this, "kinde-error", error)) {
        alert.textContent = ` ${this.getAttribute("failed") ?? explain(error)} `;
      }
    }
    control.removeAttribute("aria-disabled");
    status.textContent = "";
  }
}

class PortalButton extends Departure {
  label = "Your account";
  busy = "One moment: opening your account.";

  async depart() {
    return client.openPortal({ subnav: given(this, "subnav"), returnUrl: given(this, "return-url") });
  }
}

class LogoutButton extends Departure {
  label = "Sign out";
  busy = "One moment: signing you out.";

  async depart() {
    try {
      await client.logout({ returnUrl: given(this, "return-url"), allSessions: this.hasAttribute("all-sessions") });
    } catch (error) {
      lookAgain(); // it has aborted their requests
      throw error;
    }
  }
}

/**
 * @param {HTMLElement} element
 * @param {string} name
 */
function given(element, name) {
  return element.getAttribute(name) ?? undefined;
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 */
const create = (tag) => document.createElement(tag);

/** Waits until the browser has left, has come back to this page from its cache, or has taken long. */
function left() {
  return new Promise((resolve) => {
    setTimeout(resolve, DEPARTURE_MS);
    addEventListener("pageshow", resolve, { once: true });
  });
}

/**
 * The words for a visitor, with the code to quote to the site's owner.
 * @param {unknown} error
 */
function explain(error) {
  if (!(error instanceof site.KindeError)) {
    return "That did not work. Please try again.";
  }
  if (error.status === 401) {
    return "Please sign in first.";
  }
  const when = error.retryAfter ? `in ${error.retryAfter} seconds` : "in a moment";
  return `That did not work. Please try again ${when}. (${error.code})`;
}

/**
 * @param {HTMLElement} element
 * @param {string} name
 * @param {unknown} detail
 * @returns {boolean} false when a listener prevented the default
 */
function announce(element, name, detail) {
  return element.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, cancelable: true }));
}

// A page in the back/forward cache would keep private content, and show it after a sign-out.
addEventListener("pagehide", () => conditionals.forEach((element) => element.forget()));
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) {
    lookAgain();
  }
});

customElements.define("kinde-signed-in", SignedIn);
customElements.define("kinde-signed-out", SignedOut);
customElements.define("kinde-if", If);
customElements.define("kinde-user", User);
customElements.define("kinde-organization-switcher", OrganizationSwitcher);
customElements.define("kinde-portal-button", PortalButton);
customElements.define("kinde-logout-button", LogoutButton);
