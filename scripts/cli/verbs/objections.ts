import type { Command } from "commander";
import type { Reason } from "../../../node/kernel/reason.ts";
import type { Objection, ObjectionAbout } from "../../../node/objections/model.ts";
import type { ObjectionView } from "../../../node/objections/service.ts";
import { callJson } from "../client.ts";
import { clock, language, say, table } from "../output.ts";
import { contextOf, example, limited, listed, usage } from "../verb.ts";

type OpenOptions = { type: string; text: string; transfer?: string; receipts?: string };

export function objectionVerbs(program: Command): void {
  const group = program.command("objections").description("数据异议与质量反馈 objections and quality reports");
  example(
    group
      .command("open <agreement>")
      .description("提出异议 raise one; it goes to the provider region")
      .requiredOption("--type <type>", "rights 权益 | quality 质量 | billing 计费")
      .requiredOption("--text <text>", "说明 what is wrong")
      .option("--transfer <id>", "涉及的传输 about one transfer")
      .option("--receipts <from-to>", "涉及的凭据序号 about receipts by number, 3-7"),
    "heliu objections open AGR-… --type quality --receipts 3-7 --text 第三批缺少字段",
  ).action(async (agreementId: string, options: OpenOptions, command: Command) => {
    const { connection, answer } = contextOf(command);
    const body = { agreementId, type: options.type, about: aboutOf(options), text: options.text };
    const raised = await callJson<Objection>(connection(), "/objections", { body });
    answer(raised, () => say(`已提出异议 ${raised.id}`, `Raised objection ${raised.id}`));
  });
  example(
    limited(group.command("list").description("列出 list").option("--agreement <id>", "一份协议 of one agreement")),
    "heliu objections list",
  ).action(async (options: { limit: string; agreement?: string }, command: Command) => {
    const { connection, answer } = contextOf(command);
    const query = options.agreement === undefined ? "" : `?agreement=${encodeURIComponent(options.agreement)}`;
    const items = await listed<Objection>(connection(), `/objections${query}`, options);
    const titles = ["ID", say("类型", "type"), say("协议", "agreement"), say("对方", "peer"), say("状态", "state")];
    answer(items, () =>
      table(
        [...titles, say("等待", "waits for")].map((title) => ({ title })),
        items.map((o) => [o.id, o.type, o.agreementId, o.peer, o.state, turnIn(o.reason)]),
      ),
    );
  });
  example(
    group.command("show <id>").description("显示,含涉及的凭据 show, with the receipts it concerns"),
    "heliu objections show 01J…",
  ).action(async (id: string, _options: unknown, command: Command) => {
    const { connection, answer } = contextOf(command);
    const found = await callJson<ObjectionView>(connection(), `/objections/${encodeURIComponent(id)}`);
    answer(found, () => textOf(found));
  });
  answerVerbs(group);
}

function answerVerbs(group: Command): void {
  const act = async (command: Command, id: string, event: string, body: object) => {
    const { connection, answer } = contextOf(command);
    const done = await callJson<Objection>(connection(), `/objections/${encodeURIComponent(id)}/${event}`, { body });
    answer(done, () => `${done.id}  ${done.state}  ${turnIn(done.reason)}`);
  };
  example(
    group
      .command("answer <id>")
      .description("提供方办理 the provider's steps")
      .option("--accept", "受理并标注 take it up")
      .option("--refuse", "不予受理 do not take it up")
      .option("--outcome <outcome>", "核实结果 corrected 已更正 | explained 已说明 | duplicate 重复")
      .option("--approve", "复核通过(另一人)approve, as another person")
      .option("--return", "退回重新核实 send it back to be verified again")
      .option("--text <text>", "说明 the answer or the reason"),
    "heliu objections answer 01J… --accept",
    "heliu objections answer 01J… --outcome corrected --text 已补齐字段并重新发布",
  ).action(
    async (
      id: string,
      options: { accept?: true; refuse?: true; approve?: true; return?: true; outcome?: string; text?: string },
      command: Command,
    ) => {
      const named = (["accept", "refuse", "approve", "return"] as const).filter((name) => options[name] === true);
      const events = options.outcome === undefined ? named : [...named, "verify"];
      const [event] = events;
      if (event === undefined || events.length > 1) {
        throw usage({
          zh: "请恰好给出一项:--accept、--refuse、--outcome、--approve 或 --return。",
          en: "Give exactly one of --accept, --refuse, --outcome, --approve, --return.",
        });
      }
      const outcome = options.outcome === undefined ? {} : { outcome: options.outcome };
      await act(command, id, event, { comment: options.text ?? null, ...outcome });
    },
  );
  example(
    group
      .command("close <id>")
      .description("提出方确认、退回或撤回 whoever raised it confirms, sends it back or withdraws")
      .option("--reopen", "退回(至多两次)send it back, twice at most")
      .option("--withdraw", "撤回 withdraw it")
      .option("--text <text>", "说明 why"),
    "heliu objections close 01J…",
  ).action(async (id: string, options: { reopen?: true; withdraw?: true; text?: string }, command: Command) => {
    if (options.reopen === true && options.withdraw === true) {
      throw usage({ zh: "--reopen 与 --withdraw 只能给出一项。", en: "Give --reopen or --withdraw, not both." });
    }
    const event = options.reopen === true ? "reopen" : options.withdraw === true ? "withdraw" : "confirm";
    await act(command, id, event, { comment: options.text ?? null });
  });
}

function aboutOf({ transfer, receipts }: OpenOptions): ObjectionAbout {
  if (transfer !== undefined && receipts !== undefined) {
    throw usage({
      zh: "--transfer 与 --receipts 只能给出一项:一件异议只针对一次传输,或一段凭据。",
      en: "Give --transfer or --receipts, not both: an objection is about one transfer or one run of receipts.",
    });
  }
  if (transfer !== undefined) return { kind: "transfer", transferId: transfer };
  if (receipts === undefined) return { kind: "entry" };
  const [, from, to] = /^([1-9][0-9]*)(?:-([1-9][0-9]*))?$/.exec(receipts) ?? [];
  if (from !== undefined) return { kind: "receipts", from, to: to ?? from };
  throw usage({
    zh: `--receipts ${receipts} 应写作 3-7 或 3;请改正。`,
    en: `Write --receipts as 3-7 or 3, not ${receipts}.`,
  });
}

function turnIn(reason: Reason | null): string {
  if (reason?.turn == null) return reason?.text[language()] ?? "—";
  return `${reason.turn.region} ${reason.turn.role}${reason.until === null ? "" : ` ≤ ${clock(reason.until)}`}`;
}

function textOf(found: ObjectionView): string {
  return [
    `${found.id}  ${found.type}  ${found.state}${found.outcome === null ? "" : ` (${found.outcome})`}`,
    `${found.agreementId}  ${found.entry.name}  ↔ ${found.peer}`,
    found.text,
    ...(found.answer === null ? [] : [`→ ${found.answer}`]),
    ...(found.reason === null ? [] : [`${turnIn(found.reason)}  ${found.reason.text[language()]}`]),
    ...found.timeline.map(({ at, event, actor, comment }) => `  ${clock(at)}  ${event}  ${actor}  ${comment ?? ""}`),
    ...found.receipts.map(({ seq, coreDigest, transferId }) => `  #${seq}  sha256:${coreDigest}  ${transferId}`),
  ].join("\n");
}
