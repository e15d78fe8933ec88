// What the module sends, how it reads responses, and what becomes of failures.

import assert from "node:assert/strict";
import { inPage, server, json, problem, hangs, signedIn, settle, moduleURL } from "./browser.mjs";

const { createClient, KindeError } = await import(moduleURL);

const session = "GET /api/session";

inPage("requests carry the CSRF header and the session's organization", async () => {
  const s = server({ [session]: signedIn(), "GET /api/user-profile": { id: "kp_1" } });
  assert.deepEqual(await createClient(s).profile(), { id: "kp_1" });
  assert.deepEqual(s.names(), [session, "GET /api/user-profile"]);
  for (const call of s.calls) {
    assert.deepEqual(call.headers, call.path === "/api/session" ? { accept: "application/json", "x-csrf": "1" }
      : { accept: "application/json", "x-csrf": "1", "x-organization": "org_1" });
    assert.deepEqual([call.cache, call.redirect, call.credentials ?? "same-origin"],
      ["no-store", "manual", "same-origin"]);
  }
});

inPage("getToken is called for each request, and no cookie is sent", async () => {
  const s = server({ "*": {} });
  const tokens = ["t1", "t2", undefined];
  const client = createClient({ baseUrl: "https://api.example", getToken: async () => tokens.shift(), fetch: s.fetch });
  await client.profile();
  await client.profile();
  await client.profile();
  assert.deepEqual(s.calls.map((call) => call.url), Array(3).fill("https://api.example/api/user-profile"));
  assert.deepEqual(s.calls.map((call) => call.headers.authorization), ["Bearer t1", "Bearer t2", undefined]);
  assert.ok(s.calls.every((call) => !("x-csrf" in call.headers) && call.credentials === "omit"));
});

inPage("each function calls its route", async () => {
  const s = server({ [session]: signedIn(), "*": { url: "https://acme.example/x", data: {} } });
  const c = createClient(s);
  const made = [
    [() => c.profile(), "GET /api/user-profile"],
    [() => c.account(), "GET /api/account"],
    [() => c.account({ include: ["profile", "roles"] }), "GET /api/account?include=profile%2Croles"],
    [() => c.entitlement("a/b c"), "GET /api/entitlements/a%2Fb%20c"],
    [() => c.entitlements().all(), "GET /api/entitlements?all=true"],
    [() => c.flags().all(), "GET /api/feature-flags?all=true"],
    [() => c.permissions().all(), "GET /api/permissions?all=true"],
    [() => c.properties().all(), "GET /api/properties?all=true"],
    [() => c.roles().all(), "GET /api/roles?all=true"],
    [() => c.openPortal(), "GET /portal"],
    [() => c.openPortal({ subnav: "profile", returnUrl: "/a?b" }), "GET /portal?subnav=profile&return_url=%2Fa%3Fb"],
    [() => c.connect("drive", { returnUrl: "/a" }), "GET /api/connected-apps/drive/connect?return_url=%2Fa"],
    [() => c.appToken("drive"), "GET /api/connected-apps/drive/token"],
    [() => c.appToken("drive", { connection: "s" }), "GET /api/connected-apps/drive/token?connection=s"],
    [() => c.revokeApp("drive", { connection: "s" }), "POST /api/connected-apps/drive/revoke?connection=s"],
    [() => c.introspect(), "POST /api/introspect", {}],
    [() => c.introspect({ token: "t" }), "POST /api/introspect", { token: "t" }],
    [() => c.revoke({ token: "t", token_type_hint: "refresh_token" }), "POST /api/revoke",
      { token: "t", token_type_hint: "refresh_token" }],
    [() => c.organizations(), "GET /api/organizations"],
    [() => c.refresh(), "POST /auth/refresh"],
    [() => c.health(), "GET /api/health"],
  ];
  for (const [make, want, body] of made) {
    await make();
    const call = s.calls.at(-1);
    assert.equal(call.name, want);
    if (body) {
      assert.deepEqual([call.headers["content-type"], JSON.parse(call.body)], ["application/json", body]);
    }
  }
});

inPage("an empty success is accepted, as from revoke", async () => {
  const s = server({ [session]: signedIn(), "POST /api/revoke": () => new Response(null, { status: 200 }) });
  await createClient(s).revoke();
});

