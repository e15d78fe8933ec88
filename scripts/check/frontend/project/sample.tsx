/** @jsx h */
// The elements in JSX, as React types them. It is compiled and never run.

import "./kinde-elements.js";
import type { JSX } from "react";
import { useClient } from "./kinde-elements.js";
import { createClient } from "./kinde-functions.js";

declare namespace h { export { JSX } }
declare function h(...all: unknown[]): JSX.Element;

useClient(createClient({ baseUrl: "https://site.example", getToken: async () => undefined }));

export const page = (
  <kinde-signed-in hidden>
    <kinde-user field="given_name" />
    <kinde-if entitlement="seats" flag="theme" value="dark" not="" hidden><p>Upgrade</p></kinde-if>
    <kinde-organization-switcher return-url="/" label="Team" />
    <kinde-portal-button subnav="plan_details" return-url="/access/">Your plan</kinde-portal-button>
    <kinde-logout-button all-sessions="" />
  </kinde-signed-in>
);

// @ts-expect-error: no such attribute
export const wrong = <kinde-if permision="view_reports" />;
