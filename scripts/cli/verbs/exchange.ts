import { createHash } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import type { Command } from "commander";
import type { Negotiation } from "../../../node/negotiation/model.ts";
import type { RowCondition } from "../../../node/policy/model.ts";
import type { Transfer } from "../../../node/transfer/model.ts";
import { CliFault, type Connection, call, callJson } from "../client.ts";
import { readJsonFile } from "../files.ts";
import { clock, language, progress, say, table } from "../output.ts";
import { contextOf, example, limited, listed, usage, wholeNumber } from "../verb.ts";
import { agreementVerbs } from "./agreements.ts";

export function exchangeVerbs(program: Command): void {
  searchVerb(program);
  negotiationVerbs(program);
  agreementVerbs(program);
  transferVerbs(program);
  callVerb(program);
}

function searchVerb(program: Command): void {
  example(
    program
      .command("search <query>")
      .description("检索联邦目录 search the federated catalogue")
      .option("--region <id>", "区划代码 of this region only")
      .option("--theme <code>", "领域代码 theme")
      .option("--sharing <attribute>", "unconditional conditional none")
      .option("--limit <n>", "最多几条,至多 100 how many at most, up to 100", "20"),
    "heliu search 电梯 --region 510100",
  ).action(async (query: string, options: { [name: string]: string }, command: Command) => {
    const { connection, answer } = contextOf(command);
    wholeNumber("--limit", options.limit ?? "", { min: 1, max: 100 });
    const wanted = ["region", "theme", "sharing", "limit"].flatMap((name) =>
      options[name] === undefined ? [] : [[name, options[name]]],
    );
    const parameters = new URLSearchParams([["q", query], ...(wanted as [string, string][])]);
    const found = await callJson<{
      total: number;
      tookMs: number;
      items: { region: string; id: string; name: string; sharing: string; provider: string }[];
      reason: { text: { zh: string; en: string } } | null;
    }>(connection(), `/search?${parameters}`);
    answer(found, () => {
      if (found.reason !== null && found.items.length === 0) return found.reason.text[language()];
      const columns = [
        say("区域", "region"),
        "ID",
        say("名称", "name"),
        say("共享", "sharing"),
        say("提供单位", "provider"),
      ];
      const rows = found.items.map((hit) => [hit.region, hit.id, hit.name, hit.sharing, hit.provider]);
      return `${table(
        columns.map((title) => ({ title })),
        rows,
      )}\n${say(`共 ${found.total} 条,${found.tookMs} 毫秒`, `${found.total} hits in ${found.tookMs} ms`)}`;
    });
  });
}

function negotiationVerbs(program: Command): void {
  example(
    program
      .command("negotiate <entry>")
      .description("发起协商,条目写作 区域/编号 ask for an entry, region/id")
      .requiredOption("--purpose <purpose...>", "public-governance public-welfare industrial internal-duty")
      .option("--basis <text>", "依据 legal basis")
      .option("--comment <text>", "说明 what for")
      .option("--terms <file>", "与发布条件不同之处(JSON)what differs from the offer"),
    "heliu negotiate 510100/cd-scjg-0004 --purpose public-governance",
  ).action(
    async (
      entry: string,
      options: { purpose: string[]; basis?: string; comment?: string; terms?: string },
      command: Command,
    ) => {
      const { connection, answer } = contextOf(command);
      const [, region, entryId] = /^([0-9]{6})\/(.+)$/.exec(entry) ?? [];
      if (region === undefined)
        throw usage({
          zh: `条目应写作 区域/编号,如 510100/cd-scjg-0004,而不是 ${entry};heliu search 会列出二者。`,
          en: `Write the entry as region/id, such as 510100/cd-scjg-0004, not ${entry}; heliu search lists both.`,
        });
      const body = {
        region,
        entryId,
        purposes: options.purpose,
        ...(options.basis === undefined ? {} : { legalBasis: options.basis }),
        ...(options.comment === undefined ? {} : { comment: options.comment }),
        ...(options.terms === undefined ? {} : { terms: readJsonFile(options.terms) }),
      };
      const negotiation = await callJson<Negotiation>(connection(), "/negotiations", { body });
      answer(negotiation, () => describeNegotiation(negotiation));
    },
  );
  const negotiations = program.command("negotiations").description("进行中的协商 agreements in the making");
  example(limited(negotiations.command("list").description("列出 list")), "heliu negotiations list").action(
    async (options: { limit: string }, command: Command) => {
      const { connection, answer } = contextOf(command);
      const items = await listed<Negotiation>(connection(), "/negotiations", options);
      const columns = [
        "ID",
        say("条目", "entry"),
        say("对方", "peer"),
        say("状态", "state"),
        say("在等", "waiting for"),
      ];
      answer(items, () =>
        table(
          columns.map((title) => ({ title })),
          items.map((n) => [n.id, n.entry.name, n.peer, n.state, n.reason?.text[language()] ?? ""]),
        ),
      );
    },
  );
  example(negotiations.command("show <id>").description("查看 show"), "heliu negotiations show urn:uuid:…").action(
    async (id: string, _options: unknown, command: Command) => {
      const { connection, answer } = contextOf(command);
      const found = await callJson<Negotiation>(connection(), `/negotiations/${encodeURIComponent(id)}`);
      answer(found, () => describeNegotiation(found));
    },
  );
  for (const action of ["approve", "accept", "counter", "reject", "terminate"] as const) {
    const { text, shown } = ACTIONS[action];
    const verb = negotiations.command(`${action} <id>`).description(text);
    const ends = action === "reject" || action === "terminate";
    if (ends) verb.requiredOption("--comment <text>", "原因 why").option("--code <code>", "规则代码 rule code");
    else verb.option("--comment <text>", "说明 a comment");
    if (action === "counter") verb.requiredOption("--terms <file>", "新的条件(JSON)the other terms");
    example(verb, `heliu negotiations ${action} urn:uuid:… ${shown}`).action(
      async (id: string, options: { comment?: string; terms?: string; code?: string }, command: Command) => {
        const { connection, answer } = contextOf(command);
        const body = { ...options, ...(options.terms === undefined ? {} : { terms: readJsonFile(options.terms) }) };
        const done = await callJson<Negotiation>(connection(), `/negotiations/${encodeURIComponent(id)}/${action}`, {
          body,
        });
        answer(done, () => describeNegotiation(done));
      },
    );
  }
}

