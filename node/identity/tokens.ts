import { sha256Hex } from "../kernel/digest.ts";
import { type Failure, ok, type Result } from "../kernel/exchange-error.ts";
import { newUlid } from "../kernel/ids.ts";
import { instantOf, msOf } from "../kernel/instant.ts";
import { list, read, transact } from "../storage/transact.ts";
import { requireRole } from "./authorise.ts";
import { changeLeaf } from "./change-leaf.ts";
import type { IdentityDeps } from "./deps.ts";
import { isEndedWith, openedNow, type TokenRecord, tokens, type UserRecord, users } from "./identity-store.ts";
import type { Principal, Role } from "./model.ts";
import { refuse } from "./refusal.ts";
import { unknownUser } from "./users.ts";

export type NewToken = {
  readonly name: string;
  /** RFC 3339; absent: until revoked. */
  readonly expiresAt?: string | undefined;
  /** Fewer than the user's; absent: all of them. */
  readonly roles?: readonly Role[] | undefined;
};

/** A token as it is listed; its secret is stored as a digest only. */
export type Token = {
  readonly id: string;
  readonly userId: string;
  readonly name: string;
  readonly roles: readonly Role[] | null;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
};

/** 256 bits, so that guessing is hopeless and a plain digest at rest is enough. */
const SECRET_BYTES = 32;
const TOKEN_NAME = /^[^\p{Cc}]{1,64}$/u;
const TOKEN = /^hlu_([1-9][0-9]{5})_([0-9A-HJKMNP-TV-Z]{26})_([A-Za-z0-9_-]{43})$/;

/**
 * The token is shown this once. A person may make tokens for themselves, an administrator for anyone; whoever acts by a
 * token of fewer roles, or of a limited time, passes on no more than those to tokens of their own.
 */
export async function createToken(
  deps: IdentityDeps,
  actor: Principal,
  userId: string,
  { name, expiresAt, roles }: NewToken,
): Promise<Result<{ readonly id: string; readonly token: string }>> {
  const allowed = actor.userId === userId ? ok(true) : requireRole(actor, "admin");
  if (!allowed.ok) return allowed;
  if (!TOKEN_NAME.test(name)) return badName();
  if (expiresAt !== undefined && Number.isNaN(msOf(expiresAt))) return badExpiry(expiresAt);
  const { store, runtime, region } = deps;
  const nowMs = runtime.nowMs();
  const id = newUlid(runtime);
  const secret = Buffer.from(runtime.randomBytes(SECRET_BYTES)).toString("base64url");
  const token = `hlu_${region}_${id}_${secret}`;
  const asked: TokenRecord = {
    ...{ id, userId, name, roles: roles ?? null, hash: sha256Hex(token), createdAt: instantOf(nowMs) },
    expiresAt: lastsUntil(actor, userId, expiresAt),
    revokedAt: null,
  };
  const userRef = users.at(userId);
  return transact(store, [userRef, ...deps.leaves.appendLeafRefs()], (tx) => {
    const user = tx.get(userRef);
    if (user === undefined) return unknownUser(userId);
    if (user.disabledAt !== null) return userDisabled(user);
    const record = { ...asked, roles: passedOn(actor, user, asked.roles), ...openedNow(user) };
    tx.put(tokens.at(id), record);
    const by = actor.roles.includes("admin") ? "admin" : "node";
    changeLeaf(deps, tx, {
      ...{ subject: `token/${id}`, actor: by, what: "token.created", nowMs },
      roles: effectiveRoles(user, record),
    });
    return ok({ id, token });
  });
}

export async function revokeToken(deps: IdentityDeps, actor: Principal, id: string): Promise<Result<Token>> {
  const ref = tokens.at(id);
  const nowMs = deps.runtime.nowMs();
  return transact(deps.store, [ref, ...deps.leaves.appendLeafRefs()], (tx) => {
    const record = tx.get(ref);
    const allowed = record?.userId === actor.userId ? ok(true as const) : requireRole(actor, "admin");
    if (!allowed.ok) return allowed;
    if (record === undefined) return noSuchToken(id);
    if (record.revokedAt !== null) return ok(viewOf(record));
    const revoked = { ...record, revokedAt: instantOf(nowMs) };
    tx.put(ref, revoked);
    const by = actor.roles.includes("admin") ? "admin" : "node";
    changeLeaf(deps, tx, {
      subject: `token/${id}`,
      actor: by,
      what: "token.revoked",
      roles: record.roles ?? [],
      nowMs,
    });
    return ok(viewOf(revoked));
  });
}

export async function listTokens({ store }: IdentityDeps, userId?: string): Promise<Token[]> {
  const found: Token[] = [];
  for await (const token of list(store, tokens)) {
    if (userId !== undefined && token.userId !== userId) continue;
    const user = await read(store, users.at(token.userId));
    const endedAt = user !== undefined && isEndedWith(user, token) ? (user.ended?.at ?? null) : null;
    found.push({ ...viewOf(token), revokedAt: token.revokedAt ?? endedAt });
  }
  return found;
}

