import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import type { PeriodView, StatementView } from "../../../node/settlement/period-view.ts";
import { call, callJson } from "../client.ts";
import { language, say, table, yuan } from "../output.ts";
import { contextOf, example } from "../verb.ts";
import { netVerb } from "./payments.ts";
import { disputeVerbs } from "./settle-disputes.ts";
import { recomputeVerbs } from "./settle-recompute.ts";

export function accountVerbs(program: Command): void {
  const settle = program.command("settle").description("结算 benefit sharing");
  netVerb(settle);
  disputeVerbs(settle);
  recomputeVerbs(settle);
  example(
    settle
      .command("close <period>")
      .description("关账 close a period")
      .option("--early", "月末之前 before the month ends")
      .option("--reason <text>", "提前的原因 why early"),
    "heliu settle close 2026-10",
    "heliu settle close 2026-11 --early --reason 试点验收",
  ).action(async (period: string, options: { early?: boolean; reason?: string }, command: Command) => {
    const { connection, answer } = contextOf(command);
    const body = { early: options.early === true, ...(options.reason === undefined ? {} : { reason: options.reason }) };
    const done = await callJson<PeriodView>(connection(), `/settlements/${encodeURIComponent(period)}/close`, { body });
    answer(done, () => describe(done.settlements));
  });
  example(settle.command("show <period>").description("查看 show"), "heliu settle show 2026-10").action(
    async (period: string, _options: unknown, command: Command) => {
      const { connection, answer } = contextOf(command);
      const found = await callJson<PeriodView>(connection(), `/settlements/${encodeURIComponent(period)}`);
      answer(found, () => describe(found.settlements));
    },
  );
  example(
    settle
      .command("report <period>")
      .description("报表 report")
      .requiredOption("--format <format>", "json csv xlsx pdf ledger hledger beancount")
      .requiredOption("--out <file>", "写到哪里 where to")
      .option(
        "--view <view>",
        "bureau 全部 / requester 使用方应付 all of it, or what a requester pays; by role if absent",
      )
      .option("--agreement <id>", "只要一份协议 one agreement only")
      .option("--language <language>", "zh / en"),
    "heliu settle report 2026-10 --format pdf --out statement.pdf",
    "heliu settle report 2026-10 --format xlsx --view requester --out account.xlsx",
  ).action(async (period: string, options: ReportOptions, command: Command) => {
    const { connection, answer } = contextOf(command);
    const { out: _, ...asked } = options;
    const query = new URLSearchParams({ ...asked });
    const response = await call(connection(), `/settlements/${encodeURIComponent(period)}/report?${query}`);
    const bytes = Buffer.from(await response.arrayBuffer());
    writeFileSync(options.out, bytes);
    answer({ file: options.out, bytes: bytes.length }, () => options.out);
  });
}

type ReportOptions = { format: string; out: string; view?: string; agreement?: string; language?: string };

function describe(statements: readonly StatementView[]): string {
  if (statements.length === 0) {
    return say("本期没有需要结算的协议", "No agreement has anything to settle in this period");
  }
  const columns = [
    { title: say("协议", "agreement") },
    { title: say("状态", "state") },
    { title: say("金额(元)", "amount (CNY)"), right: true },
    { title: say("双方一致", "match") },
    { title: say("说明", "why") },
  ];
  const rows = statements.map((one) => [
    one.agreementId,
    one.state,
    one.statement === null ? "—" : yuan(one.statement.result.amountFen),
    one.matched ? say("是", "yes") : "—",
    one.reason?.text[language()] ?? "",
  ]);
  return table(columns, rows);
}
