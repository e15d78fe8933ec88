// request() for the site's own endpoints, and the return URL of login().

import assert from "node:assert/strict";
import { inPage, server, json, problem, signedIn, moduleURL } from "./browser.mjs";

const { createClient } = await import(moduleURL);

const session = "GET /api/session";

inPage("request() sends the CSRF header, the caller's headers, and a plain object as JSON", async () => {
  const s = server({ [session]: signedIn(), "*": { id: 7 } });
  const c = createClient(s);
  assert.deepEqual(await c.request("/api/orders?open=1"), { id: 7 });
  assert.deepEqual(await c.request("/api/orders", { body: { plan: "pro" } }), { id: 7 });
  await c.request("/api/proxy/shop/items/3", {
    method: "PUT", body: ["a"], headers: { "If-Match": "x", accept: "text/csv" },
  });
  await c.request("/upload", { body: new URLSearchParams({ a: "1" }) });
  const [, first, second, third, fourth] = s.calls;
  assert.deepEqual([first.name, first.body, first.headers["x-csrf"]], ["GET /api/orders?open=1", undefined, "1"]);
  assert.deepEqual([second.name, second.body, second.headers["content-type"]],
    ["POST /api/orders", '{"plan":"pro"}', "application/json"]);
  assert.deepEqual([third.method, third.headers["if-match"], third.headers.accept, third.headers["x-csrf"]],
    ["PUT", "x", "text/csv", "1"]);
  assert.deepEqual([String(fourth.body), "content-type" in fourth.headers], ["a=1", false]);
});

inPage("request() resolves with JSON, text, an empty text, or the response", async () => {
  const s = server({
    [session]: signedIn(), "GET /list": json([1, 2]), "GET /null": json(null),
    "GET /text": () => new Response("12", { headers: { "Content-Type": "text/plain" } }),
    "DELETE /one": () => new Response(null, { status: 204 }),
    "GET /raw": () => new Response("bytes", { headers: { ETag: "e" } }),
  });
  const c = createClient(s);
  assert.deepEqual(await c.request("/list"), [1, 2]);
  assert.equal(await c.request("/text"), "12");
  assert.equal(await c.request("/one", { method: "DELETE" }), "");
  const response = await c.request("/raw", { raw: true });
  assert.deepEqual([response.headers.get("ETag"), await response.text()], ["e", "bytes"]);
});

inPage("request() fails with a KindeError that has the endpoint's status and body", async () => {
  const s = server({
    [session]: signedIn(), "GET /a": json({ message: "sold out" }, 409),
    "GET /b": json({ code: "E12", title: "No", status: "x" }, 400),
    "GET /c": () => new Response("gone", { status: 410 }), "GET /d": problem(502, "upstream-failed"),
  });
  const c = createClient(s);
  await assert.rejects(c.request("/a"), {
    name: "KindeError", code: "http-error", status: 409, message: "HTTP 409", body: { message: "sold out" },
  });
  await assert.rejects(c.request("/b"), { code: "E12", status: 400, title: "No" });
  await assert.rejects(c.request("/c", { raw: true }), { code: "http-error", status: 410, body: "gone" });
  await assert.rejects(c.request("/d"), { code: "upstream-failed", status: 502 });
});

inPage("request() retries a superseded session for every method, and a short wait for reads", async () => {
  const busy = json({}, 503, { "Retry-After": "1" });
  const s = server({
    [session]: signedIn(), "POST /a": [problem(409, "session-superseded"), { ok: 1 }],
    "GET /b": [busy, { ok: 2 }], "POST /c": busy,
  });
  const c = createClient(s);
  assert.deepEqual(await c.request("/a", { method: "POST" }), { ok: 1 });
  assert.deepEqual(await c.request("/b"), { ok: 2 });
  await assert.rejects(c.request("/c", { method: "POST" }), { status: 503, retryAfter: 1 });
  assert.equal(s.names().filter((name) => name === "POST /c").length, 1);
});

const refused = [
  "https://evil.example/", "//evil.example/", "/\\evil.example/", "/\t/evil.example", "orders", "", " /x",
];
for (const path of refused) {
  inPage(`request(${JSON.stringify(path)}) sends nothing`, async () => {
    const s = server({});
    await assert.rejects(createClient({ getToken: () => "t", fetch: s.fetch }).request(path), TypeError);
    assert.equal(s.calls.length, 0);
  });
}

const site = "https://site.example";
const long = "a".repeat(2048);
for (const [address, want] of [
  ["/a?b=%25#c", "/a?b=%25#c"],
  ["/search?q=100%", "/search?q=100%"],
  ["/a?b=\\c#d", "/a#d"],
  ["/a?b=\\c#d\\e", "/a"],
  ["/a?b#d\\e", "/a?b"],
  [`/a?b#${long}`, "/a?b"],
  [`/a?${long}#c`, "/a#c"],
  [`/a?${long}#${long}`, "/a"],
  ["/100%/", undefined],
  ["/a%2Fb", undefined],
  ["/a%5cb", undefined],
  ["/a%00b", undefined],
  ["/a//b", undefined],
  ["/auth/welcome", undefined],
  ["/authors/%C3%A9", "/authors/%C3%A9"],
  ["/%E2%82%AC?q=\u20ac", "/%E2%82%AC?q=%E2%82%AC"],
  [`/${long}`, undefined],
]) {
  inPage(`login() at ${address.slice(0, 20)} returns to ${String(want).slice(0, 20)}`, async (page) => {
    location.href = site + address;
    createClient().login();
    assert.equal(new URL(page.visited[0], site).searchParams.get("return_url") ?? undefined, want && site + want);
  });
}
