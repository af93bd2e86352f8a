import { sha256Hex } from "../kernel/digest.ts";
import { type Failure, ok, type Result } from "../kernel/exchange-error.ts";
import { instantOf, msOf } from "../kernel/instant.ts";
import { read, transact } from "../storage/transact.ts";
import type { IdentityDeps } from "./deps.ts";
import { isEndedWith, openedNow, sessions, tokens, type UserRecord, users } from "./identity-store.ts";
import type { Principal } from "./model.ts";
import { refuse } from "./refusal.ts";
import { authenticateToken, checkTokenRecord, principalOf, unknownToken, userDisabled } from "./tokens.ts";
import { busy, findUserByName, unknownUser } from "./users.ts";

/** `session` is a bearer of this node, `hls_…`. */
export type Session = { readonly session: string; readonly expiresAt: string };

const SECRET_BYTES = 32;
/** A working day: who leaves the desk for the night signs in again. */
const LIFETIME_MS = 12 * 3_600_000;
export const SESSION_PREFIX = "hls_";
/** Nobody's password: checked where the user does not exist, so that the answer takes as long and tells nothing. */
const NOBODY = "scrypt$17$8$1$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

export async function signIn(deps: IdentityDeps, name: string, password: string): Promise<Result<Session>> {
  const user = await findUserByName(deps, name);
  const matches = await deps.passwords.matches(password, user?.password ?? NOBODY);
  if (matches === undefined) return busy();
  // The same for an unknown name, a program without password and a wrong password; disabled is said only to who knows it.
  if (user === undefined || !matches) return signInFailed();
  if (user.disabledAt !== null) return userDisabled(user);
  return openSession(deps, user, null);
}

/** For a user id that was established already (single sign-on), or for a token in exchange for a browser session. */
export async function createSession(deps: IdentityDeps, userIdOrToken: string): Promise<Result<Session>> {
  if (userIdOrToken.startsWith("hlu_")) {
    const held = await authenticateToken(deps, userIdOrToken);
    if (!held.ok) return held;
    const holder = await read(deps.store, users.at(held.value.principal.userId));
    return holder === undefined ? unknownToken() : openSession(deps, holder, held.value.tokenId);
  }
  const user = await read(deps.store, users.at(userIdOrToken));
  if (user === undefined) return unknownUser(userIdOrToken);
  return user.disabledAt === null ? openSession(deps, user, null) : userDisabled(user);
}

async function openSession(
  { store, runtime }: IdentityDeps,
  user: UserRecord,
  tokenId: string | null,
): Promise<Result<Session>> {
  const session = SESSION_PREFIX + Buffer.from(runtime.randomBytes(SECRET_BYTES)).toString("base64url");
  const nowMs = runtime.nowMs();
  const expiresAt = instantOf(nowMs + LIFETIME_MS);
  return transact(store, [], (tx) => {
    const record = { userId: user.id, createdAt: instantOf(nowMs), expiresAt, tokenId, ...openedNow(user) };
    tx.put(sessions.at(sha256Hex(session)), record);
    return ok({ session, expiresAt });
  });
}

export async function authenticateSession(deps: IdentityDeps, session: string): Promise<Result<Principal>> {
  const record = await read(deps.store, sessions.at(sha256Hex(session)));
  if (record === undefined) return unknownSession();
  if (deps.runtime.nowMs() >= msOf(record.expiresAt)) {
    await endSession(deps, session);
    return sessionExpired(record.expiresAt);
  }
  if (record.tokenId !== null) {
    const token = await read(deps.store, tokens.at(record.tokenId));
    return token === undefined ? unknownToken() : checkTokenRecord(deps, token);
  }
  const user = await read(deps.store, users.at(record.userId));
  if (user === undefined || isEndedWith(user, record)) return unknownSession();
  return user.disabledAt === null ? ok(principalOf(user, deps.region)) : userDisabled(user);
}

export async function endSession({ store }: IdentityDeps, session: string): Promise<void> {
  await transact(store, [], (tx) => {
    tx.remove(sessions.at(sha256Hex(session)));
    return ok(true);
  });
}

function signInFailed(): Failure {
  return refuse("SIGN_IN_FAILED", {
    zh: "用户名或口令不正确;请重新输入,或请管理员重置。",
    en: "The name or the password is wrong; try again, or have an administrator help.",
  });
}

function unknownSession(): Failure {
  return refuse("SESSION_UNKNOWN", {
    zh: "会话不存在或已退出;请重新登录。",
    en: "There is no such session, or it was ended; sign in again.",
  });
}

function sessionExpired(at: string): Failure {
  return refuse("SESSION_EXPIRED", {
    zh: `会话已于 ${at} 到期;请重新登录。`,
    en: `The session expired at ${at}; sign in again.`,
  });
}
