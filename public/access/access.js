// Shows the message of the error code in the address. Every text is in the page: a value from the address is only
// compared, and shown as text when it has the form of a code.

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

const local = ["localhost", "127.0.0.1"].includes(location.hostname);
for (const command of document.querySelectorAll(".doctor")) {
  command.textContent = `go run ./scripts/doctor ${local ? "--dev" : `--url ${location.origin}`}`;
}

if (message && heading) {
  const place = document.getElementById("unknown-code");
  if (place && code !== null && CODE.test(code)) {
    place.textContent = code;
  }
  message.classList.add("shown");
  document.documentElement.dataset.ready = "";
  document.title = `${heading.textContent} · Kinde functions`;
  if (code === null) {
    // A user back from the portal: the session gets what changed there before the next page shows it.
    import("../kinde-functions.js").then(({ session }) => session()).catch(() => {});
  } else {
    // The visitor did not ask for this page: screen readers begin with what went wrong.
    heading.focus({ preventScroll: true });
  }
}
