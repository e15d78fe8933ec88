// Which addresses from an answer the page goes to.

/**
 * The functions have checked the host already; this keeps javascript: and the like out of
 * location.assign even if they had not. http is for an embedded Kinde on this machine.
 * @param {unknown} url
 * @returns {url is string}
 */
export function isWebAddress(url) {
  if (typeof url !== "string" || !URL.canParse(url)) {
    return false;
  }
  const { protocol, hostname } = new URL(url);
  return protocol === "https:" || (protocol === "http:" && isLoopback(hostname));
}

/**
 * @param {string} hostname as in URL.hostname
 * @returns {boolean}
 */
function isLoopback(hostname) {
  return hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}
