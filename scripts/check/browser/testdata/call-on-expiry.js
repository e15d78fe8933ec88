// Makes three calls shortly after the session's access token has expired. window.outcome is
// then what became of each.
import("/kinde-functions.js").then(async (site) => {
  const { expires_at } = await site.session();
  window.outcome = "";
  setTimeout(async () => {
    const calls = [site.profile(), site.account({ include: ["roles"] }), site.can({ permission: "view_reports" })];
    const results = await Promise.allSettled(calls);
    window.outcome = results.map(({ status, reason }) => status === "fulfilled" ? "ok" : String(reason.code)).join();
  }, Date.parse(expires_at) + 1500 - Date.now()); // expires_at has whole seconds
})
