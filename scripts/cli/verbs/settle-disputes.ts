import { createHash } from "node:crypto";
import { basename } from "node:path";
import type { Command } from "commander";
import type { DisputeView } from "../../../node/settlement/dispute-view.ts";
import { callJson } from "../client.ts";
import { bytesOf } from "../files.ts";
import { clock, language, say, table } from "../output.ts";
import { contextOf, example, usage } from "../verb.ts";

const OUTCOMES = ["upheld", "rejected", "withdrawn"] as const;

type Opened = {
  readonly agreement: string;
  readonly receipts: string;
  readonly reason: string;
  readonly evidence?: readonly string[];
};

/** `heliu settle dispute …`: over the node's HTTP interface. */
export function disputeVerbs(settle: Command): void {
  const dispute = settle.command("dispute").description("争议 disputes over receipts");
  const path = (period: string) => `/settlements/${encodeURIComponent(period)}/disputes`;
  example(
    dispute
      .command("open <period>")
      .description("提出争议 dispute receipts")
      .requiredOption("--agreement <id>", "协议 agreement")
      .requiredOption("--receipts <ids>", "凭据编号,逗号分隔 receipt ids, separated by commas")
      .requiredOption("--reason <text>", "理由 why")
      .option("--evidence <file...>", "证据文件,只送摘要 files of evidence; only their digests are sent"),
    "heliu settle dispute open 2026-10 --agreement AGR-7 --receipts 3f…,a0… --reason 行数与日志不符",
  ).action(async (period: string, options: Opened, command: Command) => {
    const { connection, answer } = contextOf(command);
    const body = {
      agreementId: options.agreement,
      receiptIds: options.receipts.split(",").map((id) => id.trim()),
      reason: options.reason,
      evidence: (options.evidence ?? []).map(evidenceOf),
    };
    const opened = await callJson<DisputeView>(connection(), path(period), { body });
    answer(opened, () => describe([opened]));
  });
  example(dispute.command("list <period>").description("列出 list"), "heliu settle dispute list 2026-10").action(
    async (period: string, _options: unknown, command: Command) => {
      const { connection, answer } = contextOf(command);
      const found = await callJson<{ items: DisputeView[] }>(connection(), path(period));
      answer(found, () => describe(found.items));
    },
  );
  example(
    dispute.command("show <period> <id>").description("查看 show"),
    "heliu settle dispute show 2026-10 01J…",
  ).action(async (period: string, id: string, _options: unknown, command: Command) => {
    const { connection, answer } = contextOf(command);
    const found = await callJson<DisputeView>(connection(), `${path(period)}/${encodeURIComponent(id)}`);
    answer(found, () => detail(found));
  });
  example(
    dispute
      .command("resolve <period> <id>")
      .description("给出结论 say how it ends")
      .requiredOption("--outcome <outcome>", "upheld 成立 | rejected 不成立 | withdrawn 撤回")
      .option("--comment <text>", "说明 why"),
    "heliu settle dispute resolve 2026-10 01J… --outcome rejected --comment 双方核对日志一致",
  ).action(async (period: string, id: string, options: { outcome: string; comment?: string }, command: Command) => {
    const outcome = OUTCOMES.find((one) => one === options.outcome);
    if (outcome === undefined) {
      throw usage({
        zh: `--outcome 应为 ${OUTCOMES.join("、")} 之一,而不是 ${options.outcome};请改正。`,
        en: `--outcome must be one of ${OUTCOMES.join(", ")}, not ${options.outcome}; correct it.`,
      });
    }
    const { connection, answer } = contextOf(command);
    const body = { outcome, ...(options.comment === undefined ? {} : { comment: options.comment }) };
    const at = `${path(period)}/${encodeURIComponent(id)}/resolve`;
    const resolved = await callJson<DisputeView>(connection(), at, { body });
    answer(resolved, () => detail(resolved));
  });
}

function evidenceOf(file: string): { name: string; sha256: string } {
  return { name: basename(file), sha256: createHash("sha256").update(bytesOf(file)).digest("hex") };
}

function describe(disputes: readonly DisputeView[]): string {
  if (disputes.length === 0) return say("本期没有争议", "No disputes in this period");
  const columns = [
    { title: say("编号", "id") },
    { title: say("协议", "agreement") },
    { title: say("凭据", "receipts"), right: true },
    { title: say("结论", "outcome") },
    { title: say("轮到", "turn") },
    { title: say("期限", "until") },
    { title: say("理由", "reason") },
  ];
  const rows = disputes.map((one) => [
    one.id,
    one.agreementId,
    String(one.receiptIds.length),
    one.state,
    one.standing?.turn?.region ?? "—",
    `${one.standing?.until == null ? "—" : clock(one.standing.until)}${one.overdue ? say("(已过期)", " (overdue)") : ""}`,
    one.reason,
  ]);
  return table(columns, rows);
}

function detail(one: DisputeView): string {
  const lines = [
    describe([one]),
    ...one.receiptIds.map((id) => `  ${id}`),
    ...(one.evidence ?? []).map(({ name, sha256 }) => `  ${name}  sha256:${sha256}`),
    one.standing?.text[language()] ?? say("已结束", "Settled"),
  ];
  return lines.join("\n");
}
