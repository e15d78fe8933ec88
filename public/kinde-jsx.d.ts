// JSX types of the elements. For React, kinde-react.d.ts applies them. For others, let the framework's
// JSX.IntrinsicElements extend KindeElements of its props for HTML elements.

export interface KindeElements<Props> {
  "kinde-signed-in": Props;
  "kinde-signed-out": Props;
  "kinde-if": Props & {
    permission?: string;
    role?: string;
    flag?: string;
    entitlement?: string;
    value?: string;
    /** Shows the content where a condition does not hold. An empty string is set, undefined is not. */
    not?: "" | true;
  };
  "kinde-user": Props & { field?: "name" | "email" | "given_name" | "family_name" | "id" | (string & {}) };
  "kinde-organization-switcher": Props & { "return-url"?: string; label?: string; action?: string };
  "kinde-portal-button": Props & { subnav?: string; "return-url"?: string; busy?: string; failed?: string };
  "kinde-logout-button": Props & {
    "return-url"?: string;
    "all-sessions"?: "" | true;
    busy?: string;
    failed?: string;
  };
}
