// Makes all requests fail and collects the kinde-error events in window.errors.
window.errors = [];
addEventListener("kinde-error", ({ target, detail }) => window.errors.push(`${target.localName} ${detail.code}`));
window.fetch = async () => Response.json({ code: "upstream-failed", title: "t" }, { status: 502 });
