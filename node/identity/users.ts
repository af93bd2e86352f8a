import { type Failure, ok, type Result } from "../kernel/exchange-error.ts";
import { newUlid } from "../kernel/ids.ts";
import { instantOf } from "../kernel/instant.ts";
import { list, read, transact } from "../storage/transact.ts";
import { requireRole } from "./authorise.ts";
import { changeLeaf } from "./change-leaf.ts";
import type { IdentityDeps } from "./deps.ts";
import { identityHead, type UserRecord, userNames, users } from "./identity-store.ts";
import { type Principal, type Role, roleSchema } from "./model.ts";
import { refuse } from "./refusal.ts";

/** A user as others may see it. */
export type User = {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly disabled: boolean;
  readonly createdAt: string;
};

export type NewUser = {
  readonly name: string;
  readonly roles: readonly Role[];
  /** Absent for a program, which signs in by token only. */
  readonly password?: string | undefined;
};

const MIN_PASSWORD = 12;
const SALT_BYTES = 16;
const NONE = { users: 0, administrators: 0 };

export async function addUser(deps: IdentityDeps, actor: Principal, user: NewUser): Promise<Result<User>> {
  const allowed = requireRole(actor, "admin");
  return allowed.ok ? insertUser(deps, user, "admin", false) : allowed;
}

/** Only in a node without users: whoever runs `heliu init` owns the folder already. */
export function addFirstAdministrator(deps: IdentityDeps, user: Omit<NewUser, "roles">): Promise<Result<User>> {
  return insertUser(deps, { ...user, roles: ["admin"] }, "node", true);
}

async function insertUser(deps: IdentityDeps, user: NewUser, actor: string, onlyFirst: boolean): Promise<Result<User>> {
  const { store, runtime } = deps;
  const name = user.name.trim().normalize("NFC");
  const valid = checkUser(name, user);
  if (!valid.ok) return valid;
  let password: string | null = null;
  if (user.password !== undefined) {
    const hash = await deps.passwords.hash(user.password, runtime.randomBytes(SALT_BYTES));
    if (hash === undefined) return busy();
    password = hash;
  }
  const nowMs = runtime.nowMs();
  const record: UserRecord = {
    id: newUlid(runtime),
    name,
    roles: [...new Set(user.roles)],
    password,
    disabledAt: null,
    createdAt: instantOf(nowMs),
  };
  // Case is folded, so that "Wang" cannot be taken for "wang" in a list of approvals.
  const nameRef = userNames.at(name.toLowerCase());
  return transact(store, [nameRef, identityHead, ...deps.leaves.appendLeafRefs()], (tx) => {
    const head = tx.get(identityHead) ?? NONE;
    if (tx.get(nameRef) !== undefined || (onlyFirst && head.users > 0)) return nameTaken(name);
    tx.put(users.at(record.id), record);
    tx.put(nameRef, { id: record.id });
    const isAdministrator = record.roles.includes("admin") ? 1 : 0;
    tx.put(identityHead, { users: head.users + 1, administrators: head.administrators + isAdministrator });
    changeLeaf(deps, tx, { subject: `user/${record.id}`, actor, what: "user.added", roles: record.roles, nowMs });
    return ok(viewOf(record));
  });
}

/** Sessions and tokens end with it: both look at the user each time they are used. */
export async function disableUser(deps: IdentityDeps, actor: Principal, id: string): Promise<Result<User>> {
  const allowed = requireRole(actor, "admin");
  if (!allowed.ok) return allowed;
  const nowMs = deps.runtime.nowMs();
  const ref = users.at(id);
  return transact(deps.store, [ref, identityHead, ...deps.leaves.appendLeafRefs()], (tx) => {
    const user = tx.get(ref);
    if (user === undefined) return unknownUser(id);
    if (user.disabledAt !== null) return ok(viewOf(user));
    const head = tx.get(identityHead) ?? NONE;
    if (user.roles.includes("admin")) {
      if (head.administrators <= 1) return lastAdministrator(user.name);
      tx.put(identityHead, { ...head, administrators: head.administrators - 1 });
    }
    const disabled = { ...user, disabledAt: instantOf(nowMs) };
    tx.put(ref, disabled);
    changeLeaf(deps, tx, { subject: `user/${id}`, actor: "admin", what: "user.disabled", roles: user.roles, nowMs });
    return ok(viewOf(disabled));
  });
}

