"use client";
// React hooks for the session, what the user may do, and their account. Components that
// use one hook with the same arguments share one request. A change of the session, in
// this tab or in another, reloads what is in use.

import { createContext, useContext, useSyncExternalStore } from "react";
import * as site from "./kinde-functions.js";

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
export const KindeContext = createContext(/** @type {Client} */ (site));

/**
 * The session. `signedIn` is undefined until it is known.
 *
 * @returns {SessionState}
 */
export function useSession() {
  return useResource("session", false, async (client, signal) => {
    const session = await client.session({ signal });
    return { session, signedIn: session.authenticated };
  });
}

/**
 * Whether the user meets all conditions. `allowed` is undefined until it is known. It
 * decides what a page shows, and protects nothing.
 *
 * @param {Omit<Condition, "signal">} condition
 * @returns {CanState}
 */
export function useCan({ permission, role, flag, value, entitlement }) {
  // The undefined ones are left out: each that is there is asked for.
  const condition = JSON.stringify({ permission, role, flag, value, entitlement });
  return useResource(`can ${condition}`, false, async (client, signal) => ({
    allowed: await client.can({ ...JSON.parse(condition), signal }),
  }));
}

/**
 * Parts of the user's account. `account` is undefined until it is known, and where no
 * user is signed in.
 *
 * @param {{ include?: AccountPart[] }} [options]
 * @returns {AccountState}
 */
export function useAccount({ include } = {}) {
  const parts = include?.join();
  return useResource(`account ${parts}`, true, async (client, signal) => ({
    account: (await client.signedIn({ signal })) ? await client.account({ include, signal }) : undefined,
  }));
}

/** @type {Readonly<Loading>} */
const LOADING = Object.freeze({ loading: true });
const loading = () => LOADING;

/** @typedef {{ get(): any, subscribe(listener: () => void): () => void }} Resource */

/** @type {WeakMap<Client, Map<string, Resource>>} */
const resources = new WeakMap();

/**
 * @template {object} Value
 * @param {string} key equal for hooks that load the same
 * @param {boolean} personal whether a changed session hides the value at once
 * @param {(client: Client, signal: AbortSignal) => Promise<Value>} load
 * @returns {Loading & Partial<Value>}
 */
function useResource(key, personal, load) {
  const client = useContext(KindeContext);
  let known = resources.get(client);
  if (!known) {
    resources.set(client, (known = new Map()));
  }
  let resource = known.get(key);
  if (!resource) {
    known.set(key, (resource = createResource(client, personal, load)));
  }
  return useSyncExternalStore(resource.subscribe, resource.get, loading);
}

/**
 * @param {Client} client
 * @param {boolean} personal
 * @param {(client: Client, signal: AbortSignal) => Promise<object>} load
 * @returns {Resource}
 */
function createResource(client, personal, load) {
  /** @type {any} */
  let state = LOADING;
  /** @type {Set<() => void>} */
  const listeners = new Set();
  /** @type {AbortController | undefined} the latest attempt's */
  let latest;
  let unlisten = () => {};
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let leaving;

  const set = (/** @type {any} */ next) => {
    state = next;
    listeners.forEach((listener) => listener());
  };

  const reload = async () => {
    latest?.abort();
    const attempt = (latest = new AbortController());
    try {
      const value = await load(client, attempt.signal);
      attempt === latest && set({ ...value, loading: false });
    } catch (error) {
      attempt === latest && set({ ...state, error, loading: false });
    }
  };

  const changed = () => {
    personal && set(LOADING);
    reload();
  };

  return {
    get: () => state,
    subscribe(listener) {
      clearTimeout(leaving);
      leaving = undefined;
      listeners.add(listener);
      if (!latest) {
        unlisten = client.onChange(changed);
        reload();
      }
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) {
          return;
        }
        // StrictMode and a re-rendered tree subscribe again at once.
        leaving = setTimeout(() => {
          unlisten();
          latest?.abort();
          latest = undefined;
          state = LOADING;
        });
      };
    },
  };
}