inPage("a problem becomes a KindeError with its code", async () => {
  const throttled = problem(429, "upstream-throttled", { "Retry-After": "60" });
  const s = server({ [session]: signedIn(), "GET /api/user-profile": throttled });
  const error = await createClient(s).profile().catch((e) => e);
  assert.ok(error instanceof KindeError && error instanceof Error);
  assert.equal(error.message, "Detail of upstream-throttled");
  const { name, code, title, status, requestId, retryAfter } = error;
  assert.deepEqual({ name, code, title, status, requestId, retryAfter }, {
    name: "KindeError", code: "upstream-throttled", title: "Title of upstream-throttled", status: 429,
    requestId: "r-1", retryAfter: 60,
  });
  assert.equal(s.calls.length, 2);
});

for (const [what, response, status] of [
  ["a page", () => new Response("<!doctype html>", { status: 404, headers: { "Content-Type": "text/html" } }), 404],
  ["a page that claims success", () => new Response("<!doctype html>"), 200],
  ["JSON of a gateway", json({ message: "Internal Server Error" }, 500), 500],
  ["JSON cut short", () => new Response('{"id": "kp', { status: 200 }), 200],
  ["a redirect to a login wall", () => ({
    type: "opaqueredirect", status: 0, ok: false, headers: new Headers(), text: async () => "",
  }), 0],
]) {
  inPage(`${what} is unreadable`, async () => {
    const made = () => typeof response === "function" ? response() : response.clone();
    const fetch = async (url) => url === "/api/session" ? json(signedIn()) : made();
    await assert.rejects(createClient({ fetch }).profile(), { name: "KindeError", code: "unreadable", status });
  });
}

inPage("a network failure does not disclose its cause, which may hold the token", async () => {
  const s = server({ "*": new TypeError('Headers.append: "Bearer secret" is an invalid header value.') });
  const error = await createClient({ getToken: () => "secret", fetch: s.fetch }).profile().catch((e) => e);
  assert.equal(error.code, "unreachable");
  assert.doesNotMatch(`${error} ${error.stack} ${JSON.stringify(error)} ${error.cause}`, /secret/);
});

inPage("an error of getToken is passed on", async () => {
  const own = new Error("not set up");
  await assert.rejects(createClient({ getToken: () => Promise.reject(own), ...server({}) }).profile(), own);
});

inPage("session-superseded is retried once, after a pause", async () => {
  const s = server({
    [session]: signedIn(),
    "GET /api/roles?all=true": [problem(409, "session-superseded"), { data: { roles: [] } }],
    "POST /api/revoke": [problem(409, "session-superseded"), {}],
  });
  const c = createClient(s), began = Date.now();
  await c.roles().all();
  assert.ok(Date.now() - began >= 290);
  await c.revoke();
  assert.deepEqual(s.names().slice(1),
    ["GET /api/roles?all=true", "GET /api/roles?all=true", "POST /api/revoke", "POST /api/revoke"]);
});

inPage("session-superseded is not retried twice", async () => {
  const s = server({ [session]: signedIn(), "GET /api/user-profile": problem(409, "session-superseded") });
  await assert.rejects(createClient(s).profile(), { code: "session-superseded", status: 409 });
  assert.equal(s.calls.length, 3);
});

inPage("a short Retry-After is waited for once, for reads alone", async () => {
  const throttled = problem(429, "upstream-throttled", { "Retry-After": "1" });
  const s = server({
    [session]: signedIn(), "GET /api/user-profile": [throttled, { id: "kp_1" }],
    "GET /api/account": throttled, "POST /api/revoke": throttled,
  });
  const c = createClient(s), began = Date.now();
  assert.equal((await c.profile()).id, "kp_1");
  assert.ok(Date.now() - began >= 990);
  await assert.rejects(c.account(), { retryAfter: 1 });
  await assert.rejects(c.revoke(), { retryAfter: 1 });
  assert.deepEqual(s.names().slice(3), ["GET /api/account", "GET /api/account", "POST /api/revoke"]);
});

inPage("concurrent identical requests share one", async () => {
  const s = server({ [session]: signedIn(), "*": {} });
  const c = createClient(s);
  await Promise.all([c.profile(), c.profile(), c.profile(), c.account()]);
  assert.deepEqual(s.names(), [session, "GET /api/user-profile", "GET /api/account"]);
  await c.profile();
  assert.equal(s.calls.length, 4);
  await Promise.all([c.introspect({ token: "a" }), c.introspect({ token: "b" })]);
  assert.equal(s.calls.length, 6);
});

