// An access token that somebody pastes, for those who have no session here.

/** A signed token in the compact form of RFC 7515 section 3.1. */
const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** The functions take no more. */
const MAX_LENGTH = 16 * 1024;

/**
 * @param {string} pasted as it came from the clipboard
 * @returns {string} the token, or "" when this can be none
 */
export function readToken(pasted) {
  const token = pasted.trim().replace(/^Bearer\s+/i, "");
  return token.length <= MAX_LENGTH && TOKEN.test(token) ? token : "";
}

/**
 * Any kind of token, an opaque one too.
 * @param {string} pasted
 * @returns {string} the token, or "" when this can be none
 */
export function readAnyToken(pasted) {
  const token = pasted.trim().replace(/^Bearer\s+/i, "");
  return token.length <= MAX_LENGTH && /^[!-~]+$/.test(token) ? token : "";
}
