import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deskOf } from "./console-desk.ts";
import { type OneNode, startOneNode } from "./one-node.ts";

let one: OneNode;
beforeAll(async () => {
  one = await startOneNode();
});
afterAll(() => one.stop());

const tokensOf = async (userId: string) =>
  (await one.node.identity.tokens.list()).filter((token) => token.userId === userId);
const meOf = async (token: string) => {
  const answer = await one.request("/api/v1/me", { headers: { authorization: `Bearer ${token}` } });
  return answer.status;
};

describe("users and tokens in the console", () => {
  it("are added, given a token that is shown once, and end when an administrator says so", async () => {
    const { page, send } = await deskOf(one, "admin");
    expect((await send("/users", { name: "程序甲", roles: "finance" })).status).toBe(303);
    const user = (await one.node.identity.users.list()).find(({ name }) => name === "程序甲");
    if (user === undefined) throw new Error("not added");
    expect(user).toMatchObject({ roles: ["finance"], disabled: false });

    const issue = (expires: string) => send(`/users/${user.id}/tokens`, { name: "对账", expires });
    const issued = await issue("2099-12-31");
    const token = /hlu_[0-9]{6}_[0-9A-Z]{26}_[A-Za-z0-9_-]{43}/.exec(issued.text)?.[0] ?? "";
    expect(await meOf(token)).toBe(200);
    expect((await page("/users")).text).not.toContain(token);
    // To the end of the day that was chosen, in China.
    expect(await tokensOf(user.id)).toMatchObject([{ name: "对账", expiresAt: "2099-12-31T16:00:00.000Z" }]);

    const before = /([0-9]+) 个有效令牌/.exec((await page("/users")).text)?.[1];
    expect((await send(`/users/${user.id}/disable`, {})).status).toBe(303);
    expect(await meOf(token)).toBe(401);
    const after = await page("/users");
    expect(Number(/([0-9]+) 个有效令牌/.exec(after.text)?.[1])).toBe(Number(before) - 1);
    const [held] = await tokensOf(user.id);
    expect(after.text).not.toContain(`/console/users/tokens/${held?.id}/revoke`);

    expect(after.text).toContain(`/console/users/${user.id}/enable`);
    expect((await send(`/users/${user.id}/enable`, {})).status).toBe(303);
    expect(await meOf(token)).toBe(401);
    const enabled = await page("/users");
    expect(enabled.text).not.toContain(`/console/users/tokens/${held?.id}/revoke`);
    expect(enabled.text).toContain(`/console/users/${user.id}/disable`);
  });

  it.each(["soon", "31.12.2099", "2099", "2099-1-1", "2099-13-01", "2099-02-30"])(
    "never last for ever when %s is written where a day belongs",
    async (expires) => {
      const { send } = await deskOf(one, "admin");
      const [user] = await one.node.identity.users.list();
      const before = await tokensOf(user?.id ?? "");
      const answer = await send(`/users/${user?.id}/tokens`, { name: "x", expires });
      expect([answer.status, answer.text.includes("FORM_INVALID")]).toEqual([400, true]);
      expect(await tokensOf(user?.id ?? "")).toEqual(before);
    },
  );

  it("are shown to auditors without tokens, and to nobody else", async () => {
    const auditor = await deskOf(one, "auditor");
    const seen = await auditor.page("/users");
    expect([seen.status, seen.text.includes("one finance"), seen.text.includes("有效令牌")]).toEqual([
      200,
      true,
      false,
    ]);
    const people = (await one.node.identity.users.list()).length;
    expect((await auditor.send("/users", { name: "程序乙", roles: "admin" })).status).toBe(403);
    const [admin] = (await one.node.identity.users.list()).filter(({ name }) => name === "one admin");
    expect((await auditor.send(`/users/${admin?.id}/tokens`, { name: "x" })).status).toBe(403);
    expect((await auditor.send(`/users/${admin?.id}/disable`, {})).status).toBe(403);
    expect((await one.node.identity.users.list()).length).toBe(people);
    for (const role of ["finance", "approver", "requester", "publisher"] as const) {
      const { status, text } = await (await deskOf(one, role)).page("/users");
      expect([role, status, text.includes("ADMIN_ONLY")]).toEqual([role, 403, true]);
    }
  });
});

describe("sources in the console", () => {
  it("are for publishers, administrators and auditors, and unbound by publishers only", async () => {
    for (const role of ["publisher", "admin", "auditor"] as const) {
      const desk = await deskOf(one, role);
      expect((await desk.page("/sources")).status).toBe(200);
      // A publisher is told that there is no such source, the others that it is not for them.
      expect((await desk.send("/sources/none/remove", {})).status).toBe(role === "publisher" ? 404 : 403);
      expect((await desk.send("/sources/none/check", {})).status).toBe(role === "auditor" ? 403 : 404);
    }
    const { status, text } = await (await deskOf(one, "finance")).page("/sources");
    expect([status, text.includes("PUBLISHER_ONLY")]).toEqual([403, true]);
  });
});
