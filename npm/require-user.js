// Identifies the user who calls a function of the site's own: a Netlify Function, a
// Netlify Edge Function, or Node.js on Lambda, anything that receives a web Request.
//
// A Bearer token is verified here (jose). A session cookie is sealed for the session
// function alone, so that /api/session is asked with the request's own cookie and
// CSRF headers: it decides as for any other request, and refreshes where that is due.

import { createRemoteJWKSet, jwtVerify } from "jose";

/**
 * @typedef {object} User
 * @property {string} id Kinde's user id, kp_…
 * @property {string | null} orgCode the organization that the token or session is in
 * @property {string[]} permissions
 * @property {{ id?: string, key: string, name?: string }[]} roles
 * @property {Record<string, unknown>} featureFlags values by key
 * @property {Date} expiresAt when the access token expires
 */
/**
 * @typedef {object} Options
 * @property {string} [permission] the permission that the user must have
 * @property {string} [role] the key of a role that the user must have
 * @property {string} [flag] a feature flag that must be true for the user
 * @property {string} [entitlement] the key of a feature that the user's plan must include
 * @property {string | true} [organization] the organization to be in; true: any
 * @property {string} [siteUrl] the site's origin; KINDE_SITE_URL, else URL
 * @property {string} [issuer] KINDE_ISSUER_URL
 * @property {string | string[]} [clientId] the accepted azp; KINDE_CLIENT_ID
 * @property {string | string[]} [audience] one must be in aud; KINDE_AUDIENCE
 * @property {number} [timeout] of a request to the site or to Kinde, in milliseconds; 5000
 */
/**
 * `headers` are the cookies of a refreshed session: a response that lacks them loses the session.
 *
 * @typedef {{ user: User, headers: Headers, response?: undefined }} Allowed
 * @typedef {{ user?: undefined, headers: Headers, response: Response }} Refused
 */

const maxToken = 16 * 1024;
const maxBody = 256 * 1024;
const leeway = 30; // seconds

/**
 * Finds the caller of a request and checks what the options require of them. It never
 * throws: a failure is a response with a problem document (RFC 9457) to return as it is.
 *
 * @param {Request} request
 * @param {Options} [options]
 * @returns {Promise<Allowed | Refused>}
 */
export async function requireUser(request, options = {}) {
  const headers = new Headers();
  try {
    const settings = read(options);
    const authorization = request.headers.get("Authorization") ?? "";
    const bearer = /^Bearer(?: |$)/i.test(authorization);
    const user = bearer ? await verify(authorization, settings) : await askSession(request, settings, headers);
    await check(user, options, request, settings, headers);
    return { user, headers };
  } catch (error) {
    const problem = error instanceof Problem ? error : new Problem(500, "internal", "Internal error");
    return { headers, response: problem.response(headers) };
  }
}

/**
 * Wraps a handler so that it runs for users who meet the options alone, and adds a
 * refreshed session's cookies to its response.
 *
 * @template {unknown[]} Rest
 * @param {Options} options
 * @param {(request: Request, user: User, ...rest: Rest) => Response | Promise<Response>} handler
 * @returns {(request: Request, ...rest: Rest) => Promise<Response>}
 */
export function withUser(options, handler) {
  return async (request, ...rest) => {
    const caller = await requireUser(request, options);
    if (caller.response) {
      return caller.response;
    }
    const response = await handler(request, caller.user, ...rest);
    const headers = new Headers(response.headers);
    for (const cookie of caller.headers.getSetCookie()) {
      headers.append("Set-Cookie", cookie);
    }
    return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
  };
}

class Problem extends Error {
  /**
   * @param {number} status @param {string} code @param {string} title
   * @param {string} [challenge] @param {string} [retryAfter]
   */
  constructor(status, code, title, challenge, retryAfter) {
    super(title);
    Object.assign(this, { status, code, challenge, retryAfter });
  }

  /** @param {Headers} cookies */
  response(cookies) {
    const { status, code, message: title, challenge, retryAfter } = /** @type {any} */ (this);
    const headers = new Headers(cookies);
    headers.set("Content-Type", "application/problem+json");
    headers.set("Cache-Control", "no-store");
    if (challenge) headers.set("WWW-Authenticate", challenge);
    if (retryAfter) headers.set("Retry-After", retryAfter);
    const type = `urn:kinde-functions:problem:${code}`;
    return new Response(JSON.stringify({ type, title, status, detail: title, code }), { status, headers });
  }
}

