// The types of kinde-functions.js. Lists and profiles are Kinde's JSON, with what Kinde may add.

/** The codes of problem documents, and the module's own. */
export type ErrorCode =
  | "access-denied" | "body-too-large" | "cross-site" | "csrf-header-missing" | "gate-failed"
  | "insufficient-scope" | "internal" | "invalid-parameter" | "invalid-request" | "invalid-response"
  | "invalid-return-url" | "invalid-token" | "keys-unavailable" | "login-expired" | "login-failed"
  | "login-required" | "method-not-allowed" | "misconfigured" | "no-cookies" | "no-token"
  | "not-a-navigation" | "not-allowed" | "not-connected" | "not-entitled" | "not-found"
  | "not-implemented" | "not-revoked" | "not-your-token" | "organization-changed"
  | "organization-required" | "portal-error" | "portal-failed" | "rate-limited" | "session-expired"
  | "session-superseded" | "session-too-large" | "unavailable" | "unknown-api" | "unknown-app"
  | "unsupported-media-type" | "upstream-failed" | "upstream-misconfigured" | "upstream-throttled"
  | "upstream-timeout" | "wrong-host"
  | ModuleErrorCode;

/**
 * unreachable: no response, because of the network or an origin that is not allowed. timeout: no response in time.
 * unreadable: a response that is not one of the functions', such as a host's 404 page. http-error: an own endpoint's
 * response with an error status and no code.
 */
export type ModuleErrorCode = "unreachable" | "timeout" | "unreadable" | "http-error";

export interface Call { signal?: AbortSignal }

export interface Return extends Call {
  /** A path of the site, or a URL of an allowed origin. */
  returnUrl?: string;
}

export interface ClientOptions {
  /** The origin of the functions; this page's own by default. */
  baseUrl?: string;
  /** Called for each request: its access token takes the session cookie's place. */
  getToken?: () => string | null | undefined | Promise<string | null | undefined>;
  fetch?: typeof globalThis.fetch;
  /** Of one request, in milliseconds: 30,000 by default. Infinity or 0 is no limit. */
  timeout?: number;
}

export interface SignIn extends Return {
  org_code?: string;
  login_hint?: string;
  prompt?: "login" | "create" | "none" | "select_account" | "consent";
  lang?: string;
  connection_id?: string;
  is_create_org?: boolean | string;
  org_name?: string;
  invitation_code?: string;
  plan_interest?: string;
  pricing_table_key?: string;
}

export interface User {
  id: string;
  /** Empty for a user who is in no organization. */
  org_code: string;
}

export interface SessionRole { id?: string; key: string; name?: string }

export interface SessionFlag { t?: string; v?: unknown }

export interface SignedInSession {
  authenticated: true;
  user: User;
  permissions: string[];
  roles: SessionRole[];
  feature_flags: Record<string, SessionFlag>;
  /** RFC 3339 */
  expires_at: string;
}

export interface SignedOutSession {
  authenticated: false;
  /** The session ended by itself: the user did not sign out. */
  expired?: boolean;
}

export type Session = SignedInSession | SignedOutSession;

export type RefreshedSession = Session & {
  /** Whether Kinde renewed the claims; false where the M2M application may not. */
  claims_refreshed: boolean;
};

export interface Organizations {
  current: string | null;
  organizations: { code: string; name: string | null }[];
  /** false where the session could not hold all of them */
  complete?: boolean;
}

export interface Profile {
  id?: string;
  sub?: string;
  name?: string;
  given_name?: string;
  family_name?: string;
  preferred_username?: string;
  provided_id?: string | null;
  email?: string;
  email_verified?: boolean;
  picture?: string | null;
  updated_at?: number | string;
  [claim: string]: unknown;
}

export interface Named { id?: string; key: string; name: string }

export interface Plan extends Named { subscribed_on?: string }

export interface Entitlement {
  id?: string;
  feature_key: string;
  feature_name: string;
  price_name?: string | null;
  fixed_charge?: number | null;
  unit_amount?: number | null;
  /** null is no limit */
  entitlement_limit_max: number | null;
  entitlement_limit_min: number | null;
}

