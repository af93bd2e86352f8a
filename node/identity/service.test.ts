import { describe, expect, it } from "vitest";
import { mustSucceed } from "../kernel/exchange-error.ts";
import { type Runtime, systemRuntime } from "../kernel/runtime.ts";
import { openMemoryStore } from "../storage/memory.ts";
import { list, read } from "../storage/transact.ts";
import { fourEyes, requireRole } from "./authorise.ts";
import { sessions, tokens, userNames, users } from "./identity-store.ts";
import type { IdentityEvent } from "./leaf-writer.ts";
import type { Role } from "./model.ts";
import { createPasswordHasher } from "./password.ts";
import { createIdentity } from "./service.ts";

const NOW = Date.UTC(2026, 10, 1);
const HOUR = 3_600_000;
const PASSWORD = "correct horse battery";

async function open(region = "510100") {
  let nowMs = NOW;
  const runtime: Runtime = { ...systemRuntime, nowMs: () => nowMs };
  const store = openMemoryStore();
  const leaves: IdentityEvent[] = [];
  const identity = createIdentity({
    ...{ store, runtime, region },
    leaves: { appendLeafRefs: () => [], appendLeaf: (_tx, _region, event) => leaves.push(event) },
    // The real function at a small cost; what it costs in production is not what these tests are about.
    passwords: createPasswordHasher(2 ** 4),
  });
  const first = mustSucceed(await identity.users.addFirstAdministrator({ name: "管理员", password: PASSWORD }));
  const admin = first.principal;
  const add = async (name: string, roles: Role[]) => mustSucceed(await identity.users.add(admin, { name, roles }));
  const token = async (userId: string, options: { expiresAt?: string; roles?: Role[] } = {}) =>
    mustSucceed(await identity.tokens.create(admin, userId, { name: "t", ...options }));
  const later = (ms: number) => {
    nowMs += ms;
  };
  return { identity, store, leaves, first, admin, add, token, later };
}

const code = (code: string) => ({ ok: false, error: { code } });

describe("the first administrator", () => {
  it("is made once, and works at once with the token", async () => {
    const { identity, first } = await open();
    expect(await identity.authenticate(first.token)).toMatchObject({ value: { roles: ["admin"], region: "510100" } });
    expect(await identity.users.addFirstAdministrator({ name: "second" })).toMatchObject(code("USER_EXISTS"));
  });

  it("cannot be disabled while no other can administer", async () => {
    const { identity, admin, first, add } = await open();
    expect(await identity.users.disable(admin, first.user.id)).toMatchObject(code("LAST_ADMINISTRATOR"));
    await add("other", ["admin"]);
    expect(await identity.users.disable(admin, first.user.id)).toMatchObject({ value: { disabled: true } });
  });
});

describe("a token", () => {
  it("of another region is named as such before anything else is looked at", async () => {
    const { token, first } = await open("500000");
    const foreign = await token(first.user.id);
    const { identity } = await open("510100");
    expect(await identity.authenticate(foreign.token)).toMatchObject(code("TOKEN_OTHER_NODE"));
  });

  it("gives no more than the roles it was made for, nor more than the user has", async () => {
    const { identity, add, token } = await open();
    const user = await add("wang", ["publisher", "approver"]);
    const narrow = await token(user.id, { roles: ["publisher", "admin"] });
    expect(await identity.authenticate(narrow.token)).toMatchObject({ value: { roles: ["publisher"] } });
  });

  it.each(["", "x".repeat(65), "two\nlines"])("is not made under the name %j, whoever asks", async (name) => {
    const { identity, admin } = await open();
    expect(await identity.tokens.create(admin, admin.userId, { name })).toMatchObject({
      error: { code: "TOKEN_INVALID" },
    });
    expect(await identity.tokens.list(admin.userId)).toHaveLength(1);
  });

  it("is refused with one character changed, when expired, and when revoked", async () => {
    const { identity, admin, add, token, later } = await open();
    const user = await add("wang", ["publisher"]);
    const { token: good, id } = await token(user.id, { expiresAt: "2026-11-01T01:00:00.000Z" });
    const last = good.endsWith("A") ? "B" : "A";
    expect(await identity.authenticate(good.slice(0, -1) + last)).toMatchObject(code("TOKEN_UNKNOWN"));
    later(HOUR);
    expect(await identity.authenticate(good)).toMatchObject(code("TOKEN_EXPIRED"));
    await identity.tokens.revoke(admin, id);
    expect(await identity.authenticate(good)).toMatchObject(code("TOKEN_REVOKED"));
  });

  it("is made by its user or an administrator only", async () => {
    const { identity, add } = await open();
    const [wang, li] = [await add("wang", ["publisher"]), await add("li", ["approver"])];
    const principal = { userId: wang.id, name: "wang", roles: wang.roles, region: "510100" };
    expect(await identity.tokens.create(principal, li.id, { name: "x" })).toMatchObject(code("ROLE_REQUIRED"));
    expect((await identity.tokens.create(principal, wang.id, { name: "x" })).ok).toBe(true);
  });

  it("of fewer roles makes no token of more", async () => {
    const { identity, add, token } = await open();
    const user = await add("wang", ["publisher", "approver", "admin"]);
    const narrow = mustSucceed(await identity.authenticate((await token(user.id, { roles: ["publisher"] })).token));
    for (const roles of [undefined, ["publisher", "admin"] as const]) {
      const made = mustSucceed(await identity.tokens.create(narrow, user.id, { name: "x", roles }));
      expect(await identity.authenticate(made.token)).toMatchObject({ value: { roles: ["publisher"] } });
    }
  });

  it("of a limited time makes none that outlives it", async () => {
    const { identity, add, token } = await open();
    const user = await add("wang", ["publisher"]);
    const [sooner, end, later] = ["2098-12-31T00:00:00.000Z", "2099-01-01T00:00:00.000Z", "2099-01-02T00:00:00.000Z"];
    const short = mustSucceed(await identity.authenticate((await token(user.id, { expiresAt: end })).token));
    const lasting = async (expiresAt: string | undefined) => {
      const { id } = mustSucceed(await identity.tokens.create(short, user.id, { name: "x", expiresAt }));
      return (await identity.tokens.list(user.id)).find((made) => made.id === id)?.expiresAt;
    };
    expect([await lasting(undefined), await lasting(later), await lasting(sooner)]).toEqual([end, end, sooner]);
  });
});

