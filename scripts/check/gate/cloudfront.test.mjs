// CloudFront's functions for protected pages, as template.yaml holds them, with only
// the objects of CloudFront's runtime. Node.js needs --experimental-vm-modules for this.

import assert from "node:assert/strict";
import crypto from "node:crypto";
import { readFileSync } from "node:fs";
import test from "node:test";
import vm from "node:vm";

const read = (name) => readFileSync(new URL(`../../../${name}`, import.meta.url), "utf8");
const template = read("template.yaml");
const vectors = JSON.parse(read("shared/gate/testdata/vectors.json"));
const now = vectors.passes[0].now;
const keys = vectors.keys.map((letter) => Buffer.from(letter.repeat(32)).toString("base64")).join(",");

// codeOf is the FunctionCode of a resource, with the rules of the vectors.
function codeOf(resource) {
  const text = template.slice(template.indexOf(`\n  ${resource}:\n`));
  const lines = text.slice(text.indexOf("FunctionCode: |\n") + 16).split("\n");
  const end = lines.findIndex((line) => !line.startsWith("        "));
  const code = lines.slice(0, end).map((line) => line.trim()).join("\n");
  const kinds = ["permission", "role", "feature_flag", "entitlement"];
  const rules = vectors.rules.rules.map((rule) => ({
    prefix: rule.path.replace(/\/$/, "") + "/",
    text: kinds.filter((kind) => rule[kind]).map((kind) => `${kind}:${rule[kind]}`).join("\n"),
  }));
  const withRules = code.replace(/^const rules = .*;$/m, () => `const rules = ${JSON.stringify(rules)};`);
  assert.notEqual(withRules, code);
  return withRules;
}

// load gives the handler of a function. store is what its KeyValueStore holds.
async function load(resource, store) {
  const context = vm.createContext({ Buffer, Date: class { static now() { return now * 1000; } } });
  const module = new vm.SourceTextModule(codeOf(resource) + "\nexport { handler };", { context });
  const kvs = () => ({
    get: async (key) => {
      if (store[key] === undefined) {
        throw new Error("KeyNotFound");
      }
      return store[key];
    },
  });
  const offered = { crypto: { createHmac: crypto.createHmac }, cloudfront: { kvs } };
  await module.link((name) => new vm.SyntheticModule(["default"], function () {
    this.setExport("default", offered[name]);
  }, { context }));
  await module.evaluate();
  return module.namespace.handler;
}

const event = (uri, more = {}) => ({
  version: "1.0", context: { eventType: "viewer-request" }, viewer: { ip: "192.0.2.1" },
  request: { method: "GET", uri, querystring: {}, headers: { host: { value: "site.example" } }, cookies: {}, ...more },
  response: { statusCode: 200, headers: {} },
});
const withPass = (value) => ({ cookies: { "__Host-gate": { value } } });

test("each path of the vectors is served, sent to the gate or refused", async () => {
  const handler = await load("GateRequest", { GATE_KEYS: keys });
  for (const { path, cloudfront } of vectors.paths) {
    const result = await handler(event(path));
    if (cloudfront.normal === null) {
      assert.equal(result.statusCode, 400, JSON.stringify(path));
    } else if (cloudfront.requires === null) {
      assert.ok(result.uri.startsWith(path), JSON.stringify(path));
    } else {
      assert.equal(result.headers?.location?.value, "/auth/gate?return_url=" + encodeURIComponent(path));
      assert.equal(result.headers["cache-control"].value, "no-store");
    }
  }
});

test("a pass lets in what it meets, and the file in the bucket is named", async () => {
  const handler = await load("GateRequest", { GATE_KEYS: keys });
  for (const { why, pass, needs, now: at, meets } of vectors.passes) {
    const path = needs.includes("entitlement:shop") ? "/shop/"
      : needs.some((need) => need !== "") ? "/members/gold/" : "/members/";
    if (at !== now || needs.length > 2 || needs.includes("permission:read:gold") || pass === "") {
      continue;
    }
    const result = await handler(event(path, withPass(pass)));
    if (meets) {
      assert.equal(result.uri, path + "index.html", why);
    } else {
      const location = `/auth/gate?return_url=${encodeURIComponent(path)}&pass=refused`;
      assert.equal(result.headers.location.value, location, why);
    }
  }
});

test("other cases", async () => {
  const handler = await load("GateRequest", { GATE_KEYS: keys });
  const { pass } = vectors.passes[0];
  const twice = { cookies: { "__Host-gate": { value: pass, multiValue: [{ value: pass }, { value: pass }] } } };
  assert.match((await handler(event("/members/", twice))).headers.location.value, /&pass=refused$/);
  const query = { a: { value: "b%20c" }, d: { value: "1", multiValue: [{ value: "1" }, { value: "" }] } };
  assert.equal((await handler(event("/members/", { querystring: query }))).headers.location.value,
    "/auth/gate?return_url=" + encodeURIComponent("/members/?a=b%20c&d=1&d"));
  assert.equal((await handler(event("/members/", { method: "POST" }))).statusCode, 403);
  for (const store of [{}, { GATE_KEYS: "" }, { GATE_KEYS: "short" }]) {
    const unset = await load("GateRequest", store);
    assert.equal((await unset(event("/members/", withPass(pass)))).statusCode, 500);
    assert.equal((await unset(event("/pricing"))).uri, "/pricing/index.html");
  }
  assert.equal((await handler({ request: null }).catch(() => "error")), "error"); // CloudFront: 503
});

test("open paths name the file that SitePaths names", async () => {
  const handler = await load("GateRequest", { GATE_KEYS: keys });
  for (const [path, file] of [
    ["/", "/index.html"], ["/access", "/access/index.html"], ["/404.html", "/404.html"],
    ["/a.b/c", "/a.b/c/index.html"],
    ["/.well-known/apple-app-site-association", "/.well-known/apple-app-site-association"],
  ]) {
    assert.equal((await handler(event(path))).uri, file);
  }
});

test("responses of protected pages are private", async () => {
  const handler = await load("GateResponse", {});
  for (const [uri, value] of [
    ["/members/index.html", "private, no-store"], ["/shop/a.png", "private, no-store"], ["/index.html", undefined],
    ["/%2e", "private, no-store"],
  ]) {
    assert.equal(handler(event(uri)).headers["cache-control"]?.value, value, uri);
  }
});
