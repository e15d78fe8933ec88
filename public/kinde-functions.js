// Who is signed in, what they may, the ways in and out. No token is kept, or put into an address or error.

/** @typedef {{ signal?: AbortSignal }} Call */
/** @typedef {Call & { returnUrl?: string }} Return */
/** @typedef {{ id: string, key: string, name: string, value?: any }} Named */
/** @typedef {Record<string, any> & { feature_key: string, entitlement_limit_max: number | null }} Entitlement */
/** @typedef {{ authenticated: false } | { authenticated: true, user: { id: string, org_code: string }, permissions: string[], roles: Named[], feature_flags: Record<string, { v?: any }>, expires_at: string }} Session */
/** @template T @typedef {{ data: T & { org_code: string }, metadata?: { has_more: boolean } }} Page */
/** @template T @typedef {(o?: Call & { pageSize?: number }) => AsyncIterable<Page<T>> & { all(): Promise<Page<T>> }} List */
/**
 * @typedef {{
 *   session(o?: Call): Promise<Session>,
 *   signedIn(o?: Call): Promise<boolean>,
 *   onChange(listener: () => void): () => void,
 *   login(o?: Return & Record<string, any>): void,
 *   register(o?: Return & Record<string, any>): void,
 *   logout(o?: Return): Promise<void>,
 *   profile(o?: Call): Promise<any>,
 *   account(o?: Call & { include?: string[] }): Promise<any>,
 *   entitlement(key: string, o?: Call): Promise<{ data: { entitlement: Entitlement } } | null>,
 *   entitlements: List<{ entitlements: Entitlement[], plans: Named[] }>,
 *   flags: List<{ feature_flags: Named[] }>,
 *   permissions: List<{ permissions: Named[] }>,
 *   properties: List<{ properties: Named[] }>,
 *   roles: List<{ roles: Named[] }>,
 *   can(all: Call & { permission?: string, role?: string, flag?: string, value?: any, entitlement?: string }): Promise<boolean>,
 *   openPortal(o?: Return & { subnav?: string }): Promise<void>,
 *   connect(app: string, o?: Return): Promise<{ url: string, connection?: string }>,
 *   appToken(app: string, o?: Call & { connection?: string }): Promise<{ access_token: string, access_token_expiry: string | null }>,
 *   revokeApp(app: string, o?: Call & { connection?: string }): Promise<any>,
 *   introspect(o?: Call & { token?: string, token_type_hint?: string }): Promise<{ active: boolean }>,
 *   revoke(o?: Call & { token?: string, token_type_hint?: string }): Promise<any>,
 *   health(o?: Call): Promise<{ missing: string[], wrong: string[] }>,
 * }} Client
 */

/** `code` is the functions', or unreachable, timeout, unreadable. */
export class KindeError extends Error {
  /** @param {any} problem @param {number} [retryAfter] seconds */
  constructor({ code, title = code, detail = title, status = 0, request_id = "" }, retryAfter) {
    super(detail);
    this.name = "KindeError";
    this.code = String(code);
    this.title = String(title);
    this.status = Number(status);
    this.requestId = String(request_id);
    this.retryAfter = retryAfter;
  }
}

// JSON leaves out what is undefined.
const query = (values = {}) => `?${new URLSearchParams(JSON.parse(JSON.stringify(values)))}`.replace(/\?$/, "");

const unreadable = (status = 0) => new KindeError({ code: "unreadable", status });

function go({ url = "" }) {
  if (!/^https?:\/\/\w/i.test(url)) {
    throw unreadable();
  }
  location.assign(url);
}

/**
 * @param {{ baseUrl?: string, getToken?: () => any, fetch?: typeof globalThis.fetch, timeout?: number }} [options]
 * @returns {Client}
 */
