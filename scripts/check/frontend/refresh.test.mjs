// Refreshing: on request, after the portal, on a refused refresh, and after a switch of the organization.

import assert from "node:assert/strict";
import { FakeChannel, inPage, server, problem, hangs, signedIn, signedOut, settle, moduleURL } from "./browser.mjs";

const { createClient, KindeError } = await import(moduleURL);

const session = "GET /api/session";
const refresh = "POST /auth/refresh";
const refreshed = (more = {}) => ({ ...signedIn(3600_000, more), claims_refreshed: true });
const inOrganization = (code) => signedIn(3600_000, { user: { id: "kp_1", org_code: code } });

inPage("refresh() returns the new session, caches it, and notifies every tab", async () => {
  const s = server({ [session]: () => signedIn(), [refresh]: () => refreshed() });
  const here = createClient(s), there = createClient(s), heard = [];
  here.onChange(() => heard.push("here"));
  there.onChange(() => heard.push("there"));
  await here.session();
  await there.session();
  assert.equal((await here.refresh()).claims_refreshed, true);
  await settle();
  assert.deepEqual(heard, ["here", "there"]); // what /api/entitlements returns may have changed
  assert.equal("claims_refreshed" in await here.session(), false);
  assert.deepEqual(s.names(), [session, session, refresh, session]);
});

inPage("concurrent refresh() calls share one request, and hold the lock", async (page) => {
  const s = server({ [refresh]: async () => { await settle(); return refreshed(); } });
  const c = createClient(s);
  await Promise.all([c.refresh(), c.refresh()]);
  assert.deepEqual(s.names(), [refresh]);
  assert.deepEqual(page.locks.held, ["kinde-functions"]);
  assert.deepEqual([s.calls[0].headers["x-csrf"], s.calls[0].body], ["1", undefined]);
});

inPage("a failed refresh() keeps the session", async () => {
  const s = server({ [session]: () => signedIn(), [refresh]: problem(502, "upstream-failed") });
  const c = createClient(s);
  await c.session();
  await assert.rejects(c.refresh(), { code: "upstream-failed" });
  assert.equal((await c.session()).authenticated, true);
});

inPage("the first session() after the portal refreshes, once", async (page) => {
  const s = server({
    [session]: () => signedIn(), [refresh]: () => refreshed(),
    "GET /portal": { url: "https://acme.example/p" }, "*": {},
  });
  const before = createClient(s);
  await before.openPortal();
  await before.session();
  await before.profile();
  assert.equal(s.names().includes(refresh), false); // the browser is still leaving
  page.events.dispatchEvent(new Event("pagehide"));
  s.calls.length = 0;
  const after = createClient(s);
  await Promise.all([after.session(), after.can({ permission: "view_reports" }), after.entitlement("seats")]);
  assert.deepEqual(s.names(), [refresh, "GET /api/entitlements/seats"]);
  await createClient(s).session();
  assert.deepEqual(s.names().slice(2), [session]);
  assert.deepEqual(page.storage, {});
});

inPage("openPortal() that failed leaves no mark", async (page) => {
  const s = server({ [session]: () => signedIn(), "GET /portal": problem(502, "portal-failed") });
  await assert.rejects(createClient(s).openPortal(), { code: "portal-failed" });
  const bearer = server({ "GET /portal": { url: "https://acme.example/p" } });
  await createClient({ getToken: () => "t", fetch: bearer.fetch }).openPortal(); // has no session to refresh
  assert.deepEqual(page.storage, {});
});

inPage("after the portal a failed refresh falls back to the session", async (page) => {
  page.storage["kinde-functions"] = "true";
  const s = server({ [session]: () => signedIn(), [refresh]: problem(429, "rate-limited", { "Retry-After": "60" }) });
  assert.equal((await createClient(s).session()).authenticated, true);
  assert.deepEqual(s.names(), [refresh, session]);
});

inPage("after the portal a failed refresh is not sent again while the session is read", async (page) => {
  page.storage["kinde-functions"] = "true";
  const s = server({ [session]: () => settle().then(() => signedOut), [refresh]: problem(401, "no-token") });
  const c = createClient(s);
  const first = c.session();
  while (!s.names().includes(session)) {
    await settle();
  }
  await Promise.all([first, c.session()]);
  assert.equal(s.names().filter((name) => name === refresh).length, 1);
});

