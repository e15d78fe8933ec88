// Made from the script by go run ./scripts/check frontend.
/**
 * @param {T.ClientOptions} [options]
 * @returns {T.Client}
 */
export function createClient({ baseUrl, getToken, fetch: fetcher, timeout }?: T.ClientOptions): T.Client;
export class KindeError extends Error {
    /** @param {any} problem @param {number} [retryAfter] @param {any} [body] */
    constructor({ code, title, detail, status, request_id }: any, retryAfter?: number, body?: any);
    /** @type {T.ErrorCode | (string & {})} */
    code: T.ErrorCode | (string & {});
    title: string;
    status: number;
    requestId: string;
    retryAfter: number | undefined;
    body: any;
}
export const session: (o?: T.Call) => Promise<T.Session>;
export const refresh: (o?: T.Call) => Promise<T.RefreshedSession>;
export const signedIn: (o?: T.Call) => Promise<boolean>;
export const onChange: (listener: () => void) => () => void;
export const login: (o?: T.SignIn) => void;
export const register: (o?: T.SignIn) => void;
export const logout: (o?: T.Return & {
    allSessions?: boolean;
}) => Promise<void>;
export const organizations: (o?: T.Call) => Promise<T.Organizations>;
export const switchOrganization: (code: string, o?: T.Return) => void;
export const request: <T = any>(path: string, o?: T.RequestOptions) => Promise<T>;
export const profile: (o?: T.Call) => Promise<T.Profile>;
export const account: (o?: T.Call & {
    include?: T.AccountPart[];
}) => Promise<T.Account>;
export const entitlement: (key: string, o?: T.Call) => Promise<{
    data: {
        org_code: string;
        entitlement: T.Entitlement;
    };
} | null>;
export const entitlements: T.List<T.Entitlements>;
export const flags: T.List<T.FeatureFlags>;
export const permissions: T.List<T.Permissions>;
export const properties: T.List<T.Properties>;
export const roles: T.List<T.Roles>;
export const can: (all: T.Condition) => Promise<boolean>;
export const openPortal: (o?: T.Return & {
    subnav?: string;
}) => Promise<void>;
export const connect: (app: string, o?: T.Return) => Promise<{
    url: string;
    connection?: string;
}>;
export const appToken: (app: string, o?: T.Call & {
    connection?: string;
}) => Promise<T.AppToken>;
export const revokeApp: (app: string, o?: T.Call & {
    connection?: string;
}) => Promise<void>;
export const introspect: (o?: T.TokenOptions) => Promise<{
    active: boolean;
    [name: string]: unknown;
}>;
export const revoke: (o?: T.TokenOptions) => Promise<void>;
export const health: (o?: T.Call) => Promise<T.Health>;
import type * as T from "./kinde-types.js";
export type * from "./kinde-types.js";
