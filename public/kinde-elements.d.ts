// Made from the script by go run ./scripts/check frontend.
/**
 * Sets the client of the elements, such as one with a Bearer token.
 * @param {Client} other
 */
export function useClient(other: Client): void;
export type Client = import("./kinde-types.js").Client;
export type * from "./kinde-types.js";
