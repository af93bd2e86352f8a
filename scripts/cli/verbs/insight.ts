import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import type { Text } from "../../../node/kernel/text.ts";
import { alertTitle, amountWords, measureWord } from "../../../node/settlement/insight/alert-words.ts";
import { alertsToNote } from "../../../node/settlement/insight/alerts.ts";
import type { PartyDerivation } from "../../../node/settlement/insight/derivation.ts";
import type { Disclosure } from "../../../node/settlement/insight/disclosure.ts";
import type { Forecast } from "../../../node/settlement/insight/forecast.ts";
import type { QuoteView } from "../../../node/settlement/insight/keep-quotes.ts";
import { metricWord } from "../../../node/settlement/insight/metric-words.ts";
import type { Quote } from "../../../node/settlement/insight/quote.ts";
import type { SupplierView } from "../../../node/settlement/insight/supplier.ts";
import type { UsageView } from "../../../node/settlement/insight/usage-view.ts";
import type { WhatIf } from "../../../node/settlement/insight/what-if.ts";
import { call, callJson } from "../client.ts";
import { readJsonFile } from "../files.ts";
import { language, say, table, yuan } from "../output.ts";
import { contextOf, example, usage } from "../verb.ts";

/** Verbs over figures that people decide by; `settle` is there already. */
export function insightVerbs(program: Command): void {
  const settle = program.commands.find((command) => command.name() === "settle") ?? program.command("settle");
  whatIfVerb(settle);
  supplierVerb(settle);
  forecastVerb(settle);
  deriveVerb(settle);
  disclosureVerb(settle);
  quoteVerbs(program);
  usageVerbs(program);
}

const words = (text: Text): string => text[language()];
const path = (id: string): string => encodeURIComponent(id);
const money = (title: string) => ({ title, right: true });

function whatIfVerb(settle: Command): void {
  example(
    settle
      .command("what-if <agreement>")
      .description("换一种条款会怎样 past periods under other terms")
      .requiredOption("--change <file>", "变更的条款(JSON)what of the terms changes")
      .option("--period <period...>", "期间,默认最近一季 periods; the last quarter if absent"),
    "heliu settle what-if AGR-7 --change cheaper.json --period 2026-08 2026-09",
  ).action(async (agreement: string, options: { change: string; period?: string[] }, command: Command) => {
    const { connection, answer } = contextOf(command);
    const change = readJsonFile(options.change);
    const body = { agreement, change, ...(options.period === undefined ? {} : { periods: options.period }) };
    const tried = await callJson<WhatIf>(connection(), "/settlements/what-if", { body });
    const columns = [
      { title: say("参与方", "party") },
      money(say("原(元)", "before (CNY)")),
      money(say("试算(元)", "after (CNY)")),
      money(say("差(元)", "difference (CNY)")),
    ];
    answer(tried, () =>
      [
        table(
          columns,
          tried.parties.map((one) => [one.partyId, yuan(one.beforeFen), yuan(one.afterFen), yuan(one.deltaFen)]),
        ),
        words(tried.text),
      ].join("\n"),
    );
  });
}

function supplierVerb(settle: Command): void {
  example(
    settle
      .command("supplier <party>")
      .description("各方案下本单位可得多少 what a unit would have received under each scheme")
      .requiredOption("--year <year>", "年度 calendar year")
      .option("--add <metric=percent...>", "多贡献多少 how much more it would contribute"),
    "heliu settle supplier 510100:provider --year 2026 --add freshness=20",
  ).action(async (party: string, options: { year: string; add?: string[] }, command: Command) => {
    const { connection, answer } = contextOf(command);
    const adds = options.add === undefined ? {} : { adds: { metered: options.add.map(moreOf) } };
    const body = { party, year: options.year, ...adds };
    const view = await callJson<SupplierView>(connection(), "/settlements/what-if/supplier", { body });
    answer(view, () => [...view.schemes, ...view.withAddition].map(({ text }) => words(text)).join("\n"));
  });
}

function moreOf(text: string): { metric: string; addBp: string } {
  const [, metric = "", percent = ""] = /^([^=]+)=([0-9]{1,5})$/.exec(text) ?? [];
  if (metric !== "") return { metric, addBp: String(Number(percent) * 100) };
  throw usage({
    zh: `--add ${text} 应写作 指标=百分数,如 freshness=20;请改正。`,
    en: `Write --add as metric=percent, such as freshness=20, not ${text}.`,
  });
}

