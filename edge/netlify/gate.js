// Netlify's edge function for protected pages. It runs before every request of the site,
// as netlify.toml declares and not this file: a declaration here that cannot be read
// leaves pages open. An error in it refuses the request, which is Netlify's default.

import gate from "../../gate.json" with { type: "json" };
import { check, keyList, prepare } from "../check.js";
import { judgedPath } from "../image.js";

// Netlify's file lookup ignores case.
const foldCase = true;
const rules = prepare(gate, foldCase);

const said = {
  400: "This address cannot be checked.\n",
  403: "This page can be read with GET only.\n",
  500: "This deployment's protected pages are not set up: GATE_KEYS is missing or malformed.\n",
};

export default async function gateAtEdge(request, context) {
  if (rules.length === 0) {
    return undefined;
  }
  const url = new URL(request.url);
  const judged = judgedPath(url);
  const result = judged === null ? { status: 400 } : await check({
    method: request.method, path: url.pathname, query: url.search, judged,
    pass: passOf(request.headers.get("cookie") ?? "", url.protocol === "http:" ? "gate" : "__Host-gate"),
  }, {
    rules, foldCase, hmac, now: Date.now() / 1000,
    keys: async () => keyList(Netlify.env.get("GATE_KEYS")),
  });
  if (result === "open") {
    return undefined; // the request goes on as if this function were not there
  }
  if (result === "pass") {
    return privately(await context.next());
  }
  const headers = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
  };
  if (result.location) {
    return new Response(null, { status: result.status, headers: { ...headers, location: result.location } });
  }
  return new Response(said[result.status], {
    status: result.status,
    headers: { ...headers, "content-type": "text/plain" },
  });
}

// passOf is the pass that a Cookie header holds. Two of them are none that counts.
function passOf(header, name) {
  const found = header.split(";").map((pair) => pair.trim()).filter((pair) => pair.startsWith(name + "="));
  return found.map((pair) => pair.slice(name.length + 1)).join(" ");
}

// privately keeps a protected response out of every cache.
function privately(response) {
  const own = new Response(response.body, response);
  for (const name of ["cdn-cache-control", "netlify-cdn-cache-control", "expires"]) {
    own.headers.delete(name);
  }
  own.headers.set("cache-control", "private, no-store");
  return own;
}

const imported = new Map(); // CryptoKeys by their base64
const required = new Map(); // what hmac gave for the rules' requirements

async function hmac(key, text) {
  const name = key + text;
  const known = required.get(name);
  if (known !== undefined) {
    return known;
  }
  let secret = imported.get(key);
  if (secret === undefined) {
    const bytes = Uint8Array.from(atob(key), (c) => c.charCodeAt(0));
    secret = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    imported.set(key, secret);
  }
  const sum = new Uint8Array(await crypto.subtle.sign("HMAC", secret, new TextEncoder().encode(text)));
  const result = btoa(String.fromCharCode(...sum)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  if (text.startsWith("gate-requirement")) { // never a pass, of which there is no end
    required.set(name, result);
  }
  return result;
}