export interface FeatureFlag extends Named { type: string; value: unknown }

export interface Property extends Named { value: unknown }

export interface Page<Data> {
  data: Data & { org_code: string };
  metadata?: { has_more: boolean; next_page_starting_after?: string | null };
}

export type Entitlements = Page<{ entitlements: Entitlement[]; plans: Plan[] }>;
export type FeatureFlags = Page<{ feature_flags: FeatureFlag[] }>;
export type Permissions = Page<{ permissions: Named[] }>;
export type Properties = Page<{ properties: Property[] }>;
export type Roles = Page<{ roles: Named[] }>;

/** Pages by `for await`, or all of them as one page. */
export type List<P> = (o?: Call & { pageSize?: number }) => AsyncIterable<P> & { all(): Promise<P> };

/** The requested parts. A part that failed is absent, and in `errors` as a problem. */
export interface Account {
  profile?: Profile;
  entitlements?: Entitlements;
  feature_flags?: FeatureFlags;
  permissions?: Permissions;
  properties?: Properties;
  roles?: Roles;
  errors?: Partial<Record<AccountPart, Problem>>;
}

export type AccountPart = "profile" | "entitlements" | "feature_flags" | "permissions" | "properties" | "roles";

/** RFC 9457 */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ErrorCode;
  request_id: string;
}

export interface Condition extends Call {
  permission?: string;
  role?: string;
  flag?: string;
  /** Of the flag; true by default. */
  value?: unknown;
  entitlement?: string;
}

export interface RequestOptions extends Call {
  /** GET, or POST with a body. */
  method?: string;
  headers?: HeadersInit;
  /** A plain object or an array is sent as JSON. */
  body?: BodyInit | Record<string, unknown> | unknown[];
  /** Resolves with the Response of a successful request. */
  raw?: boolean;
}

export interface Health {
  version: string;
  missing: string[];
  wrong: string[];
  /** Capabilities that unset settings switch off, with the names of those settings. */
  off?: Record<string, string[]>;
}

export interface Client {
  session(o?: Call): Promise<Session>;
  /** Renews the session with what Kinde knows now. */
  refresh(o?: Call): Promise<RefreshedSession>;
  signedIn(o?: Call): Promise<boolean>;
  /** Returns the function that removes the listener. */
  onChange(listener: () => void): () => void;
  login(o?: SignIn): void;
  register(o?: SignIn): void;
  logout(o?: Return & { allSessions?: boolean }): Promise<void>;
  organizations(o?: Call): Promise<Organizations>;
  switchOrganization(code: string, o?: Return): void;
  /** Sends a request to an endpoint of the site's own: JSON, or the text of a response that is not JSON. */
  request<T = any>(path: string, o?: RequestOptions): Promise<T>;
  profile(o?: Call): Promise<Profile>;
  account(o?: Call & { include?: AccountPart[] }): Promise<Account>;
  /** null for a user whose plan does not include it. */
  entitlement(key: string, o?: Call): Promise<{ data: { org_code: string; entitlement: Entitlement } } | null>;
  entitlements: List<Entitlements>;
  flags: List<FeatureFlags>;
  permissions: List<Permissions>;
  properties: List<Properties>;
  roles: List<Roles>;
  can(all: Condition): Promise<boolean>;
  openPortal(o?: Return & { subnav?: string }): Promise<void>;
  connect(app: string, o?: Return): Promise<{ url: string; connection?: string }>;
  appToken(app: string, o?: Call & { connection?: string }): Promise<AppToken>;
  revokeApp(app: string, o?: Call & { connection?: string }): Promise<void>;
  introspect(o?: TokenOptions): Promise<{ active: boolean; [name: string]: unknown }>;
  revoke(o?: TokenOptions): Promise<void>;
  health(o?: Call): Promise<Health>;
}

export interface TokenOptions extends Call { token?: string; token_type_hint?: string }

export interface AppToken { access_token: string; access_token_expiry: string | null }

/** @internal */
export type Ask = (path: string, o?: Call, init?: any) => Promise<any>;
/** @internal */
export type Send = (path: string, signal: AbortSignal, token: any, init: any, tried?: string[]) => Promise<any>;
