// A site in React that uses the package.
import "kinde-functions/elements";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { KindeError, login, refresh } from "kinde-functions";
import { useAccount, useCan, useSession } from "kinde-functions/react";

function Plan() {
  const { account, loading, error } = useAccount({ include: ["profile", "entitlements"] });
  if (error instanceof KindeError) {
    return <p role="alert">{error.code}</p>;
  }
  const plan: string | undefined = account?.entitlements?.data.plans[0]?.name;
  return <p aria-busy={loading}>{account?.profile?.given_name}: {plan ?? "no plan"}</p>;
}

function App() {
  const { session, signedIn, loading } = useSession();
  const { allowed } = useCan({ permission: "view_reports" });
  if (loading) {
    return <p>One moment</p>;
  }
  if (!signedIn) {
    return <button onClick={() => login({ returnUrl: "/" })}>Sign in</button>;
  }
  const organization: string | undefined = session?.authenticated ? session.user.org_code : undefined;
  return (
    <>
      <Plan />
      <p>{organization}{allowed && <a href="/reports/">Reports</a>}</p>
      <kinde-portal-button subnav="plan_details">Your plan</kinde-portal-button>
      <button onClick={() => refresh()}>Reload</button>
    </>
  );
}

createRoot(document.querySelector("#root")!).render(<StrictMode><App /></StrictMode>);
