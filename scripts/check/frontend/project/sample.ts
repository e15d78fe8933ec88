// What a TypeScript project writes against the declarations. It is compiled and never run; a
// line whose comment expects an error must not compile.

import * as site from "./kinde-functions.js";
import { createClient, KindeError } from "./kinde-functions.js";
import type { Account, Client, Entitlement, ErrorCode, Profile, Session } from "./kinde-functions.js";

export async function everything(signal: AbortSignal): Promise<string[]> {
  const session: Session = await site.session({ signal });
  if (!session.authenticated) {
    site.login({ returnUrl: "/pricing", org_code: "org_1", prompt: "login" });
    site.register();
    // @ts-expect-error: no user is signed in
    return [session.user.id];
  }
  const seen: string[] = [session.user.id, session.user.org_code, session.expires_at, ...session.permissions];
  seen.push(...session.roles.map((role) => role.key));
  seen.push(String(session.feature_flags["theme"]?.v), String(await site.signedIn()));

  for await (const page of site.entitlements({ pageSize: 10, signal })) {
    const more: boolean | undefined = page.metadata?.has_more;
    const { entitlements, plans } = page.data;
    seen.push(`${more}`, ...entitlements.map((one) => one.feature_key), ...plans.map((plan) => plan.name));
  }
  const { data } = await site.entitlements().all();
  const seats: Entitlement | undefined = data.entitlements.find((one) => one.feature_key === "seats");
  const limit: number | null | undefined = seats?.entitlement_limit_max;
  const one = await site.entitlement("seats", { signal });
  seen.push(`${limit}`, one?.data.entitlement.feature_key ?? "none");
  seen.push(...(await site.flags().all()).data.feature_flags.map((flag) => `${flag.key} ${flag.value}`));
  seen.push(...(await site.permissions().all()).data.permissions.map((permission) => permission.name));
  seen.push(...(await site.roles().all()).data.roles.map((role) => role.name));
  seen.push(...(await site.properties().all()).data.properties.map((property) => String(property.value)));
  const profile: Profile = await site.profile({ signal });
  const account: Account = await site.account({ include: ["profile", "roles"] });
  seen.push(profile.email ?? "", account.profile?.name ?? account.errors?.profile?.code ?? "");
  seen.push(...(account.entitlements?.data.plans ?? []).map((plan) => plan.subscribed_on ?? plan.name));
  // @ts-expect-error: a part may have failed
  seen.push(account.roles.data.org_code);

  const condition = { permission: "view_reports", role: "editor", flag: "theme", value: "dark", entitlement: "seats" };
  const allowed: boolean = await site.can({ ...condition, signal });
  // @ts-expect-error: misspelt, it would ask for nothing
  await site.can({ permision: "view_reports" });
  // @ts-expect-error: not a list of parts
  await site.account({ include: "profile" });

  const off: () => void = site.onChange(() => {});
  off();
  await site.openPortal({ subnav: "plan_details", returnUrl: "/pricing", signal });
  await site.connect("drive", { returnUrl: "/drive" });
  seen.push((await site.appToken("drive")).access_token);
  await site.revokeApp("drive");
  const active: boolean = (await site.introspect({ token: "t", token_type_hint: "access_token" })).active;
  await site.revoke();
  const { missing, wrong } = await site.health();
  const { claims_refreshed } = await site.refresh();
  const { current, organizations } = await site.organizations({ signal });
  site.switchOrganization(organizations[0]?.code ?? current ?? "", { returnUrl: "/team" });
  const order = await site.request<{ id: number }>("/api/orders", { method: "PUT", body: { plan: "pro" }, signal });
  const file = await site.request<Response>("/api/proxy/shop/invoice.pdf", { raw: true });
  seen.push(`${claims_refreshed} ${order.id} ${file.status}`);
  await site.logout({ returnUrl: "/", allSessions: true });
  return [...seen, ...missing, ...wrong, `${allowed} ${active}`];
}

export async function byToken(kinde: { getToken(): Promise<string | undefined> }): Promise<string | undefined> {
  const client: Client = createClient({
    baseUrl: "https://site.example", getToken: () => kinde.getToken(), fetch, timeout: 5000,
  });
  try {
    const { url, connection } = await client.connect("drive");
    return connection ?? url;
  } catch (error) {
    if (error instanceof KindeError) {
      const wait: number | undefined = error.retryAfter;
      const code: ErrorCode = "session-expired";
      // @ts-expect-error: no such code
      const wrong: ErrorCode = "session-expird";
      if (error.code === code || error.code === wrong) {
        return "expired";
      }
      return `${error.code} ${error.status} ${error.title} ${error.message} ${error.requestId} ${wait ?? 0}`;
    }
    throw error;
  }
}
