// Pasted access tokens, for users without a session here.

/** A signed token in the compact form of RFC 7515 section 3.1. */
const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** The limit of the functions. */
const MAX_LENGTH = 16 * 1024;

/**
 * @param {string} pasted the content of the field
 * @returns {string} the token, or "" if it cannot be one
 */
export function readToken(pasted) {
  const token = pasted.trim().replace(/^Bearer\s+/i, "");
  return token.length <= MAX_LENGTH && TOKEN.test(token) ? token : "";
}

/**
 * Accepts any kind of token, including opaque ones.
 * @param {string} pasted
 * @returns {string} the token, or "" if it cannot be one
 */
export function readAnyToken(pasted) {
  const token = pasted.trim().replace(/^Bearer\s+/i, "");
  return token.length <= MAX_LENGTH && /^[!-~]+$/.test(token) ? token : "";
}