describe("a disabled user", () => {
  it("loses tokens and sessions at once", async () => {
    const { identity, admin, add, token } = await open();
    await add("spare", ["admin"]);
    const user = mustSucceed(await identity.users.add(admin, { name: "wang", roles: ["finance"], password: PASSWORD }));
    const bearers = [
      (await token(user.id)).token,
      mustSucceed(await identity.sessions.createWithPassword("Wang", PASSWORD)).session,
      mustSucceed(await identity.sessions.create((await token(user.id)).token)).session,
    ];
    for (const bearer of bearers) expect((await identity.authenticate(bearer)).ok).toBe(true);
    await identity.users.disable(admin, user.id);
    for (const bearer of bearers) expect(await identity.authenticate(bearer)).toMatchObject(code("USER_DISABLED"));
  });
});

describe("a user enabled again", () => {
  it("signs in with the same name and password, while what ended with it stays ended", async () => {
    const { identity, admin, add, token, leaves, store } = await open();
    const user = mustSucceed(await identity.users.add(admin, { name: "wang", roles: ["finance"], password: PASSWORD }));
    const before = [
      (await token(user.id)).token,
      mustSucceed(await identity.sessions.createWithPassword("wang", PASSWORD)).session,
      mustSucceed(await identity.sessions.create((await token(user.id)).token)).session,
    ];
    mustSucceed(await identity.users.disable(admin, user.id));
    const other = { ...admin, userId: (await add("li", ["approver"])).id, roles: ["approver"] as const };
    expect(await identity.users.enable(other, user.id)).toMatchObject(code("ROLE_REQUIRED"));
    expect(await identity.users.enable(admin, "nobody")).toMatchObject(code("USER_UNKNOWN"));
    expect(await identity.users.enable(admin, user.id)).toMatchObject({ value: { name: "wang", disabled: false } });
    expect(leaves.at(-1)).toMatchObject({
      subject: `user/${user.id}`,
      detail: { what: "user.enabled", roles: "finance" },
    });
    const written = leaves.length;
    mustSucceed(await identity.users.enable(admin, user.id));
    expect(leaves).toHaveLength(written);

    const refused = await Promise.all(before.map((bearer) => identity.authenticate(bearer)));
    expect(refused.map((each) => (each.ok ? "ok" : each.error.code))).toEqual([
      ...["TOKEN_REVOKED", "SESSION_UNKNOWN", "TOKEN_REVOKED"],
    ]);
    expect((await identity.tokens.list(user.id)).map(({ revokedAt }) => revokedAt !== null)).toEqual([true, true]);
    for (const bearer of [
      (await token(user.id)).token,
      mustSucceed(await identity.sessions.createWithPassword("wang", PASSWORD)).session,
    ]) {
      expect(await identity.authenticate(bearer)).toMatchObject({ value: { userId: user.id, roles: ["finance"] } });
    }
    expect(await read(store, userNames.at("wang"))).toEqual({ id: user.id });
  });

  it("counts as an administrator again, so that another may be disabled", async () => {
    const { identity, admin, add } = await open();
    const spare = await add("spare", ["admin"]);
    mustSucceed(await identity.users.disable(admin, spare.id));
    expect(await identity.users.disable(admin, admin.userId)).toMatchObject(code("LAST_ADMINISTRATOR"));
    mustSucceed(await identity.users.enable(admin, spare.id));
    expect(await identity.users.disable(admin, admin.userId)).toMatchObject({ value: { disabled: true } });
  });
});