inPage("a page kept while the user was at the portal refreshes once when it shows again", async (page) => {
  const s = server({ [session]: () => signedIn(), [refresh]: () => settle().then(() => refreshed()) });
  const c = createClient(s);
  c.onChange(() => {});
  await c.session();
  page.events.dispatchEvent(new Event("pagehide"));
  page.storage["kinde-functions"] = "true";
  const first = c.session(); // of an element that hears of pageshow before the client does
  while (!s.names().includes(refresh)) {
    await Promise.resolve();
  }
  page.events.dispatchEvent(new Event("pageshow"));
  await first;
  await settle();
  assert.equal(s.names().filter((name) => name === refresh).length, 1);
});

inPage("denied storage does not stop openPortal() or session()", async (page) => {
  Object.defineProperty(globalThis, "sessionStorage", {
    get() { throw new DOMException("denied", "SecurityError"); },
    configurable: true,
  });
  const s = server({ [session]: () => signedIn(), "GET /portal": { url: "https://acme.example/p" } });
  await createClient(s).openPortal();
  assert.deepEqual(page.visited, ["https://acme.example/p"]);
  assert.equal((await createClient(s).session()).authenticated, true);
  page.events.dispatchEvent(new Event("pagehide"));
});

inPage("session-expired is asked once more, half a second later", async () => {
  const s = server({
    [session]: [problem(401, "session-expired"), signedIn()],
    "GET /api/user-profile": [problem(401, "session-expired"), { id: "kp_1" }],
  });
  const c = createClient(s), began = Date.now();
  assert.equal((await c.session()).authenticated, true);
  assert.ok(Date.now() - began >= 490);
  assert.equal((await c.profile()).id, "kp_1");
  assert.equal(s.calls.length, 4);
});

inPage("session-superseded and then session-expired are each retried once", async () => {
  const s = server({ [session]: [problem(409, "session-superseded"), problem(401, "session-expired"), signedIn()] });
  assert.equal((await createClient(s).session()).authenticated, true);
  assert.equal(s.calls.length, 3);
});

inPage("a session whose refresh was refused twice is signed out, and says that it expired", async () => {
  const s = server({ [session]: [signedIn(60_000), problem(401, "session-expired")] });
  const c = createClient(s);
  let heard = 0;
  c.onChange(() => heard++);
  await c.session();
  const { now } = Date;
  Date.now = () => now() + 61_000;
  assert.deepEqual(await c.session(), { authenticated: false, expired: true });
  Date.now = now;
  assert.deepEqual([await c.signedIn(), heard], [false, 1]);
});

inPage("a token that /api/session refuses is an error", async () => {
  const s = server({ [session]: problem(401, "invalid-token") });
  await assert.rejects(createClient({ getToken: () => "t", fetch: s.fetch }).session(), { code: "invalid-token" });
});

inPage("X-Organization is sent with requests for the user's data, and not with the session's own", async () => {
  const s = server({
    [session]: () => signedIn(), [refresh]: () => refreshed(),
    "POST /auth/logout": { url: "https://acme.example/" }, "*": {},
  });
  const c = createClient(s);
  await c.profile();
  await c.request("/api/orders");
  await c.refresh();
  await c.logout();
  assert.deepEqual(s.calls.map((call) => call.headers["x-organization"]),
    [undefined, "org_1", "org_1", undefined, undefined]);
  const none = server({ [session]: inOrganization(""), "*": {} });
  await createClient(none).profile();
  assert.equal("x-organization" in none.calls[1].headers, false);
});

inPage("organization-changed reads the session again and dispatches an event", async (page) => {
  const s = server({
    [session]: [inOrganization("org_1"), inOrganization("org_2")],
    "GET /api/roles?all=true": problem(409, "organization-changed"),
  });
  const c = createClient(s), events = [];
  page.events.addEventListener("organization-changed", ({ detail }) => events.push(detail));
  await assert.rejects(c.roles().all(), { code: "organization-changed" });
  await settle();
  assert.deepEqual(events, [{ id: "kp_1", org_code: "org_2" }]);
  assert.deepEqual(s.names(), [session, "GET /api/roles?all=true", session]);
  assert.equal((await c.session()).user.org_code, "org_2");
});