function forecastVerb(settle: Command): void {
  example(
    settle.command("forecast <agreement>").description("本月走向 where the running month is heading"),
    "heliu settle forecast AGR-7",
  ).action(async (agreement: string, _options: unknown, command: Command) => {
    const { connection, answer } = contextOf(command);
    const found = await callJson<Forecast>(connection(), `/settlements/forecast?agreement=${path(agreement)}`);
    const columns = [
      { title: say("参与方", "party") },
      money(say("低(元)", "low (CNY)")),
      money(say("预计(元)", "expected (CNY)")),
      money(say("高(元)", "high (CNY)")),
    ];
    const rows = found.parties.map((one) => [one.partyId, yuan(one.low), yuan(one.expected), yuan(one.high)]);
    // The parties' part is told only to those who may read the statement.
    const shares = rows.length === 0 ? [] : [table(columns, rows)];
    answer(found, () => [...shares, words(found.text), words(found.method.text)].join("\n"));
  });
}

function deriveVerb(settle: Command): void {
  example(
    settle
      .command("derive <period> <agreement>")
      .description("每一分从何而来 where each fen comes from")
      .option("--party <id>", "只看一方 one party only"),
    "heliu settle derive 2026-10 AGR-7 --party 510100:provider",
  ).action(async (period: string, agreement: string, options: { party?: string }, command: Command) => {
    const { connection, answer } = contextOf(command);
    const party = options.party === undefined ? "" : `&party=${path(options.party)}`;
    const query = `agreement=${path(agreement)}${party}`;
    const { items } = await callJson<{ items: PartyDerivation[] }>(
      connection(),
      `/settlements/${path(period)}/derivation?${query}`,
    );
    answer(items, () =>
      items
        .flatMap(({ text, parts, adjustment }) => [
          words(text),
          ...parts.flatMap((part) => [`  ${words(part.text)}`, ...part.steps.map((step) => `    ${words(step.text)}`)]),
          ...(adjustment === null ? [] : [`  ${words(adjustment.text)}`]),
        ])
        .join("\n"),
    );
  });
}

function disclosureVerb(settle: Command): void {
  example(
    settle
      .command("disclosure <year>")
      .description("授权运营年度披露 yearly disclosure of authorised operation")
      .option("--format <format>", "json csv xlsx pdf", "json")
      .option("--out <file>", "写到哪里 where to"),
    "heliu settle disclosure 2026 --json",
    "heliu settle disclosure 2026 --format pdf --out disclosure.pdf",
  ).action(async (year: string, { format, out }: { format: string; out?: string }, command: Command) => {
    const { connection, answer } = contextOf(command);
    if (out === undefined && format !== "json") {
      throw usage({ zh: `--format ${format} 还需要 --out 文件名。`, en: `--format ${format} also needs --out FILE.` });
    }
    if (out !== undefined) {
      const response = await call(connection(), `/reports/disclosure?${new URLSearchParams({ year, format })}`);
      const bytes = Buffer.from(await response.arrayBuffer());
      writeFileSync(out, bytes);
      return answer({ file: out, bytes: bytes.length }, () => out);
    }
    const found = await callJson<Disclosure>(connection(), `/reports/disclosure?year=${path(year)}`);
    const columns = [
      { title: say("产品", "product") },
      { title: say("名称", "name") },
      money(say("用量", "used")),
      money(say("其中免费", "free")),
      money(say("收入(元)", "income (CNY)")),
    ];
    const rows = found.products.map((one) => [
      one.productId,
      one.name,
      one.quantity,
      one.freeQuantity,
      yuan(one.incomeFen),
    ]);
    answer(found, () => [table(columns, rows), words(found.text), ...found.gaps.map(words)].join("\n"));
  });
}

type Estimate = { calls?: string; rows?: string; bytes?: string; purpose?: string };