/**
 * The same person under the same name and roles. Tokens and sessions that ended stay so: whoever disabled them may not have
 * known of each, and a password or a new token opens the door again.
 */
export async function enableUser(deps: IdentityDeps, actor: Principal, id: string): Promise<Result<User>> {
  const allowed = requireRole(actor, "admin");
  if (!allowed.ok) return allowed;
  const nowMs = deps.runtime.nowMs();
  const ref = users.at(id);
  return transact(deps.store, [ref, identityHead, ...deps.leaves.appendLeafRefs()], (tx) => {
    const user = tx.get(ref);
    if (user === undefined) return unknownUser(id);
    if (user.disabledAt === null) return ok(viewOf(user));
    const head = tx.get(identityHead) ?? NONE;
    if (user.roles.includes("admin")) tx.put(identityHead, { ...head, administrators: head.administrators + 1 });
    const ended = { times: (user.ended?.times ?? 0) + 1, at: user.disabledAt };
    const enabled = { ...user, disabledAt: null, ended };
    tx.put(ref, enabled);
    changeLeaf(deps, tx, { subject: `user/${id}`, actor: "admin", what: "user.enabled", roles: user.roles, nowMs });
    return ok(viewOf(enabled));
  });
}

export async function listUsers({ store }: IdentityDeps): Promise<User[]> {
  const found: User[] = [];
  for await (const user of list(store, users)) found.push(viewOf(user));
  return found;
}

export async function findUserByName({ store }: IdentityDeps, name: string): Promise<UserRecord | undefined> {
  const entry = await read(store, userNames.at(name.trim().normalize("NFC").toLowerCase()));
  return entry === undefined ? undefined : read(store, users.at(entry.id));
}

function viewOf({ id, name, roles, disabledAt, createdAt }: UserRecord): User {
  return { id, name, roles, disabled: disabledAt !== null, createdAt };
}

function checkUser(name: string, { roles, password }: NewUser): Result<true> {
  const issues = [
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what is shut out
    ...(name === "" || name.length > 64 || /[\u0000-\u001f\u007f]/.test(name) ? ["name"] : []),
    ...(roles.length === 0 || roles.some((role) => !roleSchema.safeParse(role).success) ? ["roles"] : []),
    ...(password !== undefined && password.length < MIN_PASSWORD ? ["password"] : []),
  ];
  if (issues.length === 0) return ok(true);
  return refuse(
    "USER_INVALID",
    {
      zh: `用户信息有误(${issues.join("、")}):名称 1 至 64 个字符,至少一个有效角色,口令不少于 ${MIN_PASSWORD} 个字符。`,
      en: `The user is not valid (${issues.join(", ")}): a name of 1 to 64 characters, at least one known role, a password of at least ${MIN_PASSWORD} characters.`,
    },
    { issues },
  );
}

export function busy(): Failure {
  return refuse("SIGN_IN_BUSY", {
    zh: "同时登录的请求过多;请稍后再试。",
    en: "Too many sign-ins are under way; try again in a moment.",
  });
}

export function unknownUser(id: string): Failure {
  return refuse("USER_UNKNOWN", { zh: `没有编号为 ${id} 的用户。`, en: `No user has the id ${id}.` }, { id });
}

function nameTaken(name: string): Failure {
  return refuse(
    "USER_EXISTS",
    {
      zh: `用户 ${name} 已存在,或本节点已有管理员;请换一个名称,或由现有管理员添加;已停用的用户可重新启用(heliu users enable)。`,
      en: `There is a user ${name} already, or the node has its administrator; take another name, or let the administrator add the user; one that was disabled can be enabled again (heliu users enable).`,
    },
    { name },
  );
}

function lastAdministrator(name: string): Failure {
  return refuse("LAST_ADMINISTRATOR", {
    zh: `${name} 是最后一名管理员,停用后将无人可以管理本节点;请先添加另一名管理员。`,
    en: `${name} is the last administrator; nobody could manage the node afterwards. Add another administrator first.`,
  });
}
