import * as oauth from "openid-client";

const { SITE, TOKEN, CLIENT_ID } = process.env;

function configuration(clientId) {
  const c = new oauth.Configuration({
    issuer: SITE, introspection_endpoint: `${SITE}/api/introspect`, revocation_endpoint: `${SITE}/api/revoke`,
  }, clientId, undefined, oauth.None());
  oauth.allowInsecureRequests(c);
  c[oauth.customFetch] = (url, options) => {
    const headers = new Headers(options.headers);
    headers.set("Authorization", `Bearer ${TOKEN}`);
    return fetch(url, { ...options, headers });
  };
  return c;
}

// failure returns the OAuth error of a refusal. The library parses application/json alone;
// a problem document's response is the cause of its error.
async function failure(request) {
  try {
    await request;
  } catch (error) {
    for (let cause = error; cause; cause = cause.cause) {
      if (cause instanceof Response) return (await cause.json()).error;
    }
    throw error;
  }
  throw new Error("not refused");
}

const ours = configuration(CLIENT_ID), other = configuration("other");
console.log("active", (await oauth.tokenIntrospection(ours, TOKEN)).active);
console.log("client", await failure(oauth.tokenIntrospection(other, TOKEN)));
console.log("client", await failure(oauth.tokenRevocation(other, TOKEN)));
await oauth.tokenRevocation(ours, TOKEN);
console.log("revoked");
