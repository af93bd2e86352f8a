import { basename } from "node:path";
import type { Command } from "commander";
import { chinaDateOf, msOf } from "../../../node/kernel/instant.ts";
import type { Ageing } from "../../../node/payments/ageing.ts";
import type { ImportResult } from "../../../node/payments/import.ts";
import type { PaymentView } from "../../../node/payments/list-payments.ts";
import type { NettingView } from "../../../node/payments/netting-service.ts";
import { callJson } from "../client.ts";
import { bytesOf } from "../files.ts";
import { language, note, say, table, yuan } from "../output.ts";
import { contextOf, example, limited, listed, usage } from "../verb.ts";

export function paymentVerbs(program: Command): void {
  const payments = program.command("payments").description("收付款 payments met with what is owed");
  importVerb(payments);
  listVerb(payments);
  matchVerb(payments);
  ageingVerb(payments);
  accountVerb(payments);
}

/** `heliu settle net`, beside the other verbs of settling. */
export function netVerb(settle: Command): void {
  example(
    settle
      .command("net <period>")
      .description("轧差:各地区共同签署的付款方案 the payment plan that all regions sign")
      .option("--approve", "复核签署(须为另一人) let it be signed; never by who asked"),
    "heliu settle net 2026-10",
    "heliu settle net 2026-10 --approve",
  ).action(async (period: string, options: { approve?: boolean }, command: Command) => {
    const { connection, answer } = contextOf(command);
    const path = `/settlements/${encodeURIComponent(period)}/net${options.approve === true ? "/approve" : ""}`;
    const plans = await callJson<{ items: NettingView[] }>(connection(), path, { method: "POST" });
    answer(plans, () => plans.items.map(describePlan).join("\n\n"));
  });
}

export function describePlan(plan: NettingView): string {
  const head = `${plan.periodId} #${plan.round} ${plan.state}${plan.digest === null ? "" : ` ${plan.digest}`}`;
  const why = plan.reason === null ? [] : [plan.reason.text[language()]];
  const columns = [
    { title: say("参考号", "reference") },
    { title: say("付款方", "from") },
    { title: say("收款方", "to") },
    { title: say("金额(元)", "amount (CNY)"), right: true },
    { title: say("到期", "due") },
    { title: say("到账", "arrived") },
  ];
  const rows = plan.payments.map((p) => [
    p.reference,
    p.from,
    p.to,
    yuan(p.fen),
    dueOf(plan, p),
    p.confirmedAt === null ? "—" : chinaDateOf(msOf(p.confirmedAt)),
  ]);
  return [head, ...(rows.length === 0 ? [] : [table(columns, rows)]), ...why].join("\n");
}

/** The day follows from the statements once all regions have signed the plan; only then may there be none. */
function dueOf({ signedAt }: NettingView, { dueAt }: NettingView["payments"][number]): string {
  if (dueAt !== null) return lastDay(dueAt);
  return signedAt === null ? say("签署后确定", "set when signed") : say("无期限", "no due date");
}

/** A due time is the midnight in China that ends the last day. */
const lastDay = (dueAt: string) => chinaDateOf(msOf(dueAt) - 1);

function importVerb(payments: Command): void {
  example(
    payments
      .command("import <file>")
      .description("导入银行或财政流水(CSV、XLSX) import a bank or treasury file")
      .option(
        "--source <name>",
        "账户的来源名,列名按此记住 name of the account; columns are remembered under it",
        "bank",
      )
      .option("--account <number>", "本方账号 the own account, where the file does not say")
      .option("--column <field=heading...>", "指明列名 name a column: date amount credit debit account name text …"),
    "heliu payments import 2026-11.xlsx --source ccb-main",
    "heliu payments import gk.csv --source treasury --account 6222000000000000009 --column account=付款方账户",
  ).action(async (file: string, options: { source: string; account?: string; column?: string[] }, command: Command) => {
    const { connection, answer } = contextOf(command);
    const query = new URLSearchParams({ source: options.source, filename: basename(file) });
    if (options.account !== undefined) query.set("account", options.account);
    for (const pair of options.column ?? []) {
      const [field = "", heading = ""] = pair.split("=");
      if (heading === "") {
        throw usage({
          zh: `--column 应写成 字段=列名,而不是 ${pair};例如 account=对方账号。`,
          en: `--column is field=heading, not ${pair}; for example account=对方账号.`,
        });
      }
      query.set(`column.${field}`, heading);
    }
    const done = await callJson<ImportResult>(connection(), `/payments/import?${query}`, { file: bytesOf(file) });
    answer(done, () => describeImport(done));
    for (const { row, column, value, rule, text } of done.faults) {
      note(
        say(
          `第 ${row} 行 ${column}“${value}”:${text.zh} [${rule}]`,
          `Row ${row}, ${column} “${value}”: ${text.en} [${rule}]`,
        ),
      );
    }
  });
}

