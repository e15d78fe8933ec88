// Elements for pages without scripts of their own. What is in them stays where the page has put it, in the
// page's own style; they show or hide it. That is for looks: whoever reads the page's source reads all of it.
//
//   <kinde-signed-in hidden>, <kinde-signed-out hidden>
//   <kinde-if permission|role|flag|entitlement="…" value="…" hidden>    all that are given must hold
//   <kinde-portal-button subnav="…" return-url="…">, <kinde-logout-button return-url="…">
//
// The attribute hidden keeps what is in an element from flashing up before this file has loaded.

import * as site from "./kinde-functions.js";

/** @typedef {import("./kinde-functions.js").Client} Client */

/** How long a button stays busy while the browser is on its way, so that one click asks once. */
const DEPARTURE_MS = 10_000;

/** @type {Client} */
let client = site;
let leave = client.onChange(lookAgain);

/** @type {Set<Conditional>} */
const conditionals = new Set();

/**
 * Makes the elements ask by another client, such as one with a bearer token.
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
    :where(kinde-signed-in, kinde-signed-out, kinde-if) { display: contents; }
    :is(kinde-signed-in, kinde-signed-out, kinde-if)[hidden] { display: none !important; }
    :is(kinde-portal-button, kinde-logout-button) > [role="status"] {
      position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
    }
    :is(kinde-portal-button, kinde-logout-button) > [aria-disabled="true"] { opacity: 0.6; cursor: progress; }
  `);
  document.adoptedStyleSheets.push(sheet);
}

/** Shows what is in it while something holds, and nothing before that is known. */
class Conditional extends HTMLElement {
  #looks = 0;

  /** @returns {Promise<boolean>} */
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

  /** Hides what may be somebody else's, and pays no heed to answers that are still to come. */
  forget() {
    this.hidden = true;
    return ++this.#looks;
  }

  async look() {
    const mine = this.forget();
    const [shown, error] = await this.holds().then((holds) => [holds], (cause) => [false, cause]);
    if (mine !== this.#looks || !this.isConnected) {
      return;
    }
    this.hidden = !shown;
    announce(this, error ? "kinde-error" : "kinde-ready", error ?? { shown });
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

class If extends Conditional {
  static observedAttributes = ["permission", "role", "flag", "entitlement", "value"];

  async holds() {
    const given = If.observedAttributes.filter((name) => this.hasAttribute(name));
    return client.can(Object.fromEntries(given.map((name) => [name, this.getAttribute(name)])));
  }

  attributeChangedCallback() {
    if (this.isConnected && conditionals.has(this)) {
      this.look();
    }
  }
}

/** A button, or the one or the link that is in it already, which leaves for somewhere else. */
class Departure extends HTMLElement {
  label = "";
  busy = "One moment.";

  /** @returns {Promise<void>} */
  async depart() {}

  connectedCallback() {
    if (document.readyState === "loading") { // what is to be in it may not be there yet
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
      control = document.createElement("button");
      control.setAttribute("type", "button");
      control.append(...this.childNodes);
      if (!this.#named(control)) {
        control.replaceChildren(this.label);
      }
      this.append(control);
    }
    const [status, alert] = ["status", "alert"].map((role) => {
      const made = document.createElement("span");
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
    return client.logout({ returnUrl: given(this, "return-url") });
  }
}

/**
 * @param {HTMLElement} element
 * @param {string} name
 */
function given(element, name) {
  return element.getAttribute(name) ?? undefined;
}

/** Until the browser has left, or come back to the page that it kept, or has been at it for long. */
function left() {
  return new Promise((resolve) => {
    setTimeout(resolve, DEPARTURE_MS);
    addEventListener("pageshow", resolve, { once: true });
  });
}

/**
 * What to tell a visitor; the code is to be quoted to the site's makers.
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
 * @returns {boolean} whether nobody has prevented what usually follows
 */
function announce(element, name, detail) {
  return element.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, cancelable: true }));
}

// A page kept for the Back button would keep what is private with it, and show it after a sign-out.
addEventListener("pagehide", () => conditionals.forEach((element) => element.forget()));
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) {
    lookAgain();
  }
});

customElements.define("kinde-signed-in", SignedIn);
customElements.define("kinde-signed-out", SignedOut);
customElements.define("kinde-if", If);
customElements.define("kinde-portal-button", PortalButton);
customElements.define("kinde-logout-button", LogoutButton);