/** Who holds the token, or why it does not count. */
export async function authenticateToken(
  deps: IdentityDeps,
  token: string,
): Promise<Result<{ readonly principal: Principal; readonly tokenId: string }>> {
  const [, region, id] = TOKEN.exec(token) ?? [];
  if (region === undefined || id === undefined) return unknownToken();
  if (region !== deps.region) return otherNode(region, deps.region);
  const record = await read(deps.store, tokens.at(id));
  // Compared as digests: what a caller could learn from the time it takes says nothing about the token.
  if (record === undefined || record.hash !== sha256Hex(token)) return unknownToken();
  const usable = await checkTokenRecord(deps, record);
  return usable.ok ? ok({ principal: usable.value, tokenId: id }) : usable;
}

export async function checkTokenRecord(deps: IdentityDeps, record: TokenRecord): Promise<Result<Principal>> {
  if (record.revokedAt !== null) return revoked(record.revokedAt);
  if (record.expiresAt !== null && deps.runtime.nowMs() >= msOf(record.expiresAt)) return expired(record.expiresAt);
  const user = await read(deps.store, users.at(record.userId));
  if (user === undefined) return unknownToken();
  if (user.disabledAt !== null) return userDisabled(user);
  if (isEndedWith(user, record)) return revoked(user.ended?.at ?? record.createdAt);
  const principal = principalOf(user, deps.region, effectiveRoles(user, record));
  return ok(record.expiresAt === null ? principal : { ...principal, expiresAt: record.expiresAt });
}

export function principalOf(user: UserRecord, region: string, roles = user.roles): Principal {
  return { userId: user.id, name: user.name, roles, region };
}

function lastsUntil(actor: Principal, userId: string, asked: string | undefined): string | null {
  const wanted = asked === undefined ? null : instantOf(msOf(asked));
  const own = actor.userId === userId ? (actor.expiresAt ?? null) : null;
  // Instants of one form compare as text.
  return own !== null && (wanted === null || own < wanted) ? own : wanted;
}

function passedOn(actor: Principal, user: UserRecord, asked: readonly Role[] | null): readonly Role[] | null {
  const isWhole = actor.userId !== user.id || user.roles.every((role) => actor.roles.includes(role));
  return isWhole ? asked : (asked ?? user.roles).filter((role) => actor.roles.includes(role));
}

/** Never more than the user holds now, whatever was written when the token was made. */
function effectiveRoles(user: UserRecord, token: TokenRecord): readonly Role[] {
  return token.roles === null ? user.roles : user.roles.filter((role) => token.roles?.includes(role));
}

function viewOf({ hash: _hash, openedAfter: _openedAfter, ...shown }: TokenRecord): Token {
  return shown;
}

export function userDisabled({ name }: UserRecord): Failure {
  return refuse("USER_DISABLED", {
    zh: `用户 ${name} 已停用,其会话和令牌全部失效;如有疑问请联系管理员。`,
    en: `The user ${name} is disabled; all sessions and tokens have ended. Ask an administrator.`,
  });
}

export function unknownToken(): Failure {
  return refuse("TOKEN_UNKNOWN", {
    zh: "令牌无效;请核对是否完整复制,或请管理员重新签发。",
    en: "The token is not valid here; check that it was copied whole, or have a new one made.",
  });
}

/** Of a token that is named, where `unknownToken` speaks of the one that was shown. */
function noSuchToken(id: string): Failure {
  return refuse("TOKEN_NOT_FOUND", {
    zh: `没有编号为 ${id} 的令牌;请用 heliu tokens list 核对。`,
    en: `There is no token ${id}; check it with heliu tokens list.`,
  });
}

function badName(): Failure {
  return refuse("TOKEN_INVALID", {
    zh: "令牌名称须为 1 至 64 个字符,不含控制字符;请写明它给谁、作何用。",
    en: "A token's name has 1 to 64 characters and no control characters; say whom it is for and what for.",
  });
}

function badExpiry(at: string): Failure {
  return refuse("TOKEN_INVALID", {
    zh: `到期时间 ${at} 无法识别;请使用 2026-12-31T16:00:00.000Z 这样的时间。`,
    en: `${at} is no instant; write the expiry like 2026-12-31T16:00:00.000Z.`,
  });
}

function otherNode(region: string, own: string): Failure {
  return refuse(
    "TOKEN_OTHER_NODE",
    {
      zh: `此令牌由地区 ${region} 的节点签发,本节点属于地区 ${own};令牌只在签发它的节点有效。`,
      en: `The token was made by the node of region ${region}; this is region ${own}. A token counts only where it was made.`,
    },
    { region, own },
  );
}

function revoked(at: string): Failure {
  return refuse("TOKEN_REVOKED", {
    zh: `令牌已于 ${at} 撤销;请使用新的令牌。`,
    en: `The token was revoked at ${at}; use a new one.`,
  });
}

function expired(at: string): Failure {
  return refuse("TOKEN_EXPIRED", {
    zh: `令牌已于 ${at} 到期;请使用新的令牌。`,
    en: `The token expired at ${at}; use a new one.`,
  });
}
