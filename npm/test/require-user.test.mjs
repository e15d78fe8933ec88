// requireUser against a key set, a session function and an entitlements function on loopback.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { requireUser, withUser } from "../require-user.js";

const clientId = "client_1";
let server, origin, key, otherKey, seen, sessionReply;

before(async () => {
  const pair = await generateKeyPair("RS256");
  key = pair.privateKey;
  otherKey = (await generateKeyPair("RS256")).privateKey;
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: "k1", use: "sig", alg: "RS256" };
  server = createServer((request, response) => {
    seen.push({ url: request.url, headers: request.headers });
    const send = (status, body, headers = {}) => response.writeHead(status, headers).end(JSON.stringify(body));
    if (request.url === "/.well-known/jwks") return send(200, { keys: [jwk] });
    if (request.url === "/api/session") return send(...sessionReply);
    if (request.url === "/api/entitlements/seats") return send(200, { data: {} });
    return send(404, { code: "not-entitled", title: "Not entitled" });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${server.address().port}`;
});
after(() => server.close());

const options = (more = {}) => ({ issuer: origin, siteUrl: origin, clientId, ...more });
const base = () => ({ azp: clientId, scp: ["openid"], permissions: ["read:reports"], org_code: "org_1",
  feature_flags: { beta: { t: "b", v: true } }, roles: [{ id: "r1", key: "admin", name: "Admin" }] });
async function bearer(claims = {}, { signWith = key, subject = "kp_1", expires = "5m", header = {} } = {}) {
  const jwt = new SignJWT({ ...base(), ...claims }).setProtectedHeader({ alg: "RS256", kid: "k1", ...header });
  jwt.setIssuer(claims.iss ?? origin).setIssuedAt();
  if (expires) jwt.setExpirationTime(expires);
  if (subject) jwt.setSubject(subject);
  return `Bearer ${await jwt.sign(signWith)}`;
}
const request = (headers) => new Request("https://site.example/api/reports", { headers });
const code = async ({ response }) => `${response.status} ${(await response.json()).code}`;

describe("a Bearer token", () => {
  before(() => (seen = []));
  test("gives the user", async () => {
    const { user, response } = await requireUser(request({ Authorization: await bearer() }), options({
      permission: "read:reports", role: "admin", flag: "beta", organization: "org_1", entitlement: "seats",
    }));
    assert.equal(response, undefined);
    assert.equal(user.id, "kp_1");
    assert.equal(user.orgCode, "org_1");
    assert.deepEqual(user.featureFlags, { beta: true });
    assert.match(seen.at(-1).headers.authorization, /^Bearer ey/);
  });
  test("gives the user of a tenant with Hasura claims", async () => {
    const claims = {
      permissions: undefined, org_code: undefined, "x-hasura-permissions": ["a"], "x-hasura-org-code": "org_2",
    };
    const { user } = await requireUser(request({ Authorization: await bearer(claims) }), options());
    assert.deepEqual([user.permissions, user.orgCode], [["a"], "org_2"]);
  });
  for (const [name, make] of Object.entries({
    "signed by another key": () => bearer({}, { signWith: otherKey }),
    "of another issuer": () => bearer({ iss: "https://other.example" }),
    "of another client": () => bearer({ azp: "client_2" }),
    "that has expired": () => bearer({}, { expires: new Date(Date.now() - 60_000) }),
    "without exp": () => bearer({}, { expires: "" }),
    "without sub": () => bearer({}, { subject: "" }),
    "with a nonce": () => bearer({ nonce: "n" }),
    "with an ID token's audience": () => bearer({ aud: clientId, scp: undefined }),
    "of another type": () => bearer({}, { header: { typ: "logout+jwt" } }),
    "that is no token": async () => "Bearer abc",
  })) {
    test(`${name} is refused`, async () => {
      const result = await requireUser(request({ Authorization: await make() }), options());
      assert.equal(await code(result), "401 invalid-token");
    });
  }
  test("with another audience is refused", async () => {
    const authorization = await bearer({ aud: ["https://other.example"] });
    const result = await requireUser(request({ Authorization: authorization }),
      options({ audience: "https://api.example" }));
    assert.equal(await code(result), "401 invalid-token");
  });
  test("without what is required is refused", async () => {
    const authorization = await bearer();
    const needs = [
      { permission: "x" }, { role: "x" }, { flag: "x" }, { organization: "org_9" }, { entitlement: "x" },
    ];
    for (const need of needs) {
      const result = await requireUser(request({ Authorization: authorization }), options(need));
      assert.equal(await code(result), "403 not-allowed");
    }
    const none = await bearer({ org_code: undefined });
    const result = await requireUser(request({ Authorization: none }), options({ organization: true }));
    assert.equal(await code(result), "403 organization-required");
    const changed = request({ Authorization: authorization, "X-Organization": "org_2" });
    assert.equal(await code(await requireUser(changed, options())), "409 organization-changed");
  });
  test("without reachable keys is 503", async () => {
    const issuer = "http://127.0.0.1:9";
    const authorization = await bearer({ iss: issuer });
    const result = await requireUser(request({ Authorization: authorization }), options({ issuer }));
    assert.equal(await code(result), "503 keys-unavailable");
    assert.equal(result.response.headers.get("Retry-After"), "30");
  });
});

describe("a session cookie", () => {
  const state = { authenticated: true, user: { id: "kp_2", org_code: "org_1" }, permissions: [], roles: [],
    feature_flags: { beta: { t: "b", v: true } }, expires_at: "2030-01-01T00:00:00Z" };
  const withCookie = (more = {}) => request({
    Cookie: "session=old; theme=dark", "X-CSRF": "1", "Sec-Fetch-Site": "same-origin",
    "X-Forwarded-Host": "evil.example", ...more,
  });
  test("is asked about with the request's cookie and CSRF headers alone", async () => {
    seen = [];
    sessionReply = [200, state];
    const { user } = await requireUser(withCookie(), options({ flag: "beta" }));
    assert.equal(user.id, "kp_2");
    const { cookie, "x-csrf": csrf, "sec-fetch-site": site, "x-forwarded-host": host } = seen[0].headers;
    assert.deepEqual([cookie, csrf, site, host], ["session=old; theme=dark", "1", "same-origin", undefined]);
  });
  test("that was refreshed is set by the wrapped handler's response and used at once", async () => {
    seen = [];
    sessionReply = [200, state, { "Set-Cookie": ["session=new; Path=/", "session-1=; Max-Age=0"] }];
    const handler = withUser(options({ entitlement: "seats" }), (_, user) => Response.json({ id: user.id }));
    const response = await handler(withCookie());
    assert.deepEqual(response.headers.getSetCookie(), ["session=new; Path=/", "session-1=; Max-Age=0"]);
    assert.deepEqual(await response.json(), { id: "kp_2" });
    assert.equal(seen.at(-1).headers.cookie, "session=new; theme=dark");
  });
  test("that is over, superseded or not there", async () => {
    sessionReply = [409, { code: "session-superseded", title: "Session superseded" }];
    assert.equal(await code(await requireUser(withCookie(), options())), "409 session-superseded");
    sessionReply = [200, { authenticated: false }];
    assert.equal(await code(await requireUser(withCookie(), options())), "401 no-token");
    assert.equal(await code(await requireUser(request({}), options())), "401 no-token");
  });
  test("with a site that cannot be reached or read", async () => {
    const unreachable = await requireUser(withCookie(), options({ siteUrl: "http://127.0.0.1:9" }));
    assert.equal(await code(unreachable), "502 upstream-failed");
    sessionReply = [200, { ...state, padding: "x".repeat(300 * 1024) }];
    assert.equal(await code(await requireUser(withCookie(), options())), "502 upstream-failed");
    sessionReply = [200, "text"];
    assert.equal(await code(await requireUser(withCookie(), options())), "502 upstream-failed");
    const refused = await requireUser(withCookie(), { siteUrl: "" });
    assert.equal(await code(refused), "500 misconfigured");
  });
});