function describeImport({ rows, states, isRepeated }: ImportResult): string {
  const { booked, open, returned, duplicate, faulty } = states;
  const again = isRepeated
    ? say("此文件此前已导入,未作改动。", "This file was imported before; nothing changed. ")
    : "";
  return (
    again +
    say(
      `共 ${rows} 行:已入账 ${booked},待人工认定 ${open},已退回 ${returned},重复 ${duplicate},有误 ${faulty}`,
      `${rows} rows: ${booked} booked, ${open} for a person, ${returned} returned, ${duplicate} repeated, ${faulty} faulty`,
    )
  );
}

function listVerb(payments: Command): void {
  example(
    limited(payments.command("list").description("列出收付款 list payments")).option(
      "--state <state>",
      "open booked proposed rejected returned duplicate faulty",
    ),
    "heliu payments list --state open",
  ).action(async (options: { limit: string; state?: string }, command: Command) => {
    const { connection, answer } = contextOf(command);
    const query = options.state === undefined ? "" : `?state=${encodeURIComponent(options.state)}`;
    const items = await listed<PaymentView>(connection(), `/payments${query}`, options);
    const columns = [
      { title: "ID" },
      { title: say("日期", "date") },
      { title: say("金额(元)", "amount (CNY)"), right: true },
      { title: say("对方", "party") },
      { title: say("状态", "state") },
      { title: say("参考号或建议", "reference or suggestion") },
    ];
    answer(items, () => table(columns, items.map(paymentRow)));
  });
}

export function paymentRow(p: PaymentView): string[] {
  const chosen = p.proposal?.allocations ?? (p.allocations.length > 0 ? p.allocations : p.suggestions[0]?.allocations);
  const references = (chosen ?? []).map(({ reference, fen }) => `${reference} ${yuan(fen)}`);
  // A reversal goes the other way than the column that it stands in.
  const sign = (p.direction === "out") !== p.isReversal ? "-" : "";
  const amount = p.fen === null ? "—" : `${sign}${yuan(p.fen)}${p.isReversal ? say(" 退汇", " reversal") : ""}`;
  const said = [...references, ...restOf(p), ...returnOf(p)].join(", ");
  return [p.id, p.date ?? "—", amount, p.region ?? p.name, `${p.state} (${p.rule})`, said];
}

/** Of a payment that was given to dues in part. */
function restOf({ allocations, leftFen }: PaymentView): string[] {
  if (allocations.length === 0 || leftFen === "0") return [];
  return [say(`余 ${yuan(leftFen)} 元`, `CNY ${yuan(leftFen)} left`)];
}

function returnOf({ state, rule, returns, returnedBy, proposal, suggestions }: PaymentView): string[] {
  if (returnedBy !== undefined) return [say(`被 ${returnedBy} 退回`, `returned by ${returnedBy}`)];
  const id = returns ?? proposal?.returns ?? suggestions[0]?.returns;
  const confirmed =
    state === "open" && rule === "reversal-confirmed"
      ? [say("到账已签署确认,由人员在以后账期更正", "its arrival is signed; people correct it in a later period")]
      : [];
  return id === undefined ? confirmed : [say(`退回 ${id}`, `returns ${id}`), ...confirmed];
}

