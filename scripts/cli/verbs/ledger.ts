import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "commander";
import type { BalancesAsOf } from "../../../node/ledger/as-of.ts";
import type { LedgerCheck } from "../../../node/ledger/check.ts";
import type { FullCheckState } from "../../../node/ledger/full-check.ts";
import type { Balances } from "../../../node/ledger/model.ts";
import { CliFault, type Connection, callJson } from "../client.ts";
import { language, note, say, table } from "../output.ts";
import { contextOf, example } from "../verb.ts";

const POLL_MS = 200;

export function ledgerVerbs(program: Command): void {
  const ledger = program.command("ledger").description("账本 the ledger");
  example(
    ledger.command("check").description("从头核对全部分录 check everything, from the first entry on"),
    "heliu ledger check",
  ).action(async (_options: unknown, command: Command) => {
    const { connection, answer } = contextOf(command);
    const check = await checkEverything(connection());
    const { items } = await callJson<{ items: readonly Balances[] }>(connection(), "/ledger/balances");
    answer({ items, check }, () => [...(items.length === 0 ? [] : [balanceTable(items)]), inBalance(check)].join("\n"));
  });
  example(
    ledger
      .command("balances")
      .description("余额,可按过去任一时点 balances, also as of any past time")
      .option(
        "--happened-until <when>",
        "发生时间:日期或期间,含当天当期 when it happened: a date or a period, inclusive",
      )
      .option("--known-at <when>", "获知时间:时刻或分录序号 when this node knew: an instant or a number of entries")
      .option("--party <party>", "只看一方 only one party"),
    "heliu ledger balances",
    "heliu ledger balances --happened-until 2026-10-31",
    "heliu ledger balances --happened-until 2026-10 --known-at 2026-11-05T09:00:00+08:00",
  ).action(async (options: { happenedUntil?: string; knownAt?: string; party?: string }, command: Command) => {
    const { connection, answer } = contextOf(command);
    const path = `/ledger/balances?${new URLSearchParams(options as Record<string, string>)}`;
    const found = await callJson<Partial<BalancesAsOf> & { readonly items: readonly Balances[] }>(connection(), path);
    answer(found, () => {
      if (found.items.length === 0) return say("到那时没有任何分录", "Nothing had been entered by then");
      const { entries } = found;
      const known = say(`当时已知 ${entries} 条记录`, `${entries} entries were known then`);
      return [balanceTable(found.items), ...(entries === undefined ? [] : [known])].join("\n");
    });
  });
}

/** Begins it at the node and tells how far it is. */
async function checkEverything(at: Connection): Promise<LedgerCheck> {
  type Answer = { readonly full: FullCheckState | null };
  let { full } = await callJson<Answer>(at, "/ledger/check", { body: {} });
  for (let told = 0; full !== null && full.endedAt === null; ) {
    await delay(POLL_MS);
    full = (await callJson<Answer>(at, "/ledger/check")).full;
    if (full === null || full.done <= told) continue;
    told = full.done;
    note(say(`已核对 ${full.done} / ${full.total} 条记录`, `Checked ${full.done} of ${full.total} records`));
  }
  if (full?.result != null) return full.result;
  const { error } = full ?? {};
  if (error != null) throw new CliFault(error.code, error.text[language()]);
  throw new CliFault("LEDGER_CHECK_BROKE_OFF", {
    zh: "核对中断,节点可能正在停止;请查看节点日志后重试。",
    en: "The check broke off, the node may be stopping; look at its log and try again.",
  });
}

function inBalance({ accounts, transfers }: LedgerCheck): string {
  return say(
    `账平:${accounts} 个账户、${transfers} 笔分录,借贷相等,余额与分录一致`,
    `In balance: ${accounts} accounts, ${transfers} transfers; debits equal credits, balances follow from the transfers`,
  );
}

function balanceTable(items: readonly Balances[]): string {
  const isPending = items.some(({ debitsPending, creditsPending }) => debitsPending !== "0" || creditsPending !== "0");
  const columns = [
    { title: say("账户", "account") },
    { title: say("借方", "debits"), right: true },
    { title: say("贷方", "credits"), right: true },
    ...(isPending
      ? [
          { title: say("待记借方", "pending debits"), right: true },
          { title: say("待记贷方", "pending credits"), right: true },
        ]
      : []),
  ];
  const rows = items.map((one) => [
    ...[one.account, one.debitsPosted, one.creditsPosted],
    ...(isPending ? [one.debitsPending, one.creditsPending] : []),
  ]);
  return table(columns, rows);
}
