import { resolve } from "node:path";
import type { Command } from "commander";
import type { Reason } from "../../../node/kernel/reason.ts";
import type { Text } from "../../../node/kernel/text.ts";
import { type CliFault, callJson } from "../client.ts";
import { readJsonFile } from "../files.ts";
import { aligned, clock, language, say, table } from "../output.ts";
import { contextOf, example, usage } from "../verb.ts";

export function operationVerbs(program: Command): void {
  peerVerbs(program);
  sourceVerbs(program);
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
        freshness: { state: string; lastContactAt: string | null; reason: Reason | null } | null;
      };
      const { items } = await callJson<{ items: Peer[] }>(connection(), "/peers");
      const columns = [
        { title: say("区域", "region") },
        { title: say("名称", "name") },
        { title: say("状态", "status") },
        { title: say("镜像", "mirror") },
        { title: say("最近联系", "last contact") },
        { title: say("待送", "undelivered"), right: true },
        { title: say("原因", "why") },
      ];
      answer(items, () =>
        table(
          columns,
          items.map((p) => [
            p.region,
            p.name,
            p.status,
            p.freshness?.state ?? "—",
            p.freshness?.lastContactAt == null ? "—" : clock(p.freshness.lastContactAt),
            String(p.undelivered),
            whyOf(p.freshness?.reason ?? null),
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
      `/peers/${encodeURIComponent(region)}/check`,
      { method: "POST" },
    );
    answer(items, () => aligned(items.map((s) => [`${s.ok ? "✓" : "✗"} ${s.step}`, s.detail])));
    if (items.some((s) => !s.ok)) process.exitCode = 1;
  });
}

const whyOf = (reason: Reason | null): string => (reason === null ? "" : `${reason.text[language()]} [${reason.code}]`);

function sourceVerbs(program: Command): void {
  const sources = program.command("sources").description("条目的数据来源 what entries are made of");
  example(
    sources
      .command("add <entry>")
      .description("绑定来源 bind a source")
      .requiredOption("--kind <kind>", "csv raw verification")
      .requiredOption("--path <file>", "节点所在机器上的文件 a file on the node's machine")
      .option("--match <field=column...>", "核验:输入字段=列")
      .option("--answer <flag=column:op...>", "核验:结论=列:条件[:值](present eq neq gteq-today)"),
    "heliu sources add cd-scjg-0001 --kind csv --path /srv/equipment.csv",
    "heliu sources add cd-prod-0002 --kind verification --path /srv/equipment.csv --match reg_code=reg_code --answer registered_flag=reg_code:present",
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
        // The node does not run in this folder.
        path: resolve(options.path),
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
  for (const [verb, method, suffix, text] of [
    ["check", "POST", "/check", "打开并与条目的字段比较 open it and compare it with the entry's fields"],
    ["remove", "DELETE", "", "解除绑定 unbind; running transfers of it stop"],
  ] as const) {
    example(sources.command(`${verb} <id>`).description(text), `heliu sources ${verb} cd-scjg-0001`).action(
      async (id: string, _options: unknown, command: Command) => {
        const { connection, answer } = contextOf(command);
        const done = await callJson(connection(), `/sources/${encodeURIComponent(id)}${suffix}`, { method });
        answer(done, () => JSON.stringify(done, undefined, 2));
      },
    );
  }
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
          kind: string;
          id: string;
          title: { zh: string; en: string };
          reason: { code: string; until: string | null; text: { zh: string; en: string } } | null;
        }[];
      }>(connection(), "/tasks");
      answer(items, () =>
        items.length === 0
          ? say("没有等你处理的事项", "Nothing waits for you")
          : items
              .map(({ kind, id, title, reason }) =>
                [
                  `${title[language()]}${reason?.until ? `  ≤ ${clock(reason.until)}` : ""}`,
                  ...(reason === null ? [] : [`  ${reason.text[language()]}`]),
                  `  ${(NEXT[kind] ?? ((of: string) => of))(id, reason?.code)}`,
                ].join("\n"),
              )
              .join("\n"),
      );
    },
  );
  const policy = program.command("policy").description("规则解释 policy");
  example(
    policy
      .command("explain <agreement>")
      .description("这样的请求会被允许吗 would it be allowed")
      .requiredOption("--request <file>", "JSON:selection、purpose"),
    "heliu policy explain AGR-… --request request.json",
  ).action(async (agreementId: string, options: { request: string }, command: Command) => {
    const { connection, answer } = contextOf(command);
    const body = { agreementId, ...readJsonFile<object>(options.request) };
    const found = await callJson<Explanation>(connection(), "/policy/explain", { body });
    answer(found, () =>
      found.allowed
        ? say("允许", "allowed")
        : `${say("不允许", "refused")}: ${found.text[language()]} [${found.code}, ${found.rule ?? "—"}]`,
    );
  });
}

type Explanation = {
  readonly allowed: boolean;
  readonly code: string | null;
  readonly rule: string | null;
  readonly text: Text;
};

/** What to type next about something that waits. */
const NEXT: { readonly [kind: string]: (id: string, why: string | undefined) => string } = {
  negotiation: (id) => `heliu negotiations show ${id}`,
  log: () => "heliu audit findings",
  objection: (id) => `heliu objections show ${id}`,
  settlement: (id) => `heliu settle show ${id}`,
  netting: (id, why) => {
    // The payments of a signed plan are found in the bank's file; asking for the plan again would begin another round.
    if (why === "NETTING_WAITS_FOR_PAYMENTS") return "heliu payments import FILE";
    return `heliu settle net ${id}${why === "NETTING_WAITS_FOR_APPROVAL" ? " --approve" : ""}`;
  },
  import: (id) => `heliu catalog confirm ${id}`,
  agreement: (id) => `heliu agreements show ${id}`,
  // Whoever agrees writes whose it is anew, and does not just repeat what another person wrote.
  account: (id) => `heliu payments account ${id} --region REGION --name NAME`,
  // An alert's id begins with its agreement's, a payment's is the state it is in.
  alert: (id) => `heliu usage ${id.slice(0, id.lastIndexOf("/"))}`,
  payment: (id) => `heliu payments list --state ${id}`,
};

function pairs(given: readonly string[] = []): { [field: string]: string } {
  return Object.fromEntries(
    given.map((pair) => {
      const [, field = "", column = ""] = /^([^=]+)=(.+)$/.exec(pair) ?? [];
      if (field === "") throw notOfForm("--match", pair, "field=column");
      return [field, column];
    }),
  );
}

function answersOf(given: readonly string[] = []): { [flag: string]: { column: string; op: string; value?: string } } {
  return Object.fromEntries(
    given.map((text) => {
      const [, flag = "", column = "", op = "present", value] =
        /^([^=]+)=([^:]+)(?::([^:]+))?(?::(.*))?$/.exec(text) ?? [];
      if (flag === "") throw notOfForm("--answer", text, "flag=column:op[:value]");
      return [flag, { column, op, ...(value === undefined ? {} : { value }) }];
    }),
  );
}

function notOfForm(option: string, given: string, form: string): CliFault {
  return usage({ zh: `${option} ${given} 应写作 ${form};请改正。`, en: `Write ${option} as ${form}, not ${given}.` });
}
