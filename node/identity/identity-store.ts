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
  /** Of a user who was disabled and enabled again: how often, and when last disabled. What was opened before stays ended. */
  readonly ended?: { readonly times: number; readonly at: string };
  readonly createdAt: string;
};

/** How often its user had been disabled when a token or session was made; absent: never. */
type Opened = { readonly openedAfter?: number };

export type TokenRecord = Opened & {
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
export type SessionRecord = Opened & {
  readonly userId: string;
  readonly createdAt: string;
  readonly expiresAt: string;
  /** The token it was opened with; it ends with that token. */
  readonly tokenId: string | null;
};

/** Whether a token or session was ended with its user, who may have been enabled again since. */
export function isEndedWith({ ended }: UserRecord, { openedAfter = 0 }: Opened): boolean {
  return openedAfter < (ended?.times ?? 0);
}

export function openedNow({ ended }: UserRecord): Opened {
  return ended === undefined ? {} : { openedAfter: ended.times };
}

export const users = collection<UserRecord>("identity-user");
/** From a name to its user, so that two of one name cannot be made at once. */
export const userNames = collection<{ readonly id: string }>("identity-user-name");
export const tokens = collection<TokenRecord>("identity-token");
export const sessions = collection<SessionRecord>("identity-session");
/** How many users there are and how many administrators can still sign in. */
export const identityHead = collection<{ readonly users: number; readonly administrators: number }>("identity-head").at(
  "head",
);