inPage("requests with different tokens are not shared", async () => {
  let token = "a";
  const s = server({ "*": async ({ headers }) => { await settle(); return { who: headers.authorization }; } });
  const c = createClient({ getToken: () => token, fetch: s.fetch });
  const first = c.profile();
  await Promise.resolve();
  token = "b";
  assert.deepEqual([await first, await c.profile()], [{ who: "Bearer a" }, { who: "Bearer b" }]);
});

inPage("aborting one caller keeps a shared request for the others", async () => {
  const s = server({
    [session]: signedIn(),
    "GET /api/user-profile": async () => { await settle(); return { id: "kp_1" }; },
  });
  const c = createClient(s), one = new AbortController(), reason = new Error("gone");
  await c.session();
  const both = [c.profile({ signal: one.signal }), c.profile()];
  await Promise.resolve();
  one.abort(reason);
  await assert.rejects(both[0], reason);
  assert.equal((await both[1]).id, "kp_1");
  assert.equal(s.calls.at(-1).signal.aborted, false);
});

inPage("aborting the last caller aborts the request, and the next caller starts another", async () => {
  const s = server({ [session]: signedIn(), "GET /api/user-profile": [hangs, { id: "kp_1" }] });
  const c = createClient(s), one = new AbortController(), two = new AbortController();
  await c.session();
  const both = [c.profile({ signal: one.signal }), c.profile({ signal: two.signal })];
  await settle();
  one.abort();
  two.abort();
  const next = c.profile();
  for (const call of both) {
    await assert.rejects(call, { name: "AbortError" });
  }
  assert.equal(s.calls[1].signal.aborted, true);
  assert.equal((await next).id, "kp_1");
});

inPage("an aborted signal sends nothing", async () => {
  const s = server({});
  await assert.rejects(createClient(s).profile({ signal: AbortSignal.abort() }), { name: "AbortError" });
  assert.equal(s.calls.length, 0);
});

inPage("a request without response ends at the time limit", async () => {
  const s = server({ [session]: signedIn(), "*": hangs });
  await assert.rejects(createClient({ fetch: s.fetch, timeout: 30 }).profile(),
    { name: "KindeError", code: "timeout", status: 0 });
  assert.equal(s.calls[1].signal.aborted, true);
});

inPage("lists iterate over pages until the last or a break", async () => {
  const page = (n, more) => ({
    data: { entitlements: [{ feature_key: `f${n}` }] },
    metadata: { has_more: more, next_page_starting_after: `c${n}` },
  });
  const path = "GET /api/entitlements?page_size=1";
  const s = server({
    [session]: signedIn(), [path]: page(1, true), [`${path}&starting_after=c1`]: page(2, true),
    [`${path}&starting_after=c2`]: { data: { entitlements: [] } },
  });
  const c = createClient(s), seen = [];
  for await (const { data } of c.entitlements({ pageSize: 1 })) {
    seen.push(data.entitlements.length);
  }
  assert.deepEqual(seen, [1, 1, 0]);
  for await (const { data } of c.entitlements({ pageSize: 1 })) {
    assert.equal(data.entitlements[0].feature_key, "f1");
    break;
  }
  assert.equal(s.calls.length, 5);
});

for (const cursor of ["c1", undefined, null]) {
  inPage(`a list with the cursor ${cursor} again is an error`, async () => {
    const page = { data: {}, metadata: { has_more: true, next_page_starting_after: cursor } };
    const s = server({ [session]: signedIn(), "*": page });
    await assert.rejects(async () => {
      for await (const _ of createClient(s).roles()) {
        assert.ok(s.calls.length < 5);
      }
    }, { code: "unreadable" });
  });
}

inPage("entitlement() is null for not-entitled and rejects for other failures", async () => {
  const s = server({
    [session]: signedIn(),
    "GET /api/entitlements/a": problem(404, "not-entitled"), "GET /api/entitlements/b": problem(404, "not-found"),
    "GET /api/entitlements/c": { data: { org_code: "org_1", entitlement: { feature_key: "c" } } },
  });
  const c = createClient(s);
  assert.equal(await c.entitlement("a"), null);
  await assert.rejects(c.entitlement("b"), { code: "not-found" });
  assert.equal((await c.entitlement("c")).data.entitlement.feature_key, "c");
});