describe("a session", () => {
  it("ends after twelve hours, on sign-out, and with the token it was opened with", async () => {
    const { identity, admin, first, token, later } = await open();
    const made = await token(first.user.id);
    const byToken = mustSucceed(await identity.sessions.create(made.token)).session;
    const left = mustSucceed(await identity.sessions.createWithPassword("管理员", PASSWORD)).session;
    const kept = mustSucceed(await identity.sessions.createWithPassword("管理员", PASSWORD)).session;
    await identity.tokens.revoke(admin, made.id);
    await identity.sessions.end(left);
    expect(await identity.authenticate(byToken)).toMatchObject(code("TOKEN_REVOKED"));
    expect(await identity.authenticate(left)).toMatchObject(code("SESSION_UNKNOWN"));
    later(12 * HOUR);
    expect(await identity.authenticate(kept)).toMatchObject(code("SESSION_EXPIRED"));
  });

  it("is not opened by a wrong password, an unknown name or a program without password, all refused alike", async () => {
    const { identity, add } = await open();
    await add("robot", ["publisher"]);
    for (const name of ["管理员", "nobody", "robot"]) {
      expect(await identity.sessions.createWithPassword(name, "wrong password")).toMatchObject(code("SIGN_IN_FAILED"));
    }
  });
});

describe("what lies in the store", () => {
  it("holds no password, token or session that could be used", async () => {
    const { identity, first, store } = await open();
    const { session } = mustSucceed(await identity.sessions.createWithPassword("管理员", PASSWORD));
    const found: unknown[] = [];
    for await (const record of list<unknown>(store, tokens as never)) found.push(record);
    for await (const record of list<unknown>(store, users as never)) found.push(record);
    for await (const record of list<unknown>(store, sessions as never)) found.push(record);
    const text = JSON.stringify(found);
    expect(found).toHaveLength(3);
    for (const secret of [PASSWORD, first.token.slice(-43), session]) expect(text).not.toContain(secret);
  });
});

describe("the evidence of a change of rights", () => {
  it("names the user by id and the actor by role, never a person", async () => {
    const { identity, admin, add, leaves } = await open();
    await add("spare", ["admin"]);
    const wang = await add("wang", ["finance"]);
    await identity.users.disable(admin, wang.id);
    const disabled = leaves.at(-1);
    expect(disabled).toMatchObject({ kind: "identity.changed", subject: `user/${wang.id}`, actor: "admin" });
    expect(JSON.stringify(leaves)).not.toContain("wang");
  });
});

describe("authorisation", () => {
  const approver = { userId: "u1", name: "li", roles: ["approver"] as const, region: "510100" };

  it("asks for the very role; an administrator approves nothing", () => {
    expect(requireRole(approver, "approver").ok).toBe(true);
    expect(requireRole({ ...approver, roles: ["admin"] }, "approver")).toMatchObject(code("ROLE_REQUIRED"));
  });

  it("lets nobody approve what they asked for", () => {
    expect(fourEyes("u1", approver)).toMatchObject(code("SELF_APPROVAL"));
    expect(fourEyes("u2", approver).ok).toBe(true);
  });
});

describe("the password hasher", () => {
  it("tells the right password from a wrong one at its production cost", async () => {
    const hasher = createPasswordHasher();
    const stored = (await hasher.hash(PASSWORD, Buffer.alloc(16, 7))) ?? "";
    expect(stored).toMatch(/^scrypt\$17\$8\$1\$/);
    expect(await Promise.all([hasher.matches(PASSWORD, stored), hasher.matches("other", stored)])).toEqual([
      true,
      false,
    ]);
  });

  it("turns sign-ins away rather than queueing them without end", async () => {
    const hasher = createPasswordHasher(2 ** 10);
    const stored = (await hasher.hash(PASSWORD, Buffer.alloc(16, 7))) ?? "";
    const many = await Promise.all(Array.from({ length: 40 }, () => hasher.matches(PASSWORD, stored)));
    expect(many.filter((matches) => matches === true)).toHaveLength(18);
    expect(many.filter((matches) => matches === undefined)).toHaveLength(22);
    expect(await hasher.matches(PASSWORD, stored)).toBe(true);
  });
});
