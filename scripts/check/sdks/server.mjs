// Signs in with @kinde-oss/kinde-typescript-sdk, with a browser's part played here.
// Usage: node server.mjs <folder of node_modules> <settings as JSON>
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const [folder, settings] = process.argv.slice(2);
const { authDomain, clientId, clientSecret, site, user, email, org } = JSON.parse(settings);
const { createKindeServerClient, GrantType } = createRequire(`${folder}/`)("@kinde-oss/kinde-typescript-sdk");

// newSession is the storage that the SDK asks an application for.
function newSession() {
  const items = new Map();
  return {
    items,
    persistent: true,
    getSessionItem: async (key) => items.get(key),
    setSessionItem: async (key, value) => void items.set(key, value),
    removeSessionItem: async (key) => void items.delete(key),
    destroySession: async () => items.clear(),
  };
}

// signIn goes through the sign-in page and returns the callback's URL.
async function signIn(url) {
  const page = await fetch(url, { redirect: "manual" });
  assert.equal(page.status, 200, await page.clone().text());
  const action = (await page.text()).match(/action="(\/sign-in\/[^"]+)"/)[1];
  const sent = await fetch(authDomain + action, {
    method: "POST", redirect: "manual", body: new URLSearchParams({ action: "person", person: user }),
  });
  return new URL(sent.headers.get("location"));
}

for (const grant of [GrantType.AUTHORIZATION_CODE, GrantType.PKCE]) {
  const confidential = grant === GrantType.AUTHORIZATION_CODE;
  const client = createKindeServerClient(grant, {
    authDomain, redirectURL: `${site}/auth/callback`, logoutRedirectURL: `${site}/`,
    ...(confidential ? { clientId, clientSecret } : { clientId: "demo_spa_client" }),
  });
  const session = newSession();
  assert.equal((await client.login(session)).origin, authDomain);
  await client.handleRedirectToApp(session, await signIn(await client.login(session)));
  assert.equal(await client.isAuthenticated(session), true);
  assert.equal((await client.getUser(session)).email, email);
  assert.equal((await client.getUserProfile(session)).id, user);
  assert.equal((await client.getOrganization(session)).orgCode, org);
  assert.deepEqual(await client.getUserOrganizations(session), { orgCodes: [org] });
  assert.equal((await client.getPermission(session, "view_reports")).isGranted, true);
  assert.equal(await client.getIntegerFlag(session, "upload_limit"), 50);
  const before = session.items.get("refresh_token");
  await client.refreshTokens(session);
  assert.notEqual(session.items.get("refresh_token"), before);
  const portal = await client.portal(session, { returnUrl: `${site}/access/` });
  assert.equal(portal.url.origin, authDomain);
  const left = await fetch(await client.logout(session), { redirect: "manual" });
  assert.equal(left.headers.get("location"), `${site}/`);
  assert.equal(session.items.size, 0);
  console.log(`signed in with ${grant}`);
}
