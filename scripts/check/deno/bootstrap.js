// What stands in for Netlify's own bootstrap of edge functions, which netlify dev loads
// from the network: it serves one function in Deno and lets its requests on.

// A file beside this one, named like a variable, overrides the variable.
function variable(name) {
  try {
    return Deno.readTextFileSync(new URL(name, import.meta.url)).trim();
  } catch {
    return Deno.env.get(name);
  }
}

export async function boot(load) {
  const functions = await load();
  globalThis.Netlify = { env: { get: variable } };
  const port = Number(Deno.args[Deno.args.indexOf("--port") + 1]);
  Deno.serve({ port, hostname: "127.0.0.1" }, async (request) => {
    const name = request.headers.get("x-nf-edge-functions");
    const next = () => {
      const passthrough = (part) => request.headers.get(`x-nf-passthrough-${part}`);
      const onward = `${passthrough("proto")}//${passthrough("host")}`;
      const { pathname, search } = new URL(request.url);
      return fetch(onward + pathname + search, {
        method: request.method, headers: request.headers, body: request.body, redirect: "manual",
      });
    };
    if (functions[name] === undefined) {
      return new Response("ready\n"); // netlify dev asks whether this serves
    }
    try {
      return await functions[name](request, { next }) ?? await next();
    } catch (error) {
      console.error(error);
      return new Response("The edge function failed.\n", { status: 500 });
    }
  });
}
