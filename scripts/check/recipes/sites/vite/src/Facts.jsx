// What the hooks return, as text, for the test. Each is used twice here, and most are used
// by the other component too.
import { useState } from "react";
import { useAccount, useCan, useSession } from "kinde-functions/react";

const hooks = {
  session: useSession,
  may: () => useCan({ permission: "view_reports" }),
  "may-not": () => useCan({ permission: "manage_billing" }),
  profile: () => useAccount({ include: ["profile"] }),
  roles: () => useAccount({ include: ["roles"] }),
};

function Fact({ id }) {
  const { error, ...state } = hooks[id]();
  return <output data-fact={id}>{JSON.stringify({ ...state, error: error?.code })}</output>;
}

export function Facts() {
  const [shown, show] = useState(true);
  const ids = Object.keys(hooks);
  return (
    <section>
      <button id="toggle" onClick={() => show(!shown)}>Facts</button>
      {shown && [...ids, ...ids].map((id, i) => <Fact key={i} id={id} />)}
    </section>
  );
}