const noToken = () => new Problem(401, "no-token", "Not signed in", "Bearer");
const invalidToken = () => new Problem(401, "invalid-token", "Invalid access token", 'Bearer error="invalid_token"');
const notAllowed = () => new Problem(403, "not-allowed", "Not allowed");
const misconfigured = () => new Problem(500, "misconfigured", "Deployment settings missing");
const upstreamFailed = () => new Problem(502, "upstream-failed", "The session could not be checked");

/** @param {Options} o */
function read(o) {
  const env = /** @param {string} name */ (name) => {
    const { process, Netlify } = /** @type {any} */ (globalThis);
    return process?.env?.[name] || Netlify?.env?.get(name) || undefined;
  };
  const list = /** @param {string | string[] | undefined} value */ (value) =>
    (typeof value === "string" ? value.split(/[\s,]+/) : value ?? []).filter(Boolean);
  return {
    siteUrl: o.siteUrl ?? env("KINDE_SITE_URL") ?? env("URL"),
    issuer: o.issuer ?? env("KINDE_ISSUER_URL"),
    clientIds: list(o.clientId ?? env("KINDE_CLIENT_ID")),
    audiences: list(o.audience ?? env("KINDE_AUDIENCE")),
    timeout: o.timeout ?? 5000,
  };
}
/** @typedef {ReturnType<typeof read>} Settings */

/** @type {Map<string, ReturnType<typeof createRemoteJWKSet>>} */
const keySets = new Map();

/** @param {string} issuer @param {number} timeout */
function keysOf(issuer, timeout) {
  let keys = keySets.get(issuer);
  if (!keys) {
    keys = createRemoteJWKSet(new URL("/.well-known/jwks", issuer), {
      timeoutDuration: timeout,
      cooldownDuration: 30_000,
      cacheMaxAge: 600_000,
    });
    keySets.set(issuer, keys);
  }
  return keys;
}

/** @param {string} authorization @param {Settings} settings @returns {Promise<User>} */
async function verify(authorization, { issuer, clientIds, audiences, timeout }) {
  const token = /^Bearer +([A-Za-z0-9_.-]+)$/i.exec(authorization)?.[1];
  if (!token) {
    throw new Problem(400, "invalid-request", "Malformed Authorization header");
  }
  if (!issuer || clientIds.length === 0) {
    throw misconfigured();
  }
  if (token.length > maxToken) {
    throw invalidToken();
  }
  /** @type {any} */
  let claims;
  try {
    const verified = await jwtVerify(token, keysOf(issuer, timeout), {
      issuer,
      algorithms: ["RS256"],
      clockTolerance: leeway,
      requiredClaims: ["exp", "sub", "azp"],
      ...(audiences.length > 0 && { audience: audiences }),
    });
    claims = verified.payload;
    const typ = verified.protectedHeader.typ?.toLowerCase().replace(/^application\//, "");
    if (typ !== undefined && typ !== "jwt" && typ !== "at+jwt") throw invalidToken();
  } catch (error) {
    // What is neither a bad token nor an unknown key is a key set that cannot be had.
    const code = /** @type {any} */ (error)?.code ?? "";
    const invalid = /^ERR_(JWT|JWS|JOSE_ALG|JOSE_NOT|JWKS_NO_MATCHING)/;
    if (error instanceof Problem || invalid.test(code)) throw invalidToken();
    throw new Problem(503, "keys-unavailable", "Signing keys unavailable", undefined, "30");
  }
  const now = Date.now() / 1000 + leeway;
  const clientInAud = audiences.length === 0 && [claims.aud].flat().some((aud) => clientIds.includes(aud));
  const unscoped = !("scp" in claims) && !("scope" in claims);
  const idToken = "nonce" in claims || "at_hash" in claims || (clientInAud && unscoped);
  if (typeof claims.sub !== "string" || !claims.sub || !clientIds.includes(claims.azp) || idToken || claims.iat > now) {
    throw invalidToken();
  }
  // The names of a tenant that has switched on Hasura claims.
  const claim = /** @param {string} name */ (name) => claims[name] ?? claims[`x-hasura-${name.replaceAll("_", "-")}`];
  return {
    id: claims.sub,
    orgCode: claim("org_code") || null,
    permissions: claim("permissions") ?? [],
    roles: claim("roles") ?? [],
    featureFlags: values(claim("feature_flags")),
    expiresAt: new Date(claims.exp * 1000),
  };
}

/** @param {Record<string, { v?: unknown }> | null | undefined} flags */
const values = (flags) => Object.fromEntries(Object.entries(flags ?? {}).map(([key, flag]) => [key, flag?.v]));

// What the session function decides by. No other header of the request is passed on.
const passedOn = ["Cookie", "X-CSRF", "X-Organization", "Origin", "Sec-Fetch-Site", "X-Request-Id"];

/**
 * Reads a response of at most maxBody bytes; the rest of a larger one is not read.
 *
 * @param {Response} response
 */
async function readText(response) {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let size = 0; ; ) {
    const chunk = await reader?.read();
    if (!chunk || chunk.done) return text + decoder.decode();
    size += chunk.value.length;
    if (size > maxBody) {
      await reader?.cancel();
      throw upstreamFailed();
    }
    text += decoder.decode(chunk.value, { stream: true });
  }
}

