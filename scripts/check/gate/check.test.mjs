// The check of protected pages against the vectors that shared/gate is held to.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import test from "node:test";
import { check, keyList, normalPath, passMeets, prepare, requirements } from "../../../edge/check.js";
import { judgedPath } from "../../../edge/image.js";

const file = new URL("../../../shared/gate/testdata/vectors.json", import.meta.url);
const vectors = JSON.parse(readFileSync(file, "utf8"));
const keys = vectors.keys.map((letter) => Buffer.from(letter.repeat(32)).toString("base64"));
const hmac = (key, text) => createHmac("sha256", Buffer.from(key, "base64")).update(text).digest("base64url");

test("paths have the normal form and the requirements of the vectors", () => {
  assert.ok(vectors.paths.length >= 80);
  for (const vector of vectors.paths) {
    for (const [host, foldCase] of [["netlify", true], ["cloudfront", false]]) {
      const normal = normalPath(vector.path, foldCase);
      const requires = normal === null ? null : requirements(prepare(vectors.rules, foldCase), normal);
      assert.deepEqual({ normal, requires }, vector[host], `${JSON.stringify(vector.path)} on ${host}`);
    }
  }
});

test("images are judged by the path of the vectors", () => {
  assert.ok(vectors.images.length >= 30);
  const judged = (path, query) => judgedPath(new URL(path + query, "https://site.example"));
  for (const { query, path } of vectors.images) {
    for (const address of ["/.netlify/images", "/.netlify/images/", "/.NETLIFY/Images/x", "//.netlify/images"]) {
      const url = new URL("https://site.example/");
      url.pathname = address;
      url.search = query;
      const got = judgedPath(url);
      // An absolute URL gives its path as a browser writes it, with the same meaning.
      const normal = (one) => one === null ? null : normalPath(one, true);
      assert.deepEqual(normal(got), normal(path), address + query);
    }
  }
  assert.equal(judged("/.netlify/images", "?url=https://other.example/members/a.png"), "/.netlify/images");
  assert.equal(judged("/members/a.png", "?url=/x.png"), "/members/a.png");
  assert.equal(judged("/.netlify/imagesque", "?url=/members/a.png"), "/.netlify/imagesque");
});

test("passes meet what the vectors say", async () => {
  assert.ok(vectors.passes.length >= 15);
  for (const { why, pass, now, needs, meets } of vectors.passes) {
    assert.equal(await passMeets(pass, needs, keys, hmac, now), meets, why);
  }
});

const { pass, now } = vectors.passes[0];
const edge = { rules: prepare(vectors.rules, true), foldCase: true, keys: async () => keys, hmac, now };
const request = { method: "GET", path: "/members/", query: "", pass: "" };

test("decisions", async () => {
  for (const [change, atEdge, want] of [
    [{ path: "/pricing" }, {}, "open"],
    [{ path: "/members/../x" }, { rules: [] }, "open"],
    [{}, {}, { status: 302, location: "/auth/gate?return_url=%2Fmembers%2F" }],
    [{ method: "HEAD", query: "?a=b&c=%26" }, {},
      { status: 302, location: "/auth/gate?return_url=%2Fmembers%2F%3Fa%3Db%26c%3D%2526" }],
    [{ pass }, {}, "pass"],
    [{ pass, method: "POST" }, {}, "pass"],
    [{ pass: "forged" }, {}, { status: 302, location: "/auth/gate?return_url=%2Fmembers%2F&pass=refused" }],
    [{ path: "/beta/", pass }, {}, { status: 302, location: "/auth/gate?return_url=%2Fbeta%2F&pass=refused" }],
    [{ method: "POST" }, {}, { status: 403 }],
    [{ path: "/%252e/" }, {}, { status: 400 }],
    [{ pass }, { keys: async () => [] }, { status: 500 }],
    [{ path: "/pricing" }, { keys: async () => [] }, "open"],
    [{ path: "/.netlify/images", judged: "/members/a.png" }, {},
      { status: 302, location: "/auth/gate?return_url=%2F.netlify%2Fimages" }],
  ]) {
    assert.deepEqual(await check({ ...request, ...change }, { ...edge, ...atEdge }), want, JSON.stringify(change));
  }
});

test("GATE_KEYS is read in either alphabet, and not at all where a key is malformed", () => {
  const bytes = Buffer.alloc(32, 0xfb);
  const [standard, url] = [bytes.toString("base64"), bytes.toString("base64url")];
  assert.deepEqual(keyList(`${standard}, ${url}`), [standard.slice(0, -1), standard.slice(0, -1)]);
  for (const malformed of [undefined, "", "short", `${standard},`, `${standard},x`]) {
    assert.deepEqual(keyList(malformed), [], String(malformed));
  }
});

test("rules that cannot be enforced are refused", () => {
  for (const rule of [
    {}, { path: "members/" }, { path: "/members/", permision: "x" }, { path: "/members/index.html" },
    { path: "/a/../b/" },
  ]) {
    assert.throws(() => prepare({ rules: [rule] }, true), JSON.stringify(rule));
  }
  assert.throws(() => prepare({}, true));
  assert.deepEqual(prepare({ rules: [{ path: "/" }, { path: "/Members", role: "a" }] }, true), [
    { prefix: "/", text: "" }, { prefix: "/members/", text: "role:a" },
  ]);
});
