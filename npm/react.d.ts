// Made from the script by go run ./scripts/check npm-package.
/// <reference path="./kinde-react.d.ts" />
/**
 * The session. `signedIn` is undefined until it is known.
 *
 * @returns {SessionState}
 */
export function useSession(): SessionState;
/**
 * Whether the user meets all conditions. `allowed` is undefined until it is known. It
 * decides what a page shows, and protects nothing.
 *
 * @param {Omit<Condition, "signal">} condition
 * @returns {CanState}
 */
export function useCan({ permission, role, flag, value, entitlement }: Omit<site.Condition, "signal">): CanState;
/**
 * Parts of the user's account. `account` is undefined until it is known, and where no
 * user is signed in.
 *
 * @param {{ include?: AccountPart[] }} [options]
 * @returns {AccountState}
 */
export function useAccount({ include }?: {
    include?: site.AccountPart[];
}): AccountState;
/** @import { Account, AccountPart, Client, Condition, Session } from "./kinde-types.js" */
/**
 * @typedef {object} Loading
 * @property {boolean} loading until the first value or error
 * @property {unknown} [error] a KindeError, of the latest attempt
 */
/** @typedef {Loading & { session?: Session, signedIn?: boolean }} SessionState */
/** @typedef {Loading & { allowed?: boolean }} CanState */
/** @typedef {Loading & { account?: Account }} AccountState */
/** The hooks' client: that of this page's own session unless a provider gives another. */
export const KindeContext: import("react").Context<site.Client>;
export type Loading = {
    /**
     * until the first value or error
     */
    loading: boolean;
    /**
     * a KindeError, of the latest attempt
     */
    error?: unknown;
};
export type SessionState = Loading & {
    session?: site.Session;
    signedIn?: boolean;
};
export type CanState = Loading & {
    allowed?: boolean;
};
export type AccountState = Loading & {
    account?: site.Account;
};
export type Resource = {
    get(): any;
    subscribe(listener: () => void): () => void;
};
import * as site from "./kinde-functions.js";
