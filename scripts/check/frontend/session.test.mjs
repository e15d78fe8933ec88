// The session: how long it is cached, which tab refreshes it, what other tabs learn, sign-in and sign-out.

import assert from "node:assert/strict";
import { FakeChannel, inPage, server, problem, hangs, signedIn, signedOut, settle, moduleURL } from "./browser.mjs";

const { createClient } = await import(moduleURL);

const session = "GET /api/session";

inPage("session() is cached until expires_at", async (page) => {
  const s = server({ [session]: () => signedIn(60_000), "*": {} });
  const c = createClient(s);
  await Promise.all([c.session(), c.session(), c.profile()]);
  page.pass(59_000);
  await c.session();
  assert.deepEqual(s.names(), [session, "GET /api/user-profile"]);
  page.pass(1001);
  await Promise.all([c.account(), c.profile()]);
  assert.deepEqual(s.names().slice(2), [session, "GET /api/account", "GET /api/user-profile"]);
});

inPage("session() caches neither signed-out responses nor responses to a token", async () => {
  const s = server({ [session]: [signedOut, signedIn()] });
  const c = createClient(s);
  assert.equal(await c.signedIn(), false);
  assert.equal(await c.signedIn(), true);
  const b = createClient({ getToken: () => "t", fetch: s.fetch });
  await b.session();
  await b.session();
  assert.equal(s.calls.length, 4);
});

inPage("signedIn() with getToken is whether there is a token", async () => {
  const s = server({});
  assert.equal(await createClient({ getToken: () => "t", fetch: s.fetch }).signedIn(), true);
  assert.equal(await createClient({ getToken: async () => undefined, fetch: s.fetch }).signedIn(), false);
  assert.equal(s.calls.length, 0);
});

inPage("tabs refresh an expired session one at a time", async (page) => {
  let busy = 0, most = 0;
  const s = server({
    [session]: async () => {
      most = Math.max(most, ++busy);
      await settle();
      busy--;
      return signedIn(60_000);
    },
    "*": {},
  });
  const tabs = [createClient(s), createClient(s), createClient(s)];
  await Promise.all(tabs.map((tab) => tab.session()));
  page.pass(60_001);
  await Promise.all(tabs.flatMap((tab) => [tab.profile(), tab.account()]));
  assert.equal(most, 1);
  assert.deepEqual(page.locks.held, Array(6).fill("kinde-functions"));
  assert.equal(s.names().filter((name) => name === session).length, 6);
});

inPage("session() works without Web Locks", async () => {
  const s = server({ [session]: signedIn(), "*": {} });
  assert.equal((await createClient(s).session()).user.id, "kp_1");
}, { locks: false });

inPage("a caller waiting for the lock can abort", async (page) => {
  const s = server({ [session]: hangs });
  createClient({ fetch: s.fetch, timeout: 100 }).session().catch(() => {});
  await settle();
  const stop = new AbortController();
  const waiting = createClient(s).session({ signal: stop.signal });
  await settle();
  stop.abort();
  await assert.rejects(waiting, { name: "AbortError" });
  assert.equal(page.locks.held.length, 1);
});

inPage("a failed session request does not stop a call", async () => {
  const s = server({ [session]: problem(500, "misconfigured"), "GET /api/user-profile": { id: "kp_1" } });
  assert.equal((await createClient(s).profile()).id, "kp_1");
});

inPage("logout() ends the session, notifies every tab, and goes to Kinde", async (page) => {
  const s = server({
    [session]: [signedIn(), signedIn(), signedOut],
    "POST /auth/logout": { url: "https://acme.example/logout?redirect=x" },
  });
  const here = createClient(s), there = createClient(s), heard = [];
  here.onChange(() => heard.push("here"));
  there.onChange(() => heard.push("there"));
  const off = there.onChange(() => heard.push("no longer"));
  off();
  await Promise.all([here.session(), there.session()]);
  await settle();
  assert.deepEqual(heard, []);
  await here.logout({ returnUrl: "/bye" });
  await settle();
  assert.deepEqual(heard, ["here", "there"]);
  assert.deepEqual(JSON.parse(s.calls.find((call) => call.method === "POST").body), { return_url: "/bye" });
  assert.deepEqual(page.visited, ["https://acme.example/logout?redirect=x"]);
  assert.equal((await there.session()).authenticated, false);
});

inPage("a failed logout() keeps the session", async (page) => {
  const s = server({ [session]: signedIn(), "POST /auth/logout": problem(400, "invalid-return-url") });
  const c = createClient(s);
  c.onChange(() => assert.fail("nothing has changed"));
  await c.session();
  await assert.rejects(c.logout({ returnUrl: "//evil" }), { code: "invalid-return-url" });
  assert.equal((await c.session()).authenticated, true);
  assert.deepEqual([s.calls.length, page.visited.length], [3, 0]);
});

