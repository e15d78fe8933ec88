// Shows the one message that the address asks for. Every text is in the page already; what comes
// from the address is compared, and shown only when it is a plain code, and only as text.

const CODE = /^[a-z-]{1,40}$/;

/**
 * The value of `error` in a query string, or null when there is none. The first one counts.
 * @param {string} search as in location.search
 * @returns {string | null}
 */
function errorCode(search) {
  return new URLSearchParams(search).get("error");
}

/**
 * The message for a code. Codes are compared with those in the page, not used to build a selector.
 * @param {string | null} code
 * @returns {HTMLElement | null}
 */
function messageFor(code) {
  if (code === null) {
    return document.getElementById("welcome-back");
  }
  const known = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-code]"));
  return [...known].find((message) => message.dataset.code === code) ?? document.getElementById("unknown");
}

const code = errorCode(location.search);
const message = messageFor(code);
const heading = message?.querySelector("h1");

if (message && heading) {
  const place = document.getElementById("unknown-code");
  if (place && code !== null && CODE.test(code)) {
    place.textContent = code;
  }
  message.classList.add("shown");
  document.documentElement.dataset.ready = "";
  document.title = `${heading.textContent} · Kinde functions`;
  if (code !== null) {
    // The visitor did not ask for this page: begin reading with what went wrong.
    heading.focus({ preventScroll: true });
  }
}
