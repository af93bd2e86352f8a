import type { Command } from "commander";
import { callJson } from "../client.ts";
import { clock, say, table } from "../output.ts";
import { contextOf, example } from "../verb.ts";

type User = { id: string; name: string; roles: string[]; disabled: boolean; createdAt: string };
type Token = { id: string; userId: string; name: string; createdAt: string; expiresAt: string | null };

export function peopleVerbs(program: Command): void {
  const users = program.command("users").description("本节点的人员与程序 people and programs of this node");
  example(
    users
      .command("add <name>")
      .description("新增 add")
      .requiredOption("--role <role...>", "admin publisher requester approver finance auditor"),
    "heliu users add 张工 --role publisher requester",
  ).action(async (name: string, options: { role: string[] }, command: Command) => {
    const { connection, answer } = contextOf(command);
    const user = await callJson<User>(connection(), "/users", { body: { name, roles: options.role } });
    answer(user, () => say(`已新增 ${user.name}(${user.id})`, `Added ${user.name} (${user.id})`));
  });
  example(users.command("disable <id>").description("停用 disable"), "heliu users disable 01J…").action(
    async (id: string, _options: unknown, command: Command) => {
      const { connection, answer } = contextOf(command);
      const user = await callJson<User>(connection(), `/users/${encodeURIComponent(id)}/disable`, { method: "POST" });
      answer(user, () =>
        say(`已停用 ${user.name};其会话和令牌已失效`, `Disabled ${user.name}; its sessions and tokens have ended`),
      );
    },
  );
  example(users.command("enable <id>").description("重新启用 enable again"), "heliu users enable 01J…").action(
    async (id: string, _options: unknown, command: Command) => {
      const { connection, answer } = contextOf(command);
      const user = await callJson<User>(connection(), `/users/${encodeURIComponent(id)}/enable`, { method: "POST" });
      answer(user, () =>
        say(
          `已重新启用 ${user.name};此前的会话和令牌仍然失效,请重新签发令牌`,
          `Enabled ${user.name}; earlier sessions and tokens stay ended, so issue a new token`,
        ),
      );
    },
  );
  example(users.command("list").description("列出 list"), "heliu users list --json").action(
    async (_options: unknown, command: Command) => {
      const { connection, answer } = contextOf(command);
      const { items } = await callJson<{ items: User[] }>(connection(), "/users");
      answer(items, () =>
        table(
          [
            { title: "ID" },
            { title: say("名称", "name") },
            { title: say("角色", "roles") },
            { title: say("状态", "state") },
          ],
          items.map((u) => [
            u.id,
            u.name,
            u.roles.join(","),
            u.disabled ? say("停用", "disabled") : say("在用", "active"),
          ]),
        ),
      );
    },
  );
  tokenVerbs(program);
}

function tokenVerbs(program: Command): void {
  const tokens = program.command("tokens").description("API 令牌 API tokens");
  example(
    tokens
      .command("create <userId>")
      .description("创建,只显示一次 create; shown once")
      .requiredOption("--name <name>", "用途 what it is for")
      .option("--expires <instant>", "到期时间 RFC 3339"),
    "heliu tokens create 01J… --name 夜间同步",
  ).action(async (userId: string, options: { name: string; expires?: string }, command: Command) => {
    const { connection, answer } = contextOf(command);
    const expiry = options.expires === undefined ? {} : { expiresAt: options.expires };
    const body = { userId, name: options.name, ...expiry };
    const created = await callJson<{ id: string; token: string }>(connection(), "/tokens", { body });
    answer(created, () => created.token);
  });
  example(tokens.command("revoke <id>").description("吊销 revoke"), "heliu tokens revoke 01J…").action(
    async (id: string, _options: unknown, command: Command) => {
      const { connection, answer } = contextOf(command);
      const done = await callJson(connection(), `/tokens/${encodeURIComponent(id)}`, { method: "DELETE" });
      answer(done, () => say(`已吊销 ${id}`, `Revoked ${id}`));
    },
  );
  example(tokens.command("list").description("列出 list"), "heliu tokens list").action(
    async (_options: unknown, command: Command) => {
      const { connection, answer } = contextOf(command);
      const { items } = await callJson<{ items: Token[] }>(connection(), "/tokens");
      answer(items, () =>
        table(
          [
            { title: "ID" },
            { title: say("用户", "user") },
            { title: say("用途", "name") },
            { title: say("到期", "expires") },
          ],
          items.map((t) => [t.id, t.userId, t.name, t.expiresAt === null ? "—" : clock(t.expiresAt)]),
        ),
      );
    },
  );
}
