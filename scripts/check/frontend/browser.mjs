// A browser for the module's tests: an address, locks, a channel between tabs, and a server with the responses of
// each test.

import { setMaxListeners } from "node:events";
import { test } from "node:test";

export const moduleURL = new URL("../../../public/kinde-functions.js", import.meta.url).href;

/** Exclusive locks that the tabs of one origin share: in order of request, left on abort, and taken by steal. */
export class FakeLocks {
  held = [];
  #holder;
  #queue = [];

  async request(name, { signal, steal }, work) {
    const request = deferred();
    if (steal) {
      this.#holder?.reject(new DOMException("Lock broken by another request with the 'steal' option.", "AbortError"));
      this.#queue.unshift(request);
      this.#holder = undefined;
    } else {
      this.#queue.push(request);
    }
    const lost = deferred();
    lost.promise.catch(() => {});
    request.grant = () => {
      this.#holder = lost;
      request.resolve();
    };
    signal?.addEventListener("abort", () => request.reject(signal.reason), { once: true });
    this.#next();
    try {
      await request.promise;
      this.held.push(name);
      return await Promise.race([work({ name }), lost.promise]);
    } finally {
      this.#queue = this.#queue.filter((one) => one !== request);
      if (this.#holder === lost) {
        this.#holder = undefined;
      }
      this.#next();
    }
  }

  #next() {
    if (!this.#holder) {
      this.#queue.shift()?.grant();
    }
  }
}

function deferred() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}

/** A channel between tabs; a message arrives later, and never where it came from. */
export class FakeChannel {
  static open = new Set();
  static sent = [];

  constructor(name) {
    this.name = name;
    FakeChannel.open.add(this);
  }

  postMessage(data) {
    FakeChannel.sent.push(data);
    for (const other of FakeChannel.open) {
      if (other !== this && other.name === this.name) {
        setImmediate(() => FakeChannel.open.has(other) && other.onmessage?.({ data: structuredClone(data) }));
      }
    }
  }

  close() {
    FakeChannel.open.delete(this);
  }
}

/**
 * Runs a test with a page's globals and leaves none of them behind.
 * @param {string} name
 * @param {(page: {
 *   visited: string[], locks: FakeLocks, events: EventTarget, pass: (ms: number) => void,
 * }) => Promise<void>} body
 * @param {{locks?: boolean}} [browser] what this browser has
 */
export function inPage(name, body, browser = {}) {
  test(name, async (t) => {
    const { now } = Date;
    let passed = 0;
    t.mock.method(Date, "now", () => now() + passed);
    const page = {
      visited: [], storage: {}, locks: new FakeLocks(), events: new EventTarget(), document: new EventTarget(),
      pass: (ms) => { passed += ms; },
    };
    setMaxListeners(100, page.events);
    const fakes = {
      location: Object.assign(new URL("https://site.example/pricing?plan=pro#seats"), {
        assign: (url) => page.visited.push(url),
      }),
      document: page.document,
      sessionStorage: page.storage,
      dispatchEvent: page.events.dispatchEvent.bind(page.events),
      navigator: browser.locks === false ? {} : { locks: page.locks },
      BroadcastChannel: FakeChannel,
      addEventListener: page.events.addEventListener.bind(page.events),
    };
    const before = Object.keys(fakes).map((key) => [key, Object.getOwnPropertyDescriptor(globalThis, key)]);
    for (const [key, value] of Object.entries(fakes)) {
      Object.defineProperty(globalThis, key, { value, configurable: true, writable: true });
    }
    FakeChannel.open.clear();
    FakeChannel.sent.length = 0;
    try {
      await body(page);
    } finally {
      for (const [key, descriptor] of before) {
        delete globalThis[key];
        descriptor && Object.defineProperty(globalThis, key, descriptor);
      }
    }
  });
}

/**
 * A server with a list of responses, or one, for each "METHOD /path". It repeats the last of a list. A response is
 * a JSON body, a Response, an Error to fail with, or a function of the call.
 * @param {Record<string, any>} responses
 */
export function server(responses) {
  const calls = [];
  const fetch = async (url, init) => {
    const path = url.replace(/^https?:\/\/[^/]+/, "");
    const call = { url, path, ...init, headers: Object.fromEntries(init.headers) };
    call.name = `${init.method} ${call.path}`;
    calls.push(call);
    const found = responses[call.name] ?? responses["*"];
    if (found === undefined) {
      throw new Error(`no response is given for ${call.name}`);
    }
    const next = Array.isArray(found) ? (found.length > 1 ? found.shift() : found[0]) : found;
    const response = typeof next === "function" ? await next(call) : next;
    init.signal?.throwIfAborted();
    if (response instanceof Error) {
      throw response;
    }
    return response instanceof Response ? response.clone() : json(response);
  };
  return { fetch, calls, names: () => calls.map((call) => call.name) };
}

export function json(body, status = 200, headers = {}) {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json", ...headers } });
}

export function problem(status, code, headers = {}) {
  return json({
    type: `urn:x:${code}`, title: `Title of ${code}`, status, detail: `Detail of ${code}`, code, request_id: "r-1",
  }, status, headers);
}

/** A response that fails when the call is aborted, as that of a server that hangs. */
export function hangs({ signal }) {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
}

export const signedIn = (expires = 3600_000, more = {}) => ({
  authenticated: true, user: { id: "kp_1", org_code: "org_1" }, permissions: ["view_reports"],
  roles: [{ id: "role_1", key: "editor", name: "Editor" }],
  feature_flags: {
    on: { t: "b", v: true }, off: { t: "b", v: false }, theme: { t: "s", v: "dark" }, limit: { t: "i", v: 50 },
  },
  expires_at: new Date(Date.now() + expires).toISOString(), ...more,
});

export const signedOut = { authenticated: false };

/** Lets everything happen that needs no time. */
export const settle = () => new Promise((resolve) => setTimeout(resolve, 5));
