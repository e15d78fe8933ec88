// The user's session, what they may do, and the ways to Kinde and back. No token is kept, or put into a URL or error.

/** @import * as T from "./kinde-types.js" */

const NAME = "kinde-functions";
const REFRESH = { method: "POST" }; // one object, so that callers share the request

export class KindeError extends Error {
  /** @param {any} problem @param {number} [retryAfter] @param {any} [body] */
  constructor({ code, title = code, detail = title, status = 0, request_id = "" }, retryAfter, body) {
    super(detail);
    this.name = "KindeError";
    /** @type {T.ErrorCode | (string & {})} */
    this.code = String(code);
    this.title = String(title);
    this.status = Number(status);
    this.requestId = String(request_id);
    this.retryAfter = retryAfter;
    this.body = body;
  }
}

const query = (values = {}) => `?${new URLSearchParams(JSON.parse(JSON.stringify(values)))}`.replace(/\?$/, "");

const unreadable = (status = 0) => new KindeError({ code: "unreadable", status });

function go({ url = "" }) {
  if (!/^https?:\/\/\w/i.test(url)) {
    throw unreadable();
  }
  location.assign(url);
}

// The longest part of this page's address that the functions accept.
function here() {
  const { origin, pathname, search, hash } = location;
  const path = origin + pathname;
  return /^(?!.*(\/\/|%(?![\da-f]{2})|%(2[ef]|5c|0[09ad])))(?!\/(auth|\.netlify)(\/|$))/i.test(pathname)
    ? [search + hash, search, hash, ""].map((rest) => path + rest).find((url) => /^[!-[\]-~]{1,2048}$/.test(url))
    : undefined;
}

// A prerendered page asks for nothing, and no time limit runs, until it is shown.
const shown = async (/** @type {any} */ { document } = globalThis) => document?.prerendering
  && new Promise((resolve) => document.addEventListener("prerenderingchange", resolve, { once: true }));

let leaving = false; // for the portal

/** @param {boolean} [left] notes that; else whether this tab is back, once */
function portal(left) {
  try {
    return left ? sessionStorage[NAME] = leaving = left
      : !leaving && sessionStorage[NAME] && delete sessionStorage[NAME];
  } catch {
    return false;
  }
}

/**
 * @param {T.ClientOptions} [options]
 * @returns {T.Client}
 */
