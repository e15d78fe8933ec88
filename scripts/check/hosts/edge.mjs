// Runs the functions of a CloudFront distribution, each in a context with only the objects
// of CloudFront's runtime. The first line of the input is { store, code: { name: source } };
// each further line is { name, event }, and is answered by a line with the result.

import crypto from "node:crypto";
import readline from "node:readline";
import vm from "node:vm";

async function load(source, store) {
  const context = vm.createContext({ Buffer });
  const module = new vm.SourceTextModule(source + "\nexport { handler };", { context });
  const offered = {
    crypto: { createHmac: crypto.createHmac },
    cloudfront: { kvs: () => ({ get: async (key) => store[key] ?? Promise.reject(new Error("KeyNotFound")) }) },
  };
  await module.link((name) => new vm.SyntheticModule(["default"], function () {
    this.setExport("default", offered[name]);
  }, { context }));
  await module.evaluate();
  return module.namespace.handler;
}

let handlers;
for await (const line of readline.createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  if (handlers === undefined) {
    handlers = {};
    for (const [name, source] of Object.entries(message.code)) {
      handlers[name] = await load(source, message.store);
    }
    continue;
  }
  console.log(JSON.stringify(await handlers[message.name](message.event)));
}