const ACTIONS = {
  approve: { text: "批准,或会签 approve, or countersign", shown: "--comment 同意" },
  accept: { text: "接受对方的条件 accept the provider's offer", shown: "--comment 接受" },
  counter: { text: "提出其他条件 answer with other terms", shown: "--terms terms.json --comment 减少字段" },
  reject: { text: "不同意,须说明原因 refuse, with the reason", shown: "--comment 用途不在职责范围" },
  terminate: { text: "终止协商 end the negotiation", shown: "--comment 不再需要" },
} as const;

function describeNegotiation(n: Negotiation): string {
  const reason = n.reason === null ? "" : `\n${n.reason.text[language()]}(${n.reason.rule})`;
  const turn = n.reason?.turn;
  const whose =
    turn === null || turn === undefined
      ? ""
      : `\n${say("下一步", "next")}: ${turn.region} ${turn.role}${n.reason?.until ? ` ≤ ${clock(n.reason.until)}` : ""}`;
  return `${n.id}  ${n.entry.name}  ${n.state}${reason}${whose}`;
}

function transferVerbs(program: Command): void {
  example(
    program
      .command("transfer <agreement>")
      .description("按协议取数并存为文件 move data under an agreement into a file")
      .requiredOption("--out <file>", "写到哪里 where to")
      .option("--fields <names>", "只要这些字段,逗号分隔 only these fields")
      .option("--where <condition...>", "字段=值 field=value"),
    "heliu transfer AGR-… --out equipment.csv --fields reg_code,status --where category_code=3000",
  ).action(
    async (agreementId: string, options: { out: string; fields?: string; where?: string[] }, command: Command) => {
      const { connection, answer } = contextOf(command);
      const at = connection();
      // Opened before anything moves: a transfer is metered, and must not end in a folder that does not exist.
      const partial = `${options.out}.partial`;
      const output = await open(partial, "w");
      const selection = {
        ...(options.fields === undefined ? {} : { fields: options.fields.split(",") }),
        ...(options.where === undefined ? {} : { rows: options.where.map(conditionOf) }),
      };
      const done = await fetchInto(at, { agreementId, selection }, output).catch(async (fault) => {
        await output.close();
        await rm(partial, { force: true });
        throw fault;
      });
      await rename(partial, options.out);
      answer(done, () =>
        say(
          `${options.out}:${done.rows} 行,${done.bytes} 字节,sha256 ${done.sha256}`,
          `${options.out}: ${done.rows} rows, ${done.bytes} bytes, sha256 ${done.sha256}`,
        ),
      );
    },
  );
  const transfers = program.command("transfers").description("传输 transfers");
  example(limited(transfers.command("list").description("列出 list")), "heliu transfers list").action(
    async (options: { limit: string }, command: Command) => {
      const { connection, answer } = contextOf(command);
      const items = await listed<Transfer>(connection(), "/transfers", options);
      answer(items, () =>
        table(
          [
            { title: "ID" },
            { title: say("条目", "entry") },
            { title: say("状态", "state") },
            { title: say("行", "rows"), right: true },
            { title: say("字节", "bytes"), right: true },
          ],
          items.map((t) => [t.id, t.entry.name, t.state, t.rows, t.bytes]),
        ),
      );
    },
  );
  for (const action of ["show", "suspend", "resume", "terminate"] as const) {
    example(
      transfers.command(`${action} <id>`).description(MOVES[action]),
      `heliu transfers ${action} urn:uuid:…`,
    ).action(async (id: string, _options: unknown, command: Command) => {
      const { connection, answer } = contextOf(command);
      const path = `/transfers/${encodeURIComponent(id)}`;
      const found =
        action === "show"
          ? await callJson<Transfer>(connection(), path)
          : await callJson<Transfer>(connection(), `${path}/${action}`, { body: {} });
      answer(
        found,
        () =>
          `${found.id}  ${found.entry.name}  ${found.state}  ${found.rows}${found.reason === null ? "" : `\n${found.reason.text[language()]}`}`,
      );
    });
  }
}

