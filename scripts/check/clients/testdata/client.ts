import createClient from "openapi-fetch";
import type { paths } from "./api.js";

const { SITE: baseUrl = "", TOKEN = "", COOKIE = "" } = process.env;
const bearer = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${TOKEN}` } });
const cookie = createClient<paths>({ baseUrl, headers: { Cookie: COOKIE, "X-CSRF": "1" } });
const anonymous = createClient<paths>({ baseUrl });

const profile = await bearer.GET("/api/user-profile");
console.log("profile", profile.data?.sub);

const account = await bearer.GET("/api/account", { params: { query: { include: "profile,roles" } } });
console.log("account", account.data?.profile?.sub, account.data?.roles?.data.roles[0]?.key);

const session = await cookie.GET("/api/session");
if (session.data?.authenticated !== true) throw new Error("signed out");
console.log("session", session.data.authenticated, session.data.user.id); // the union is narrowed

const none = await anonymous.GET("/api/session");
console.log("signed out", none.data?.authenticated);

const refused = await anonymous.GET("/api/user-profile");
if (!refused.error) throw new Error("not refused");
console.log("error", refused.error.status, refused.error.code);
