// What must compile against the package, and what must not. It is never run.
import { createClient } from "kinde-functions";
import { KindeContext, useAccount, useCan, useSession } from "kinde-functions/react";
import type { Allowed, Options, Refused, User } from "kinde-functions/require-user";
import { requireUser, withUser } from "kinde-functions/require-user";

export default withUser({ permission: "read:reports" }, async (request, user, context: { ip: string }) => {
  const id: string = user.id;
  return Response.json({ id, organization: user.orgCode, url: request.url, ip: context.ip });
});

export async function byHand(request: Request): Promise<Response> {
  const options: Options = { role: "admin", organization: true, audience: ["https://api.example.com"] };
  const caller: Allowed | Refused = await requireUser(request, options);
  if (caller.response) {
    // @ts-expect-error: a refused caller is no user
    caller.user.id;
    return caller.response;
  }
  const user: User = caller.user;
  return Response.json({ until: user.expiresAt.toISOString() }, { headers: caller.headers });
}

// @ts-expect-error: misspelt, it would require nothing
withUser({ permision: "read:reports" }, () => new Response());

export function Use(): unknown {
  const { session, signedIn } = useSession();
  const { allowed, error } = useCan({ flag: "theme", value: "dark" });
  const { account } = useAccount({ include: ["roles"] });
  // @ts-expect-error: misspelt, it would ask for nothing
  useCan({ permision: "view_reports" });
  // @ts-expect-error: not a part
  useAccount({ include: ["billing"] });
  // @ts-expect-error: the session may not be known yet
  session.authenticated;
  return [signedIn, allowed, error, account?.roles?.data.roles[0]?.name, KindeContext.Provider, createClient()];
}
