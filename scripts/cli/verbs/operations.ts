import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { verifyOffline } from "../../../node/audit/verify.ts";
import { CliFault, callJson } from "../client.ts";
import { readJsonFile } from "../files.ts";
import { language, say, table } from "../output.ts";
import { contextOf, example } from "../verb.ts";

export function operationVerbs(program: Command): void {
  peerVerbs(program);
  sourceVerbs(program);
  auditVerbs(program);
  ruleVerbs(program);
}

function peerVerbs(program: Command): void {
  const peers = program.command("peers").description("其他区域 the other regions");
  example(peers.command("list").description("列出及新鲜度 list with freshness"), "heliu peers list").action(
    async (_options: unknown, command: Command) => {
      const { connection, answer } = contextOf(command);
      type Peer = {
        region: string;
        name: string;
        status: string;
        undelivered: number;
        freshness: { state: string; lastContactAt: string | null } | null;
      };
      const { items } = await callJson<{ items: Peer[] }>(connection(), "/peers");
      const columns = [
        { title: say("区域", "region") },
        { title: say("名称", "name") },
        { title: say("状态", "status") },
        { title: say("镜像", "mirror") },
        { title: say("最近联系", "last contact") },
        { title: say("待送", "undelivered"), right: true },
      ];
      answer(items, () =>
        table(
          columns,
          items.map((p) => [
            p.region,
            p.name,
            p.status,
            p.freshness?.state ?? "—",
            p.freshness?.lastContactAt ?? "—",
            String(p.undelivered),
          ]),
        ),
      );
    },
  );
  example(
    peers.command("check <region>").description("逐步检查连通 walk the steps of reaching it"),
    "heliu peers check 500000",
  ).action(async (region: string, _options: unknown, command: Command) => {
    const { connection, answer } = contextOf(command);
    const { items } = await callJson<{ items: { step: string; ok: boolean; detail: string }[] }>(
      connection(),
      `/peers/${region}/check`,
      { method: "POST" },
    );
    answer(items, () => items.map((s) => `${s.ok ? "✓" : "✗"} ${s.step}  ${s.detail}`).join("\n"));
    if (items.some((s) => !s.ok)) process.exitCode = 1;
  });
}

function sourceVerbs(program: Command): void {
  const sources = program.command("sources").description("条目的数据来源 what entries are made of");
  example(
    sources
      .command("add <entry>")
      .description("绑定来源 bind a source")
      .requiredOption("--kind <kind>", "csv raw verification")
      .requiredOption("--path <file>")
      .option("--match <field=column...>", "核验:输入字段=列")
      .option("--answer <flag=column:op...>", "核验:结论=列:条件(present, gteq-today)"),
    "heliu sources add cd-scjg-0001 --kind csv --path /srv/equipment.csv",
  ).action(
    async (
      entryId: string,
      options: { kind: string; path: string; match?: string[]; answer?: string[] },
      command: Command,
    ) => {
      const { connection, answer } = contextOf(command);
      const body = {
        id: entryId,
        entryId,
        kind: options.kind,
        path: options.path,
        ...(options.kind === "verification" ? { match: pairs(options.match), answers: answersOf(options.answer) } : {}),
      };
      const added = await callJson(connection(), "/sources", { body });
      answer(added, () => say(`已绑定 ${entryId} ← ${options.path}`, `Bound ${entryId} ← ${options.path}`));
    },
  );
  example(sources.command("list").description("列出 list"), "heliu sources list").action(
    async (_options: unknown, command: Command) => {
      const { connection, answer } = contextOf(command);
      const { items } = await callJson<{ items: { id: string; entryId: string; kind: string; path: string }[] }>(
        connection(),
        "/sources",
      );
      answer(items, () =>
        table(
          ["ID", say("条目", "entry"), say("类型", "kind"), say("位置", "path")].map((title) => ({ title })),
          items.map((s) => [s.id, s.entryId, s.kind, s.path]),
        ),
      );
    },
  );
  for (const [verb, method, suffix] of [
    ["check", "POST", "/check"],
    ["remove", "DELETE", ""],
  ] as const) {
    example(sources.command(`${verb} <id>`).description(verb), `heliu sources ${verb} cd-scjg-0001`).action(
      async (id: string, _options: unknown, command: Command) => {
        const { connection, answer } = contextOf(command);
        const done = await callJson(connection(), `/sources/${encodeURIComponent(id)}${suffix}`, { method });
        answer(done, () => JSON.stringify(done, undefined, 2));
      },
    );
  }
}