inPage("a tab learns of a sign-in or another user from the next page that asks", async () => {
  const s = server({ [session]: [signedOut, signedIn()] });
  const waiting = createClient(s), heard = [];
  waiting.onChange(async () => heard.push((await waiting.session()).user?.id));
  await waiting.session();
  await createClient(s).session(); // the page that the sign-in leads to
  await settle();
  assert.deepEqual(heard, ["kp_1"]);
  const other = server({ [session]: signedIn(3600_000, { user: { id: "kp_2", org_code: "org_1" } }) });
  s.calls.length = 0;
  await createClient(other).session();
  await settle();
  assert.equal(s.calls.length, 1); // it asked anew
  const said = FakeChannel.sent.length;
  await settle();
  assert.equal(FakeChannel.sent.length, said); // and the clients do not notify each other again
});

inPage("a session response from before a sign-out is not cached after it", async () => {
  let respond;
  const s = server({
    [session]: [signedIn(), () => new Promise((resolve) => { respond = resolve; }), signedOut],
    "POST /auth/logout": { url: "https://acme.example/" },
  });
  const here = createClient(s), there = createClient(s);
  await here.session();
  const late = there.session();
  await settle();
  await here.logout();
  await settle();
  respond(signedIn());
  await late;
  assert.equal((await there.session()).authenticated, false);
});

inPage("a 401 reads the session again and notifies only of a change", async () => {
  const s = server({
    [session]: [signedIn(), signedIn(), signedOut],
    "GET /api/user-profile": problem(401, "invalid-token"),
  });
  const c = createClient(s);
  let heard = 0;
  c.onChange(() => heard++);
  await assert.rejects(c.profile(), { status: 401 });
  await settle();
  assert.deepEqual([s.names().length, heard], [3, 0]);
  await assert.rejects(c.profile(), { status: 401 });
  await settle();
  assert.deepEqual([s.names().length, heard], [5, 1]);
});

inPage("a page in the back/forward cache closes its channel and forgets the session", async (page) => {
  const s = server({ [session]: [signedIn(), signedOut] });
  const c = createClient(s);
  let heard = 0;
  c.onChange(() => heard++);
  await c.session();
  assert.equal(FakeChannel.open.size, 1);
  page.events.dispatchEvent(new Event("pagehide"));
  assert.equal(FakeChannel.open.size, 0);
  page.events.dispatchEvent(new Event("pageshow"));
  await settle();
  assert.deepEqual([heard, FakeChannel.open.size, s.calls.length], [1, 1, 2]);
});

inPage("no token is stored or sent to other tabs", async () => {
  const s = server({ [session]: signedIn() });
  await createClient(s).session();
  await createClient({ getToken: () => "secret", fetch: s.fetch }).session();
  assert.doesNotMatch(JSON.stringify(FakeChannel.sent), /secret/);
  assert.equal(FakeChannel.open.size, 1); // a client with tokens has nothing to say
});

inPage("login() and register() return to this page by default", async (page) => {
  const c = createClient();
  c.login();
  c.register({ returnUrl: "/welcome", org_code: "org_1", login_hint: undefined });
  createClient({ baseUrl: "https://api.example" }).login({ prompt: "login" });
  assert.deepEqual(page.visited, [
    "/auth/login?return_url=https%3A%2F%2Fsite.example%2Fpricing%3Fplan%3Dpro%23seats",
    "/auth/register?return_url=%2Fwelcome&org_code=org_1",
    "https://api.example/auth/login?return_url=https%3A%2F%2Fsite.example%2Fpricing%3Fplan%3Dpro%23seats&prompt=login",
  ]);
});

inPage("only http and https URLs are navigated to", async (page) => {
  const refused = [
    "javascript:alert(1)", "data:text/html,x", "//evil.example", "/relative", "https://", " https://a.example", "",
    7, undefined, null,
  ];
  for (const url of refused) {
    const s = server({ [session]: signedIn(), "*": { url }, "POST /auth/logout": { url } });
    const c = createClient(s);
    await assert.rejects(c.openPortal(), { code: "unreadable" });
    await assert.rejects(c.connect("drive"), { code: "unreadable" });
    await assert.rejects(c.logout(), { code: "unreadable" });
  }
  assert.deepEqual(page.visited, []);
  const s = server({ [session]: signedIn(), "*": { url: "http://127.0.0.1:8890/portal_redirect?key=1" } });
  await createClient(s).openPortal({ subnav: "profile" });
  assert.deepEqual(page.visited, ["http://127.0.0.1:8890/portal_redirect?key=1"]);
});

inPage("connect() hands over a connection that the caller must keep", async (page) => {
  const s = server({
    [session]: signedIn(),
    "*": [{ url: "https://acme.example/a" }, { url: "https://acme.example/b", connection: "sealed" }],
  });
  await createClient(s).connect("drive");
  assert.deepEqual(page.visited, ["https://acme.example/a"]);
  const kept = await createClient({ getToken: () => "t", fetch: s.fetch }).connect("drive");
  assert.deepEqual(kept, { url: "https://acme.example/b", connection: "sealed" });
  assert.equal(page.visited.length, 1);
});