/**
 * @param {Request} request @param {Settings} settings @param {string} path
 * @param {Record<string, string>} [overrides]
 */
async function ask(request, { siteUrl, timeout }, path, overrides = {}) {
  if (!siteUrl) {
    throw misconfigured();
  }
  const headers = new Headers({ Accept: "application/json" });
  for (const name of passedOn) {
    const value = request.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  for (const [name, value] of Object.entries(overrides)) {
    headers.set(name, value);
  }
  try {
    const signal = AbortSignal.timeout(timeout);
    const response = await fetch(new URL(path, siteUrl), { headers, redirect: "error", signal });
    return { response, body: JSON.parse(await readText(response)) };
  } catch {
    throw upstreamFailed();
  }
}

/** @param {Response} response @param {any} body @returns {Problem} */
function passOn({ status, headers }, body) {
  if (typeof body?.code !== "string" || typeof body?.title !== "string" || status < 400) {
    return upstreamFailed();
  }
  const challenge = headers.get("WWW-Authenticate") ?? undefined;
  return new Problem(status, body.code, body.title, challenge, headers.get("Retry-After") ?? undefined);
}

/** @param {Request} request @param {Settings} settings @param {Headers} out @returns {Promise<User>} */
async function askSession(request, settings, out) {
  if (!request.headers.has("Cookie")) {
    throw noToken();
  }
  const { response, body } = await ask(request, settings, "/api/session");
  for (const cookie of response.headers.getSetCookie()) {
    out.append("Set-Cookie", cookie);
  }
  if (response.status !== 200 || typeof body?.authenticated !== "boolean") {
    throw passOn(response, body);
  }
  if (!body.authenticated) {
    throw noToken();
  }
  return {
    id: body.user.id,
    orgCode: body.user.org_code || null,
    permissions: body.permissions,
    roles: body.roles,
    featureFlags: values(body.feature_flags),
    expiresAt: new Date(body.expires_at),
  };
}

/**
 * The request's cookies as the browser will send them once it has set those of a refreshed session.
 *
 * @param {Request} request @param {Headers} out
 */
function cookies(request, out) {
  const jar = new Map();
  const put = (/** @type {string} */ pair) => jar.set(pair.split("=", 1)[0].trim(), pair.trim());
  (request.headers.get("Cookie") ?? "").split(";").forEach(put);
  for (const line of out.getSetCookie()) {
    put(line.split(";", 1)[0]);
    if (/;\s*Max-Age=0\b/i.test(line)) jar.delete(line.split("=", 1)[0]);
  }
  return [...jar.values()].filter(Boolean).join("; ");
}

/**
 * @param {User} user @param {Options} options @param {Request} request
 * @param {Settings} settings @param {Headers} out
 */
async function check(user, { permission, role, flag, entitlement, organization }, request, settings, out) {
  const chosen = request.headers.get("X-Organization");
  if (chosen !== null && chosen !== (user.orgCode ?? "")) {
    throw new Problem(409, "organization-changed", "Organization changed");
  }
  if (organization === true && !user.orgCode) {
    throw new Problem(403, "organization-required", "Organization required");
  }
  if (
    (typeof organization === "string" && user.orgCode !== organization) ||
    (permission !== undefined && !user.permissions.includes(permission)) ||
    (role !== undefined && !user.roles.some(({ key }) => key === role)) ||
    (flag !== undefined && user.featureFlags[flag] !== true)
  ) {
    throw notAllowed();
  }
  if (entitlement !== undefined) {
    const authorization = request.headers.get("Authorization") ?? "";
    /** @type {Record<string, string>} */
    const credential = /^Bearer /i.test(authorization)
      ? { Authorization: authorization }
      : { Cookie: cookies(request, out) };
    const path = `/api/entitlements/${encodeURIComponent(entitlement)}`;
    const { response, body } = await ask(request, settings, path, credential);
    if (response.status === 404) throw notAllowed();
    if (response.status !== 200) throw passOn(response, body);
  }
}
