// Made from the script by go run ./scripts/check npm-package.
/**
 * Finds the caller of a request and checks what the options require of them. It never
 * throws: a failure is a response with a problem document (RFC 9457) to return as it is.
 *
 * @param {Request} request
 * @param {Options} [options]
 * @returns {Promise<Allowed | Refused>}
 */
export function requireUser(request: Request, options?: Options): Promise<Allowed | Refused>;
/**
 * Wraps a handler so that it runs for users who meet the options alone, and adds a
 * refreshed session's cookies to its response.
 *
 * @template {unknown[]} Rest
 * @param {Options} options
 * @param {(request: Request, user: User, ...rest: Rest) => Response | Promise<Response>} handler
 * @returns {(request: Request, ...rest: Rest) => Promise<Response>}
 */
export function withUser<Rest extends unknown[]>(options: Options, handler: (request: Request, user: User, ...rest: Rest) => Response | Promise<Response>): (request: Request, ...rest: Rest) => Promise<Response>;
export type User = {
    /**
     * Kinde's user id, kp_…
     */
    id: string;
    /**
     * the organization that the token or session is in
     */
    orgCode: string | null;
    permissions: string[];
    roles: {
        id?: string;
        key: string;
        name?: string;
    }[];
    /**
     * values by key
     */
    featureFlags: Record<string, unknown>;
    /**
     * when the access token expires
     */
    expiresAt: Date;
};
export type Options = {
    /**
     * the permission that the user must have
     */
    permission?: string | undefined;
    /**
     * the key of a role that the user must have
     */
    role?: string | undefined;
    /**
     * a feature flag that must be true for the user
     */
    flag?: string | undefined;
    /**
     * the key of a feature that the user's plan must include
     */
    entitlement?: string | undefined;
    /**
     * the organization to be in; true: any
     */
    organization?: string | true | undefined;
    /**
     * the site's origin; KINDE_SITE_URL, else URL
     */
    siteUrl?: string | undefined;
    /**
     * KINDE_ISSUER_URL
     */
    issuer?: string | undefined;
    /**
     * the accepted azp; KINDE_CLIENT_ID
     */
    clientId?: string | string[] | undefined;
    /**
     * one must be in aud; KINDE_AUDIENCE
     */
    audience?: string | string[] | undefined;
    /**
     * of a request to the site or to Kinde, in milliseconds; 5000
     */
    timeout?: number | undefined;
};
/**
 * `headers` are the cookies of a refreshed session: a response that lacks them loses the session.
 */
export type Allowed = {
    user: User;
    headers: Headers;
    response?: undefined;
};
/**
 * `headers` are the cookies of a refreshed session: a response that lacks them loses the session.
 */
export type Refused = {
    user?: undefined;
    headers: Headers;
    response: Response;
};
export type Settings = ReturnType<typeof read>;
/** @param {Options} o */
declare function read(o: Options): {
    siteUrl: any;
    issuer: any;
    clientIds: string[];
    audiences: string[];
    timeout: number;
};
export {};