function quoteVerbs(program: Command): void {
  example(
    program
      .command("quote <agreement>")
      .description("用之前先问价 an upper bound before use")
      .option("--calls <n>", "预计调用次数 how many calls")
      .option("--rows <n>", "预计行数 how many rows")
      .option("--bytes <n>", "预计字节数 how many bytes")
      .option("--purpose <purpose>", "用途 purpose")
      .option("--list", "列出已有报价与实际 earlier quotes with what was charged"),
    "heliu quote AGR-7 --calls 10000 --purpose industrial",
    "heliu quote AGR-7 --list",
  ).action(async (agreement: string, options: Estimate & { list?: boolean }, command: Command) => {
    const { connection, answer } = contextOf(command);
    const { list, calls, rows, bytes, purpose } = options;
    if (list === true) {
      const { items } = await callJson<{ items: QuoteView[] }>(connection(), `/agreements/${path(agreement)}/quotes`);
      answer(items, () =>
        items.map(({ id, text, actual }) => `${id}  ${words(text)} ${words(actual.text)}`).join("\n"),
      );
      return;
    }
    const given = { calls, rows, bytes, purpose };
    const body = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    const quote = await callJson<Quote>(connection(), `/agreements/${path(agreement)}/quote`, { body });
    answer(quote, () => `${quote.id}  ${words(quote.text)}`);
  });
}

function usageVerbs(program: Command): void {
  example(
    program
      .command("usage <agreement>")
      .description("本月用量与未签收 usage of a month while it happens")
      .option("--period <period>", "期间 month")
      .option("--acknowledge <alert>", "知悉提醒,不再列为待办 note an alert, so that it waits no longer"),
    "heliu usage AGR-7 --acknowledge 2026-11.budget.80",
  ).action(async (agreement: string, options: { period?: string; acknowledge?: string }, command: Command) => {
    const { connection, answer } = contextOf(command);
    if (options.acknowledge !== undefined) {
      const alert = `/agreements/${path(agreement)}/alerts/${path(options.acknowledge)}/acknowledge`;
      await callJson(connection(), alert, { method: "POST", body: {} });
    }
    const query = options.period === undefined ? "" : `?period=${path(options.period)}`;
    const view = await callJson<UsageView>(connection(), `/agreements/${path(agreement)}/usage${query}`);
    const columns = [
      { title: say("产品", "product") },
      money(say("用量", "used")),
      money(say("其中免费", "free")),
      money(say("金额(元)", "amount (CNY)")),
    ];
    const rows = view.lines.map((line) => [
      line.productId,
      `${line.quantity} ${words(metricWord(line.metric))}`,
      line.free,
      yuan(line.amountFen),
    ]);
    const gauges = view.gauges.map(({ measure, used, limit, usedBp }) => {
      const shown = (amount: string) => words(amountWords(measure, amount));
      return `${words(measureWord(measure))}: ${shown(used)} / ${shown(limit)} (${Number(usedBp) / 100} %)`;
    });
    const alerts = alertsToNote(view.alerts).map((one) => `${words(alertTitle(one))}  --acknowledge ${one.id}`);
    const stopped = say(
      "预算所余不够再付一笔,有偿使用已停",
      "What is left of the budget pays for no more: charged use has stopped",
    );
    const end = view.budget?.isStopped === true ? [stopped] : [];
    answer(view, () => [table(columns, rows), words(view.unsigned.text), ...gauges, ...end, ...alerts].join("\n"));
  });
  example(
    program
      .command("budget <agreement>")
      .description("设定每月预算 set a budget for each month")
      .requiredOption("--fen <n>", "预算(分);none 为取消 in fen; none to take it away")
      .option("--hard-stop", "用完即停 refuse charged use once it is spent"),
    "heliu budget AGR-7 --fen 500000 --hard-stop",
  ).action(async (agreement: string, options: { fen: string; hardStop?: boolean }, command: Command) => {
    const { connection, answer } = contextOf(command);
    const fen = options.fen === "none" ? null : options.fen;
    const body = { fen, hardStop: options.hardStop === true };
    const set = await callJson(connection(), `/agreements/${path(agreement)}/budget`, { method: "PUT", body });
    answer(set, () =>
      fen === null
        ? say("已取消预算", "The budget is taken away")
        : say(
            `每月预算 ${yuan(fen)} 元,${body.hardStop ? "用完即停" : "用完只提醒"}`,
            `Budget CNY ${yuan(fen)} a month; ${body.hardStop ? "charged use stops once it is spent" : "it only warns"}`,
          ),
    );
  });
}
