// What stands in for Netlify's own bootstrap of edge functions, which netlify dev loads
// from the network: it serves one function in Deno and lets its requests on.

export async function boot(load) {
  const functions = await load();
  globalThis.Netlify = { env: { get: (name) => Deno.env.get(name) } };
  const port = Number(Deno.args[Deno.args.indexOf("--port") + 1]);
  Deno.serve({ port, hostname: "127.0.0.1" }, async (request) => {
    const name = request.headers.get("x-nf-edge-functions");
    const onward = `${request.headers.get("x-nf-passthrough-proto")}//${request.headers.get("x-nf-passthrough-host")}`;
    const next = () => {
      const { pathname, search } = new URL(request.url);
      return fetch(onward + pathname + search, {
        method: request.method, headers: request.headers, body: request.body, redirect: "manual",
      });
    };
    try {
      return await functions[name](request, { next }) ?? await next();
    } catch (error) {
      console.error(error);
      return new Response("The edge function failed.\n", { status: 500 });
    }
  });
}