export function createClient({ baseUrl = "", getToken, fetch: fetcher, timeout = 30_000 } = {}) {
  /** @type {any} */
  let known = {};
  /** @type {any} */
  let returned; // from the portal
  let told = ""; // the session that listeners and other tabs know of
  /** @type {BroadcastChannel | void} */
  let channel;
  /** @type {Set<() => void>} */
  const listeners = new Set();
  const flights = new Map();

  /** @type {T.Send} */
  const send = async (path, signal, token, init, tried = []) => {
    const { body, own, raw, method = body ? "POST" : "GET", organization } = init;
    const json = Array.isArray(body) || body?.constructor === Object;
    let response, text, parsed;
    try {
      const headers = new Headers({ Accept: "application/json", ...(json && { "Content-Type": "application/json" }) });
      new Headers(init.headers).forEach((value, name) => headers.set(name, value));
      getToken ? token && headers.set("Authorization", `Bearer ${token}`) : headers.set("X-CSRF", "1");
      organization > "" && headers.set("X-Organization", organization);
      response = await (fetcher ?? fetch)(baseUrl + path, {
        method,
        headers,
        body: json ? JSON.stringify(body) : body,
        cache: "no-store",
        credentials: getToken && "omit",
        redirect: "manual",
        signal,
      });
      if (raw && response.ok) {
        return response;
      }
      text = await response.text();
    } catch { // its message may hold the token
      signal.throwIfAborted();
      throw new KindeError({ code: "unreachable" });
    }
    const { ok, status, headers } = response;
    try {
      parsed = JSON.parse(text || "{}");
    } catch {}
    if (ok && own && !/json/.test(headers.get("Content-Type") ?? "")) {
      return text;
    }
    if (ok && parsed) {
      return parsed;
    }
    const failure = parsed?.code || own && status
      ? new KindeError({ code: "http-error", title: `HTTP ${status}`, ...parsed, status },
        Number(headers.get("Retry-After")) || undefined, own && (parsed ?? text))
      : unreadable(status);
    // A newer cookie may be on its way, or the wait is short.
    const { code, retryAfter = 9 } = failure;
    const wait = /^session-(sup|exp)/.test(code) ? 0.5 : /GET|HEAD/.test(method) ? retryAfter : 9;
    if (tried.includes(code) || wait > 5) {
      throw failure;
    }
    await new Promise((resolve) => setTimeout(resolve, wait * 1000));
    return send(path, signal, token, init, [...tried, code]);
  };

  /** @type {T.Ask} */
  const ask = async (path, { signal } = {}, init) => {
    await shown();
    const token = await getToken?.();
    signal?.throwIfAborted();
    const key = init ?? `${path} ${token}`; // shared
    let flight = flights.get(key);
    if (!flight) {
      const stop = new AbortController();
      const timer = timeout > 0 && timeout < 2 ** 31
        && setTimeout(() => stop.abort(new KindeError({ code: "timeout" })), timeout);
      const changes = !getToken && /^.(auth|api.session$)/.test(path);
      const organization = !changes && known.user?.org_code;
      const begin = () => send(path, stop.signal, token, { organization, ...init });
      // One tab at a time refreshes the session. A sign-out waits for no other tab.
      /** @type {any} */
      const locks = changes && globalThis.navigator?.locks;
      const lock = () => locks.request(NAME, init?.body ? { steal: true } : { signal: stop.signal }, begin);
      const response = locks ? lock().catch((/** @type {any} */ failure) => // again when another tab signs out
        failure?.name !== "AbortError" || stop.signal.aborted ? Promise.reject(failure) : lock()) : begin();
      flight = { stop, waiting: 0, response: response.finally(() => {
        clearTimeout(timer || 0);
        flights.get(key) === flight && flights.delete(key);
      }) };
      flights.set(key, flight);
    }
    flight.waiting++;
    return new Promise((resolve, reject) => {
      const leave = () => {
        reject(signal?.reason);
        if (!--flight.waiting) {
          flights.delete(key);
          flight.stop.abort();
        }
      };
      signal?.addEventListener("abort", leave);
      flight.response.then(resolve, reject).finally(() => signal?.removeEventListener("abort", leave));
    });
  };

  /** @type {T.Ask} */
  const call = async (path, o, init) => {
    if (!getToken) {
      await session(o).catch(() => {}); // refreshed by one tab at a time
    }
    return ask(path, o, init).catch(refused);
  };

  /** @param {any} failure */
  function refused(failure) {
    const changed = failure?.code === "organization-changed";
    (changed || failure?.status === 401) && renew(changed);
    throw failure;
  }

  /** @param {T.Session} now @param {boolean} [always] */
  function tell(now, always) {
    const news = JSON.stringify({ ...now, expires_at: 0 }), before = told;
    told = news;
    if (before !== news || always) {
      channel?.postMessage(before !== news && news);
      const was = before && JSON.parse(before).user, user = now.authenticated && now.user;
      if (was && user && was.id === user.id && was.org_code !== user.org_code) {
        dispatchEvent(new CustomEvent("organization-changed", { detail: user }));
      }
      before && listeners.forEach((listener) => listener());
    }
  }

  function forget(stopped = false) {
    stopped && flights.forEach(({ stop }) => stop.abort());
    returned = false; // the refresh was sent
    known = {};
    flights.clear();
  }

  function renew(always = false) {
    forget();
    (always || listeners.size) && session().catch(() => {});
  }

  function listen() {
    if (!channel && !getToken && globalThis.document) {
      channel = new BroadcastChannel(NAME);
      channel.onmessage = ({ data }) => {
        if (data !== told) {
          told &&= data ? told : `${told} `; // unlike any news, so that listeners are called
          renew();
        }
      };
      addEventListener("pagehide", () => { // or the page is not kept
        channel = channel?.close();
        leaving = false;
        forget(true); // a page that goes keeps the lock from no other
        addEventListener("pageshow", () => renew(), { once: true });
      }, { once: true });
    }
  }

  /** @param {T.Call} [o] @param {boolean} [now] whether to refresh it @returns {Promise<any>} */
  async function session(o, now) {
    await shown();
    const back = !now && (returned ||= !getToken && portal());
    const before = known;
    if (!now && !back && before.authenticated && !(Date.parse(before.expires_at) <= Date.now())) {
      return before;
    }
    listen();
    const read = () => {
      returned = false;
      return ask("/api/session", o).catch((failure) => {
        if (failure?.status !== 401 || getToken) {
          throw failure;
        }
        return { authenticated: false, expired: true }; // the cookie stays after a refused refresh
      });
    };
    const refresh = () => ask("/auth/refresh", o, REFRESH);
    const found = now ? await refresh().catch(refused) : back ? await refresh().catch(read) : await read();
    const { claims_refreshed, ...is } = found;
    returned = false;
    if (!getToken && known === before) { // no news meanwhile
      known = is;
      tell(is, now || back);
    }
    return now ? found : is;
  }

  /** @param {string} path @returns {T.List<any>} */
  const list = (path) => ({ pageSize, signal } = {}) => ({
    all: () => call(`${path}?all=true`, { signal }),
    async *[Symbol.asyncIterator]() {
      let after, page, next;
      do {
        after = next;
        page = await call(path + query({ page_size: pageSize, starting_after: after }), { signal });
        yield page;
        next = page.metadata?.next_page_starting_after;
        if (!page.metadata?.has_more) {
          return;
        }
      } while (next !== after);
      throw unreadable();
    },
  });

  const enter = (way = "login") => ({ returnUrl = here(), ...o } = {}) =>
    location.assign(`${baseUrl}/auth/${way}${query({ return_url: returnUrl, ...o })}`);
  const app = (/** @type {string} */ key) => `/api/connected-apps/${encodeURIComponent(key)}/`;

  /** @type {T.Client & Record<string, any>} */
  const client = {
    session,
    refresh: (o) => session(o, true),
    signedIn: async (o) => getToken ? !!await getToken() : (await session(o)).authenticated,
    onChange(listener) {
      listeners.add(listener);
      listen();
      return () => listeners.delete(listener);
    },
    login: enter(),
    register: enter("register"),
    async logout({ returnUrl, allSessions, signal } = {}) {
      forget(true); // a late response signs no user in again
      const body = { return_url: returnUrl, all_sessions: allSessions ? "true" : undefined };
      const response = await ask("/auth/logout", { signal }, { body });
      forget();
      tell({ authenticated: false });
      go(response);
    },
    organizations: (o) => call("/api/organizations", o),
    switchOrganization: (code, { returnUrl } = {}) => client.login({ returnUrl, org_code: code, prompt: "none" }),
    async request(path, { signal, ...init } = {}) {
      if (!/^\/(?![/\\\s])/.test(path)) {
        throw new TypeError("Not a path of the site"); // the token goes nowhere else
      }
      return call(path, { signal }, { ...init, own: true });
    },
    profile: (o) => call("/api/user-profile", o),
    account: ({ signal, ...o } = {}) => call(`/api/account${query(o)}`, { signal }),
    entitlement: (key, o) => call(`/api/entitlements/${encodeURIComponent(key)}`, o)
      .catch((failure) => failure?.code === "not-entitled" ? null : Promise.reject(failure)),
    entitlements: list("/api/entitlements"),
    flags: list("/api/feature-flags"),
    permissions: list("/api/permissions"),
    properties: list("/api/properties"),
    roles: list("/api/roles"),
    async can({ signal, value = true, ...asked }) {
      const o = { signal };
      /** @type {any} */
      const who = getToken ? { authenticated: await getToken() } : await session(o);
      /** @type {any} */
      const own = {
        permission: who.permissions,
        role: who.roles?.length && who.roles, // not in every token
        flag: who.feature_flags && [{ key: asked.flag, value: who.feature_flags[asked.flag ?? ""]?.v }],
      };
      const held = await Promise.all(Object.entries(who.authenticated ? asked : {}).map(async ([kind, key]) => {
        if (kind === "entitlement") {
          return client.entitlement(key, o);
        }
        const all = own[kind] || Object.values((await client[`${kind}s`](o).all()).data).find(Array.isArray);
        const one = all.find((/** @type {any} */ one) => (one.key ?? one) === key);
        return kind !== "flag" ? one : one?.value === value || String(one?.value) === value;
      }));
      return held.length > 0 && held.every(Boolean);
    },
    async openPortal({ signal, returnUrl, ...o } = {}) {
      const response = await call(`/portal${query({ ...o, return_url: returnUrl })}`, { signal });
      go(response);
      getToken || portal(true); // the first session() after the return refreshes
    },
    async connect(key, { signal, returnUrl } = {}) {
      const response = await call(`${app(key)}connect${query({ return_url: returnUrl })}`, { signal });
      response.connection || go(response);
      return response;
    },
    appToken: (key, { signal, ...o } = {}) => call(`${app(key)}token${query(o)}`, { signal }),
    revokeApp: (key, { signal, ...o } = {}) => call(`${app(key)}revoke${query(o)}`, { signal }, { body: {} }),
    introspect: ({ signal, ...body } = {}) => call("/api/introspect", { signal }, { body }),
    revoke: ({ signal, ...body } = {}) => call("/api/revoke", { signal }, { body }),
    health: (o) => ask("/api/health", o),
  };
  return client;
}

export const {
  session, refresh, signedIn, onChange, login, register, logout, organizations, switchOrganization, request, profile,
  account, entitlement, entitlements, flags, permissions, properties, roles, can, openPortal, connect, appToken,
  revokeApp, introspect, revoke, health,
} = createClient();
