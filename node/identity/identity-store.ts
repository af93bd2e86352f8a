import { collection } from "../storage/collection.ts";
import type { Role } from "./model.ts";

/** A person or program of this node. Never removed: agreements and approvals name them for years. */
export type UserRecord = {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly Role[];
  /** Absent for programs, which have tokens only. */
  readonly password: string | null;
  readonly disabledAt: string | null;
  readonly createdAt: string;
};

export type TokenRecord = {
  readonly id: string;
  readonly userId: string;
  readonly name: string;
  /** Null: all roles of the user. Never more than the user has at the time of use. */
  readonly roles: readonly Role[] | null;
  /** SHA-256 of the whole token, hex. */
  readonly hash: string;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
};

/** Under the SHA-256 of its secret, so that a copy of the store opens no session. */
export type SessionRecord = {
  readonly userId: string;
  readonly createdAt: string;
  readonly expiresAt: string;
  /** The token it was opened with; it ends with that token. */
  readonly tokenId: string | null;
};

export const users = collection<UserRecord>("identity-user");
/** From a name to its user, so that two of one name cannot be made at once. */
export const userNames = collection<{ readonly id: string }>("identity-user-name");
export const tokens = collection<TokenRecord>("identity-token");
export const sessions = collection<SessionRecord>("identity-session");
/** How many users there are and how many administrators can still sign in. */
export const identityHead = collection<{ readonly users: number; readonly administrators: number }>("identity-head").at(
  "head",
);
