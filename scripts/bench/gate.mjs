// The CPU that Netlify's edge function for protected pages takes for a request, in
// microseconds. The arguments are the function's file and the requests' headers: a name, a
// path, and a pass or an empty text for each.

import { pathToFileURL } from "node:url";

const [file, key, ...rest] = process.argv.slice(2);
globalThis.Netlify = { env: { get: () => key } };
const { default: gate } = await import(pathToFileURL(file));
const served = new Response("the page");
const context = { next: async () => served.clone() };

const results = {};
for (let i = 0; i < rest.length; i += 3) {
  const [name, path, pass] = rest.slice(i);
  const headers = pass === "" ? {} : { cookie: `__Host-gate=${pass}` };
  const once = () => gate(new Request("https://site.example" + path, { headers }), context);
  const status = (await once())?.status ?? 0; // 0: an open page
  for (let n = 0; n < 500; n++) {
    await once();
  }
  const runs = 2000;
  const began = process.cpuUsage();
  for (let n = 0; n < runs; n++) {
    await once();
  }
  const used = process.cpuUsage(began);
  results[name] = { status, micros: (used.user + used.system) / runs };
}
console.log(JSON.stringify(results));