inPage("a tab learns that another tab switched the organization", async (page) => {
  const s = server({ [session]: [inOrganization("org_1"), inOrganization("org_2")] });
  const waiting = createClient(s), events = [];
  let heard = 0;
  page.events.addEventListener("organization-changed", ({ detail }) => events.push(detail.org_code));
  waiting.onChange(() => heard++);
  await waiting.session();
  await createClient(s).session(); // the page after the switch
  await settle();
  assert.deepEqual([events, heard], [["org_2"], 1]);
});

inPage("another user is no switch of the organization", async (page) => {
  const other = signedIn(3600_000, { user: { id: "kp_2", org_code: "org_2" } });
  const s = server({ [session]: [inOrganization("org_1"), other] });
  page.events.addEventListener("organization-changed", () => assert.fail("another user signed in"));
  const waiting = createClient(s);
  waiting.onChange(() => {});
  await waiting.session();
  await createClient(s).session();
  await settle();
  assert.equal((await waiting.session()).user.id, "kp_2");
});

inPage("switchOrganization() signs in to the organization without a form", async (page) => {
  createClient().switchOrganization("org_2");
  createClient().switchOrganization("org_3", { returnUrl: "/team" });
  assert.deepEqual(page.visited, [
    "/auth/login?return_url=https%3A%2F%2Fsite.example%2Fpricing%3Fplan%3Dpro%23seats&org_code=org_2&prompt=none",
    "/auth/login?return_url=%2Fteam&org_code=org_3&prompt=none",
  ]);
});

inPage("logout() aborts this page's requests and takes the lock from other tabs", async (page) => {
  let late;
  const s = server({
    [session]: [signedIn(), hangs, signedOut], "GET /api/account": hangs,
    "POST /auth/logout": { url: "https://acme.example/" },
  });
  const here = createClient(s), there = createClient(s);
  await here.session();
  const account = here.account().catch((error) => error.name);
  late = there.session(); // holds the lock and gets no response
  await settle();
  await here.logout({ allSessions: true });
  assert.equal(await account, "AbortError");
  const { body } = s.calls.find((call) => call.name === "POST /auth/logout");
  assert.deepEqual(JSON.parse(body), { all_sessions: "true" });
  assert.deepEqual(await late, signedOut); // asked again after the sign-out
  assert.deepEqual(page.visited, ["https://acme.example/"]);
});

inPage("a session request under way when the user signs out signs no user in", async () => {
  let respond;
  const s = server({
    [session]: [signedIn(60_000), () => new Promise((resolve) => { respond = resolve; }), signedOut],
    "POST /auth/logout": { url: "https://acme.example/" },
  });
  const c = createClient(s);
  await c.session();
  const { now } = Date;
  Date.now = () => now() + 61_000;
  const under = c.session().catch((error) => error.name);
  await settle();
  await c.logout();
  Date.now = now;
  respond(signedIn());
  assert.equal(await under, "AbortError");
  assert.equal((await c.session()).authenticated, false);
  assert.equal(JSON.parse(FakeChannel.sent.at(-1)).authenticated, false);
});

inPage("a prerendered page asks for nothing, and its time limit starts when it is shown", async (page) => {
  page.document.prerendering = true;
  const s = server({ [session]: () => signedIn(), "*": {} });
  const c = createClient({ fetch: s.fetch, timeout: 40 });
  const profile = c.profile(), token = createClient({ getToken: () => "t", fetch: s.fetch, timeout: 40 }).account();
  await new Promise((resolve) => setTimeout(resolve, 80));
  assert.equal(s.calls.length, 0);
  page.document.prerendering = false;
  page.document.dispatchEvent(new Event("prerenderingchange"));
  await Promise.all([profile, token]);
  assert.equal(s.calls.length, 3);
});

for (const timeout of [Infinity, 0, 2 ** 31, 2 ** 40, -1, NaN]) {
  inPage(`a time limit of ${timeout} is none`, async () => {
    const s = server({ [session]: async () => { await settle(); return signedIn(); } });
    assert.equal((await createClient({ fetch: s.fetch, timeout }).session()).authenticated, true);
  });
}

inPage("errors are KindeErrors with the codes of the functions", async () => {
  const s = server({ [session]: signedIn(), [refresh]: problem(429, "rate-limited", { "Retry-After": "60" }) });
  const error = await createClient(s).refresh().catch((cause) => cause);
  assert.ok(error instanceof KindeError);
  assert.deepEqual([error.code, error.status, error.retryAfter], ["rate-limited", 429, 60]);
});