const MOVES = {
  show: "查看 show",
  suspend: "暂停;已到的不会重传 suspend; what arrived is not sent again",
  resume: "继续 go on",
  terminate: "终止 end it",
} as const;

function callVerb(program: Command): void {
  example(
    program
      .command("call <agreement>")
      .description("调用产品 call a product, once or many times")
      .requiredOption("--input <file>", "输入(JSON 对象或数组)input, one object or an array")
      .option("--purpose <purpose>", "public-governance public-welfare industrial internal-duty", "industrial"),
    "heliu call AGR-… --input inputs.json",
  ).action(async (agreement: string, options: { input: string; purpose: string }, command: Command) => {
    const { connection, answer } = contextOf(command);
    const input = readJsonFile(options.input);
    const inputs = Array.isArray(input) ? input : [input];
    const body = { inputs, purpose: options.purpose };
    const done = await callJson<{ answered: number; refused: number; answers: CallAnswer[] }>(
      connection(),
      `/agreements/${encodeURIComponent(agreement)}/calls`,
      { body },
    );
    if (done.answered === 0) process.exitCode = 1;
    answer(
      done,
      () =>
        `${done.answers.map(describeAnswer).join("\n")}\n${say(`应答 ${done.answered},拒绝 ${done.refused}`, `${done.answered} answered, ${done.refused} refused`)}`,
    );
  });
}

type CallAnswer = { refusal?: { code: string; text: { zh: string; en: string } } };

const describeAnswer = (one: CallAnswer): string =>
  one.refusal === undefined ? JSON.stringify(one) : `✗ ${one.refusal.text[language()]} [${one.refusal.code}]`;

/** Starts, waits, and writes what arrived; the file is whole and synced when this resolves. */
async function fetchInto(at: Connection, body: object, output: FileHandle): Promise<Transfer> {
  const started = await callJson<Transfer>(at, "/transfers", { body });
  const done = await follow(at, started.id);
  const content = await call(at, `/transfers/${encodeURIComponent(done.id)}/content`);
  const digest = createHash("sha256");
  for await (const piece of content.body ?? []) {
    digest.update(piece);
    await output.appendFile(piece);
  }
  await output.sync();
  await output.close();
  if (done.sha256 === digest.digest("hex")) return done;
  throw new CliFault("CLI_CONTENT_DIFFERS", {
    zh: `收到的文件与登记的 sha256 不同,未保存;内容仍在节点上,请重新下载(传输 ${done.id})。`,
    en: `What was received does not have the recorded sha256 and was not kept; it is still on the node, download it again (transfer ${done.id}).`,
  });
}

async function follow(at: Connection, id: string): Promise<Transfer> {
  const bar = progress(say("传输", "transfer"));
  for (;;) {
    const now = await callJson<Transfer>(at, `/transfers/${encodeURIComponent(id)}`);
    bar.update(`${now.rows} ${say("行", "rows")}`);
    if (now.state === "COMPLETED") {
      bar.end();
      return now;
    }
    if (now.state === "TERMINATED" || now.state === "SUSPENDED") {
      bar.end();
      throw new CliFault(
        now.reason?.code ?? now.state,
        now.reason?.text ?? { zh: `传输状态为 ${now.state}`, en: `The transfer is ${now.state}` },
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function conditionOf(text: string): RowCondition {
  const [, field, value] = /^([A-Za-z][A-Za-z0-9_]*)=(.*)$/.exec(text) ?? [];
  if (field !== undefined && value !== undefined) return { field, op: "eq", value };
  throw new CliFault(
    "CLI_WHERE",
    { zh: `条件 ${text} 不是 字段=值 的形式。`, en: `The condition ${text} is not of the form field=value.` },
    { exitCode: 2 },
  );
}