export function createClient({ baseUrl = "", getToken, fetch: fetcher, timeout = 30_000 } = {}) {
  /** @type {any} */
  let known = {};
  let told = ""; // to listeners and other tabs
  /** @type {BroadcastChannel | void} */
  let channel;
  /** @type {Set<() => void>} */
  const listeners = new Set();
  const flights = new Map();

  /** @param {string} path @param {AbortSignal} signal @param {any} token @param {any} body @param {any} [again] @returns {Promise<any>} */
  async function send(path, signal, token, body, again) {
    let response, text, json;
    try {
      response = await (fetcher ?? fetch)(baseUrl + path, {
        method: body ? "POST" : "GET",
        headers: {
          Accept: "application/json",
          ...(body && { "Content-Type": "application/json" }),
          ...(getToken ? token && { Authorization: `Bearer ${token}` } : { "X-CSRF": "1" }),
        },
        body: body && JSON.stringify(body),
        cache: "no-store",
        credentials: getToken && "omit",
        redirect: "manual",
        signal,
      });
      text = await response.text();
    } catch { // its own words may hold the token
      signal.throwIfAborted();
      throw new KindeError({ code: "unreachable" });
    }
    try {
      json = Object(JSON.parse(text || "{}"));
    } catch {}
    if (response.ok && json) {
      return json;
    }
    const failure = json?.code ? new KindeError(json, Number(response.headers.get("Retry-After")) || undefined) : unreadable(response.status);
    // The newer cookie is under way, or the wait is short.
    const wait = failure.code === "session-superseded" ? 0.3 : !body && failure.retryAfter;
    if (again || !wait || wait > 5) {
      throw failure;
    }
    await new Promise((resolve) => setTimeout(resolve, wait * 1000));
    return send(path, signal, token, body, true);
  }

  /** @param {string} path @param {Call} [o] @param {any} [body] @returns {Promise<any>} */
  async function ask(path, { signal } = {}, body) {
    const token = await getToken?.();
    signal?.throwIfAborted();
    const key = body ?? `${path} ${token}`; // who wants the same shares a flight
    let flight = flights.get(key);
    if (!flight) {
      const stop = new AbortController();
      const begin = () => send(path, stop.signal, token, body);
      const locks = !getToken && path === "/api/session" && globalThis.navigator?.locks;
      const timer = setTimeout(() => stop.abort(new KindeError({ code: "timeout" })), timeout);
      flight = { stop, waiting: 0, answer: (locks ? locks.request("kinde-functions", { signal: stop.signal }, begin) : begin()).finally(() => {
        clearTimeout(timer);
        flights.delete(key);
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
      flight.answer.then(resolve, reject).finally(() => signal?.removeEventListener("abort", leave));
    });
  }

  /** @type {typeof ask} */
  async function call(path, o, body) {
    if (!getToken) {
      await session(o).catch(() => {}); // renewed by one tab at a time
    }
    return ask(path, o, body).catch((failure) => {
      failure?.status === 401 && renew();
      throw failure;
    });
  }

  /** @param {string} news */
  function tell(news) {
    const before = told;
    told = news;
    if (before !== news) {
      channel?.postMessage(news);
      before && listeners.forEach((listener) => listener());
    }
  }

  function forget() {
    known = {};
    flights.clear();
  }

  function renew() {
    forget();
    listeners.size && session().catch(() => {});
  }

  function listen() {
    if (!channel && !getToken && globalThis.document) {
      channel = new BroadcastChannel("kinde-functions");
      channel.onmessage = ({ data }) => data !== told && renew();
      addEventListener("pagehide", () => { // or the page is not kept
        channel = channel?.close();
        flights.forEach(({ stop }) => stop.abort()); // a page that goes keeps the lock from no other
        forget();
        addEventListener("pageshow", renew, { once: true });
      }, { once: true });
    }
  }

  /** @param {Call} [o] @returns {Promise<Session>} */
  async function session(o) {
    const before = known;
    if (before.authenticated && !(Date.parse(before.expires_at) <= Date.now())) {
      return before;
    }
    listen();
    const answer = await ask("/api/session", o);
    if (!getToken && known === before) { // no news meanwhile
      known = answer;
      tell(JSON.stringify({ ...answer, expires_at: 0 }));
    }
    return answer;
  }

  /** @param {string} path @returns {List<any>} */
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

  const enter = (way = "login") => ({ returnUrl = location.href, ...o } = {}) =>
    location.assign(`${baseUrl}/auth/${way}${query({ return_url: returnUrl, ...o })}`);

  /** @type {Client & Record<string, any>} */
  const client = {
    session,
    signedIn: async (o) => getToken ? !!await getToken() : (await session(o)).authenticated,
    onChange(listener) {
      listeners.add(listener);
      listen();
      return () => listeners.delete(listener);
    },
    login: enter(),
    register: enter("register"),
    async logout({ returnUrl, signal } = {}) {
      const answer = await ask("/auth/logout", { signal }, { return_url: returnUrl });
      forget();
      tell('{"authenticated":false,"expires_at":0}');
      go(answer);
    },
    profile: (o) => call("/api/user-profile", o),
    account: ({ signal, ...o } = {}) => call(`/api/account${query(o)}`, { signal }),
    entitlement: (key, o) => call(`/api/entitlements/${encodeURIComponent(key)}`, o).catch((failure) => failure?.code === "not-entitled" ? null : Promise.reject(failure)),
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
        const one = all.find((/** @type {Named} */ one) => (one.key ?? one) === key);
        return kind !== "flag" ? one : one?.value === value || String(one?.value) === value;
      }));
      return held.length > 0 && held.every(Boolean);
    },
    openPortal: async ({ signal, returnUrl, ...o } = {}) => go(await call(`/portal${query({ ...o, return_url: returnUrl })}`, { signal })),
    async connect(app, { signal, returnUrl } = {}) {
      const answer = await call(`/api/connected-apps/${encodeURIComponent(app)}/connect${query({ return_url: returnUrl })}`, { signal });
      answer.connection || go(answer);
      return answer;
    },
    appToken: (app, { signal, ...o } = {}) => call(`/api/connected-apps/${encodeURIComponent(app)}/token${query(o)}`, { signal }),
    revokeApp: (app, { signal, ...o } = {}) => call(`/api/connected-apps/${encodeURIComponent(app)}/revoke${query(o)}`, { signal }, {}),
    introspect: ({ signal, ...body } = {}) => call("/api/introspect", { signal }, body),
    revoke: ({ signal, ...body } = {}) => call("/api/revoke", { signal }, body),
    health: (o) => ask("/api/health", o),
  };
  return client;
}

export const {
  session, signedIn, onChange, login, register, logout, profile, account, entitlement, entitlements, flags, permissions,
  properties, roles, can, openPortal, connect, appToken, revokeApp, introspect, revoke, health,
} = createClient();
