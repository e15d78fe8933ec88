// Makes requests for a portal link wait for window.release() and then fail. It counts them
// in window.requests and collects the codes of kinde-error events in window.errors.
const realFetch = window.fetch;
window.release = null;
window.requests = 0;
window.errors = [];
addEventListener("kinde-error", (event) => window.errors.push(event.detail.code));
window.fetch = async (path, init) => {
  if (!path.startsWith("/portal")) {
    return realFetch(path, init);
  }
  window.requests++;
  await new Promise((resolve) => { window.release = resolve; });
  return Response.json({ code: "portal-failed", title: "t", detail: "d", status: 502 }, { status: 502 });
};