type MatchOptions = {
  readonly due?: string[];
  readonly returns?: string;
  readonly confirm?: boolean;
  readonly reject?: string;
};

function matchVerb(payments: Command): void {
  example(
    payments
      .command("match <id>")
      .description("人工认定,一人提出、另一人确认 decide by persons: one proposes, another confirms")
      .option("--due <reference=fen...>", "付的是哪些应付款,金额以分计 which dues it pays, in fen")
      .option("--returns <id>", "退汇或冲正退回的是哪一笔 the payment that this reversal takes back")
      .option("--confirm", "确认他人的认定 confirm what another person proposed")
      .option(
        "--reject <why>",
        "退回,或认定该笔(或其余额)与应付款无关;以后仍可用 --due 重新认领 send back, or set the row (or its rest) aside; --due takes it up again",
      ),
    "heliu payments match P-1f… --due HE7K3Q9M2ABX=120000",
    "heliu payments match P-1f… --confirm",
  ).action(async (id: string, options: MatchOptions, command: Command) => {
    const { connection, answer } = contextOf(command);
    const allocations = options.due?.map(allocationOf);
    const { returns, confirm, reject } = options;
    const body = { allocations, returns, confirm, reject };
    const path = `/payments/${encodeURIComponent(id)}/match`;
    const done = await callJson<PaymentView>(connection(), path, { body: JSON.parse(JSON.stringify(body)) });
    answer(done, () => [done.id, done.state, ...restOf(done)].join(" "));
  });
}

function allocationOf(text: string): { reference: string; fen: string } {
  const [, reference, fen] = /^([^=]{1,32})=([1-9][0-9]{0,40})$/.exec(text) ?? [];
  if (reference !== undefined && fen !== undefined) return { reference, fen };
  throw usage({
    zh: `--due 应写成 参考号=金额(分),而不是 ${text};例如 HE7K3Q9M2ABX=120000 为 1200.00 元。`,
    en: `--due is reference=amount in fen, not ${text}; HE7K3Q9M2ABX=120000, for example, is CNY 1200.00.`,
  });
}

function ageingVerb(payments: Command): void {
  example(payments.command("ageing").description("账龄 what is owed, by age"), "heliu payments ageing").action(
    async (_options: unknown, command: Command) => {
      const { connection, answer } = contextOf(command);
      const found = await callJson<Ageing>(connection(), "/payments/ageing");
      const money = (title: string) => ({ title, right: true });
      const columns = [
        { title: say("对方", "party") },
        { title: say("方向", "side") },
        money(say("未到期", "not due")),
        ...["0–30", "31–60", "61–90", "> 90"].map(money),
        money(say("无期限", "no due date")),
        money(say("合计(元)", "total (CNY)")),
      ];
      const rows = found.rows.map(({ counterparty, side, buckets, totalFen }) => [
        counterparty,
        side === "receivable" ? say("应收", "owed to us") : say("应付", "owed by us"),
        ...[buckets.notDue, buckets.d0to30, buckets.d31to60, buckets.d61to90, buckets.over90, buckets.noDueDate].map(
          yuan,
        ),
        yuan(totalFen),
      ]);
      answer(found, () => (rows.length === 0 ? say("没有未结款项", "Nothing is owed") : table(columns, rows)));
    },
  );
}

function accountVerb(payments: Command): void {
  example(
    payments
      .command("account <number>")
      .description("登记账号归属,两人一致后生效 say whose an account is; two persons say the same")
      .requiredOption("--region <region>", "归属地区 the region")
      .option("--name <name>", "户名 name of the account", ""),
    "heliu payments account 6222021111111111111 --region 500000 --name 重庆市大数据局",
  ).action(async (account: string, options: { region: string; name: string }, command: Command) => {
    const { connection, answer } = contextOf(command);
    const body = { account, region: options.region, name: options.name };
    const done = await callJson<{ isInForce: boolean }>(connection(), "/payments/accounts", { body });
    answer(done, () =>
      done.isInForce ? say("已生效", "In force") : say("已提出,待另一人确认", "Proposed; a second person has to agree"),
    );
  });
}
