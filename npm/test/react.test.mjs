// The React hooks against functions that the test plays, in React's own renderer.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { createElement, StrictMode } from "react";
import { renderToString } from "react-dom/server";
import { act, create } from "react-test-renderer";
import { createClient } from "../kinde-functions.js";
import { KindeContext, useAccount, useCan, useSession } from "../react.js";

globalThis.IS_REACT_ACT_ENVIRONMENT = true;
const signedIn = {
  authenticated: true, user: { id: "kp_1", org_code: "org_1" }, permissions: ["view_reports"], roles: [],
  feature_flags: {}, expires_at: "2999-01-01T00:00:00Z",
};
let responses, asked, client, trees;

beforeEach(() => {
  asked = [];
  trees = [];
  responses = {
    "/api/session": { ...signedIn },
    "/api/account": { profile: { given_name: "Ada" } },
    "/api/account?include=roles": { roles: { data: { roles: [] } } },
  };
  client = createClient({
    fetch: async (path, { method, signal }) => {
      asked.push(path);
      const body = responses[path] ?? { code: "not-found", status: 404 };
      await body.held;
      signal.throwIfAborted();
      return Response.json(path === "/auth/refresh" ? { ...body, claims_refreshed: method === "POST" } : body,
        { status: body.code ? body.status : 200 });
    },
  });
});
afterEach(() => act(async () => trees.forEach((tree) => tree.unmount())));

/** Renders components of the hooks and collects what each shows. */
async function render(hooks, { strict = false } = {}) {
  const seen = hooks.map(() => []);
  const components = hooks.map((hook, i) => () => {
    const state = hook();
    if (seen[i].at(-1) !== state) seen[i].push(state);
    return null;
  });
  const tree = (shown) => createElement(strict ? StrictMode : "div", null,
    createElement(KindeContext.Provider, { value: client }, shown.map((c, key) => createElement(c, { key }))));
  let root;
  await act(async () => { root = create(tree(components)); });
  trees.push(root);
  return { seen, show: (n) => act(async () => root.update(tree(components.slice(0, n)))),
    unmount: () => act(async () => root.unmount()) };
}
const settle = () => act(() => new Promise((resolve) => setTimeout(resolve, 5)));
const count = (path) => asked.filter((one) => one === path).length;

describe("hooks", () => {
  test("load first and then have their values", async () => {
    const { seen: [session, can, account] } = await render(
      [useSession, () => useCan({ permission: "view_reports" }), () => useAccount()]);
    assert.deepEqual(session[0], { loading: true });
    assert.deepEqual(session.at(-1), { session: signedIn, signedIn: true, loading: false });
    assert.deepEqual(can.at(-1), { allowed: true, loading: false });
    assert.deepEqual(account.at(-1), { account: { profile: { given_name: "Ada" } }, loading: false });
  });

  for (const strict of [false, true]) {
    test(`share requests${strict ? ", in StrictMode too" : ""}`, async () => {
      const entitled = () => useCan({ entitlement: "seats" });
      responses["/api/entitlements/seats"] = { data: {} };
      const { seen } = await render([useSession, useSession, () => useAccount(), () => useAccount(), entitled, entitled,
        () => useAccount({ include: ["roles"] })], { strict });
      assert.deepEqual([...asked].sort(),
        ["/api/account", "/api/account?include=roles", "/api/entitlements/seats", "/api/session"]);
      assert.equal(seen[0].at(-1), seen[1].at(-1));
      assert.equal(seen[5].at(-1).allowed, true);
    });
  }

  test("refuse what the user lacks", async () => {
    const { seen } = await render([
      () => useCan({ permission: "x" }),
      () => useCan({ permission: "view_reports", role: undefined }),
      () => useCan({}),
    ]);
    assert.deepEqual(seen.map((states) => states.at(-1).allowed), [false, true, false]);
  });

  test("know a user who is not signed in, and ask for no account", async () => {
    responses["/api/session"] = { authenticated: false };
    const { seen: [session, account, can] } = await render(
      [useSession, () => useAccount(), () => useCan({ permission: "view_reports" })]);
    assert.equal(session.at(-1).signedIn, false);
    assert.deepEqual(account.at(-1), { account: undefined, loading: false });
    assert.equal(can.at(-1).allowed, false);
    assert.deepEqual(asked, ["/api/session"]);
  });

  test("show a changed session, and its account alone", async () => {
    const { seen: [session, account] } = await render([useSession, () => useAccount()]);
    responses["/auth/refresh"] = { ...signedIn, user: { id: "kp_2", org_code: "org_1" } };
    responses["/api/account"] = { profile: { given_name: "Grace" } };
    await act(() => client.refresh());
    await settle();
    assert.equal(session.at(-1).session.user.id, "kp_2");
    assert.ok(session.slice(1).every(({ loading }) => !loading), "a page that is shown stays");
    assert.deepEqual(account.map((state) => state.account?.profile.given_name), [undefined, "Ada", undefined, "Grace"]);
    assert.equal(count("/api/account"), 2);
  });

  test("report an error, and the value of a later attempt", async () => {
    responses["/api/account"] = { code: "upstream-failed", title: "Failed", status: 502 };
    const { seen: [account] } = await render([() => useAccount()]);
    assert.equal(account.at(-1).error.code, "upstream-failed");
    assert.equal(account.at(-1).loading, false);
    responses["/api/account"] = { profile: {} };
    responses["/auth/refresh"] = { ...signedIn };
    await act(() => client.refresh());
    await settle();
    assert.deepEqual(account.at(-1), { account: { profile: {} }, loading: false });
  });

  test("abort what no component waits for, and load again later", async () => {
    let release;
    responses["/api/account"].held = new Promise((resolve) => (release = resolve));
    const { seen: [, account], show } = await render([useSession, () => useAccount()]);
    await show(1);
    await settle();
    release();
    await settle();
    assert.deepEqual(account, [{ loading: true }], "nothing is set after the component has gone");
    delete responses["/api/account"].held;
    await show(2);
    assert.equal(account.at(-1).account.profile.given_name, "Ada");
    assert.equal(count("/api/account"), 2);
  });

  test("hear of no change once they are gone", async () => {
    const { unmount } = await render([() => useAccount()]);
    await unmount();
    await settle();
    responses["/auth/refresh"] = { ...signedIn, user: { id: "kp_2", org_code: "org_1" } };
    await client.refresh();
    await settle();
    assert.equal(count("/api/account"), 1);
  });

  test("render on a server without a request", () => {
    const page = () => createElement("p", null, String(useSession().loading), useCan({ role: "x" }).allowed);
    assert.equal(renderToString(createElement(page)), "<p>true</p>");
    assert.deepEqual(asked, []);
  });
});
