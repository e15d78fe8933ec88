// can(): what each condition means, from the session and by token.

import assert from "node:assert/strict";
import { inPage, server, problem, signedIn, signedOut, moduleURL } from "./browser.mjs";

const { createClient } = await import(moduleURL);

const session = "GET /api/session";
const lists = {
  "GET /api/permissions?all=true": { data: { org_code: "org_1", permissions: [{ key: "view_reports" }] } },
  "GET /api/roles?all=true": { data: { org_code: "org_1", roles: [{ key: "editor" }] } },
  "GET /api/feature-flags?all=true": { data: { org_code: "org_1", feature_flags: [
    { key: "on", value: true }, { key: "off", value: false },
    { key: "theme", value: "dark" }, { key: "limit", value: 50 },
  ] } },
  "GET /api/entitlements/seats": { data: { org_code: "org_1", entitlement: { feature_key: "seats" } } },
  "GET /api/entitlements/gold": problem(404, "not-entitled"),
};

const truths = [
  [{ permission: "view_reports" }, true],
  [{ permission: "view" }, false],
  [{ permission: "length" }, false],
  [{ role: "editor" }, true],
  [{ role: "admin" }, false],
  [{ flag: "on" }, true],
  [{ flag: "off" }, false],
  [{ flag: "missing" }, false],
  [{ flag: "theme" }, false],
  [{ flag: "theme", value: "dark" }, true],
  [{ flag: "theme", value: "light" }, false],
  [{ flag: "limit", value: 50 }, true],
  [{ flag: "limit", value: "50" }, true],
  [{ flag: "off", value: false }, true],
  [{ flag: "toString" }, false],
  [{ entitlement: "seats" }, true],
  [{ entitlement: "gold" }, false],
  [{ permission: "view_reports", role: "editor", flag: "on", entitlement: "seats" }, true],
  [{ permission: "view_reports", role: "editor", flag: "on", entitlement: "gold" }, false],
  [{ permission: undefined }, false],
  [{ permission: undefined, flag: "on" }, false],
  [{ value: true }, false],
  [{}, false],
];

for (const [how, options] of [["the session", {}], ["a token", { getToken: () => "t" }]]) {
  inPage(`can() requires every condition, by ${how}`, async () => {
    const s = server({ [session]: signedIn(), ...lists });
    const c = createClient({ ...options, fetch: s.fetch });
    for (const [asked, want] of truths) {
      assert.equal(await c.can(asked), want, JSON.stringify(asked));
    }
  });
}

inPage("can() reads the session and asks only for entitlements", async () => {
  const s = server({ [session]: signedIn(), ...lists });
  const c = createClient(s);
  await Promise.all([
    c.can({ permission: "x" }), c.can({ role: "editor" }), c.can({ flag: "on" }), c.can({ entitlement: "seats" }),
  ]);
  assert.deepEqual(s.names(), [session, "GET /api/entitlements/seats"]);
});

inPage("can() requests roles that the token lacks", async () => {
  const s = server({ [session]: signedIn(3600_000, { roles: [] }), ...lists });
  const c = createClient(s);
  assert.equal(await c.can({ role: "editor" }), true);
  assert.equal(await c.can({ role: "admin" }), false);
});

inPage("can() is false for a signed-out user, without further requests", async () => {
  const s = server({ [session]: signedOut });
  assert.equal(await createClient(s).can({ permission: "view_reports", entitlement: "seats" }), false);
  assert.equal(await createClient({ getToken: () => null, fetch: s.fetch }).can({ permission: "view_reports" }), false);
  assert.deepEqual(s.names(), [session]);
});

inPage("can() rejects when a condition cannot be checked", async () => {
  const s = server({ [session]: signedIn(), "*": problem(502, "upstream-failed") });
  await assert.rejects(createClient(s).can({ entitlement: "seats" }), { code: "upstream-failed" });
  const failing = server({ [session]: problem(502, "upstream-failed") });
  await assert.rejects(createClient(failing).can({ permission: "view_reports" }), { code: "upstream-failed" });
  await assert.rejects(createClient(s).can({ permision: "view_reports" }), TypeError);
});