function auditVerbs(program: Command): void {
  const audit = program.command("audit").description("存证 evidence");
  example(audit.command("head").description("日志头与见证 log head and witnesses"), "heliu audit head").action(
    async (_options: unknown, command: Command) => {
      const { connection, answer } = contextOf(command);
      const head = await callJson<{ note: string; witnessedBy: string[] }>(connection(), "/audit/checkpoint");
      answer(head, () => head.note);
    },
  );
  example(
    audit.command("prove <leaf>").description("导出离线证明 export an offline proof").requiredOption("--out <file>"),
    "heliu audit prove 12 --out proof.json",
  ).action(async (leaf: string, options: { out: string }, command: Command) => {
    const { connection, answer } = contextOf(command);
    const proof = await callJson(connection(), `/audit/proof?leaf=${leaf}`);
    writeFileSync(options.out, JSON.stringify(proof, undefined, 2));
    answer({ file: options.out }, () => options.out);
  });
  example(
    audit
      .command("verify <file>")
      .description("离线验证 verify offline; needs no node")
      .requiredOption("--log-key <vkey>", "C2SP vkey")
      .option("--witness <vkey...>"),
    "heliu audit verify proof.json --log-key main/510100/log+…",
  ).action((file: string, options: { logKey: string; witness?: string[] }, command: Command) => {
    const { answer } = contextOf(command);
    const { leaf, proof } = readJsonFile<{ leaf: string; proof: string }>(file);
    const verified = verifyOffline(proof, Buffer.from(leaf, "utf8"), options.logKey, options.witness ?? []);
    if (!verified.ok) throw new CliFault(verified.error.code, verified.error.text);
    answer(verified.value, () =>
      say(
        `有效:第 ${verified.value.index} 条,日志共 ${verified.value.size} 条,见证 ${verified.value.witnesses.length} 方`,
        `Valid: entry ${verified.value.index} of ${verified.value.size}, ${verified.value.witnesses.length} witnesses`,
      ),
    );
  });
}

function ruleVerbs(program: Command): void {
  const rules = program.command("rules").description("规则包 rule packs");
  example(rules.command("list").description("生效的规则 rules in force"), "heliu rules list").action(
    async (_options: unknown, command: Command) => {
      const { connection, answer } = contextOf(command);
      const found = await callJson<{
        items: { key: string; value: unknown; pack: { id: string; version: string }; verified: boolean }[];
      }>(connection(), "/rules");
      answer(found, () =>
        table(
          [say("规则", "rule"), say("取值", "value"), say("规则包", "pack"), say("已核实", "verified")].map(
            (title) => ({ title }),
          ),
          found.items.map((r) => [
            r.key,
            JSON.stringify(r.value).slice(0, 40),
            `${r.pack.id}@${r.pack.version}`,
            r.verified ? "✓" : say("未核实", "unconfirmed"),
          ]),
        ),
      );
    },
  );
  const tasks = program.command("tasks").description("等我处理的事项 what waits for me");
  example(tasks.command("list").description("列出 list"), "heliu tasks list").action(
    async (_options: unknown, command: Command) => {
      const { connection, answer } = contextOf(command);
      const { items } = await callJson<{
        items: {
          title: { zh: string; en: string };
          reason: { until: string | null; text: { zh: string; en: string } } | null;
        }[];
      }>(connection(), "/tasks");
      answer(items, () =>
        items.length === 0
          ? say("没有等你处理的事项", "Nothing waits for you")
          : items
              .map((t) => `${t.title[language()]}  ${t.reason?.until ?? ""}\n  ${t.reason?.text[language()] ?? ""}`)
              .join("\n"),
      );
    },
  );
  const policy = program.command("policy").description("规则解释 policy");
  example(
    policy
      .command("explain <agreement>")
      .description("这样的请求会被允许吗 would it be allowed")
      .requiredOption("--request <file>"),
    "heliu policy explain AGR-… --request request.json",
  ).action(async (agreementId: string, options: { request: string }, command: Command) => {
    const { connection, answer } = contextOf(command);
    const body = { agreementId, ...readJsonFile<object>(options.request) };
    const found = await callJson<{ allowed: boolean; code: string | null; rule: string | null }>(
      connection(),
      "/policy/explain",
      { body },
    );
    answer(found, () =>
      found.allowed ? say("允许", "allowed") : `${say("不允许", "refused")}: ${found.code} (${found.rule})`,
    );
  });
}

function pairs(given: readonly string[] = []): { [field: string]: string } {
  return Object.fromEntries(given.map((pair) => pair.split("=", 2)));
}

function answersOf(given: readonly string[] = []): { [flag: string]: { column: string; op: string } } {
  return Object.fromEntries(
    given.map((text) => {
      const [flag = "", rest = ""] = text.split("=", 2);
      const [column = "", op = "present"] = rest.split(":", 2);
      return [flag, { column, op }];
    }),
  );
}
