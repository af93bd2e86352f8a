import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { chinaDateOf } from "../../node/kernel/instant.ts";
import { createLedger, type Ledger } from "../../node/ledger/service.ts";
import { type Journal, type JournalTransfer, journal, yuanOf } from "../../node/settlement/journal.ts";
import { openLevelStore } from "../../node/storage/level.ts";
import { note } from "../cli/output.ts";
import { type Reader, readers, readJournalBalances } from "./journal-readers.ts";
import type { SoakReport } from "./kills.ts";
import { postQuarter } from "./quarter.ts";

export type JournalsOptions = { readonly seed: string; readonly postings: number; readonly dir: string };

/**
 * A seeded quarter in the real ledger, its journals as a node exports them, read by three programs that are not ours: every
 * balance they compute must be the ledger's, to the fen, and one altered fen must be noticed.
 */
export async function soakJournals({ seed, postings, dir }: JournalsOptions): Promise<SoakReport> {
  const began = performance.now();
  const store = await openLevelStore(join(dir, "books"));
  const ledger = createLedger({ store });
  await postQuarter(store, ledger, seed, postings);
  const check = mustSucceed(await ledger.check());
  const written = mustSucceed(journal(await exported(ledger)));
  const expected = await ledgerBalances(ledger, written);
  await store.close();
  note(`journals: seed ${seed}; ${check.transfers} transfers, ${check.accounts} accounts`);
  const failed: object[] = [];
  const read: { [program: string]: number } = {};
  for (const reader of readers) {
    const text = reader.format === "plain" ? written.plain : written.beancount;
    const faults = tryReader(reader, dir, text, expected);
    if (faults.length > 0) failed.push({ program: reader.program, faults: faults.slice(0, 10) });
    else read[reader.program] = [...expected.keys()].filter(reader.owns).length;
    note(`  ${reader.program} — ${faults.length === 0 ? "every balance, and the altered fen" : "FAILED"}`);
    for (const fault of faults.slice(0, 10)) note(`      ${fault}`);
  }
  const ok = failed.length === 0 && check.transfers >= postings;
  const tookMs = Math.round(performance.now() - began);
  return { verb: "journals", seed, trials: readers.length, ok, failed, transfers: check.transfers, read, tookMs };
}

/** As a report exports them: every transfer of the ledger, with its China date. */
export async function exported(ledger: Ledger): Promise<JournalTransfer[]> {
  const found: JournalTransfer[] = [];
  for (let after: string | undefined = ""; after !== undefined; ) {
    const page = await ledger.transfers({ after: after === "" ? undefined : after, limit: 1_000 });
    for (const { id, at, debit, credit, amount, text, periodId, state } of page.items) {
      found.push({ id, date: chinaDateOf(Date.parse(at)), debit, credit, amount, text, periodId, state });
    }
    after = page.next ?? undefined;
  }
  return found;
}

/** What the ledger's own accounts say, under the names of the journal, without those at 0. */
export async function ledgerBalances(ledger: Ledger, { balances }: Journal): Promise<Map<string, string>> {
  const names = new Map(balances.map((one) => [one.account, one]));
  const found = new Map<string, string>();
  for (const { account, debitsPosted, creditsPosted } of await ledger.balances()) {
    const net = BigInt(debitsPosted) - BigInt(creditsPosted);
    const name = names.get(account);
    if (net === 0n) continue;
    if (name === undefined) throw new Error(`the journal leaves ${account} out`);
    const commodity = name.shown.split(" ")[1] ?? "";
    const figure = commodity === "CNY" ? yuanOf(net) : net.toString();
    for (const text of [name.plainName, name.beancountName]) found.set(`${text} ${commodity}`, figure);
  }
  return found;
}

function tryReader(reader: Reader, dir: string, text: string, expected: ReadonlyMap<string, string>): string[] {
  const file = join(dir, `quarter.${reader.program}`);
  writeFileSync(file, text);
  const found = spawnSync(reader.program, ["--version"], { encoding: "utf8" });
  if (found.error !== undefined) {
    return [`${reader.program} is not installed, so nothing was compared: install the package ${reader.from}`];
  }
  const wanted = new Map([...expected].filter(([name]) => reader.owns(name)));
  const got = readJournalBalances(reader, file);
  const faults = got.faults.slice();
  for (const [name, figure] of wanted) {
    if (got.balances.get(name) !== figure)
      faults.push(`${name} is ${figure}, ${reader.program} computes ${got.balances.get(name)}`);
  }
  for (const [name, figure] of got.balances)
    if (!wanted.has(name)) faults.push(`${name} should not be there: ${figure}`);
  if (reader.refuses(file)) faults.push(`${reader.program} does not accept the journal`);
  const altered = join(dir, `altered.${reader.program}`);
  writeFileSync(altered, alteredByOneFen(text));
  if (!reader.refuses(altered)) faults.push(`${reader.program} accepts a journal in which one fen was altered`);
  return faults;
}

/** One posting in the middle is a fen more, on both sides, so that only the asserted balances can tell. */
export function alteredByOneFen(text: string): string {
  const lines = text.split("\n");
  const isMoney = (line: string | undefined) => /^ +\S+ {2}-?[0-9]+\.[0-9]{2} CNY$/.test(line ?? "");
  const at = lines.findIndex((line, i) => i > lines.length / 2 && isMoney(line) && isMoney(lines[i + 1]));
  for (const i of [at, at + 1]) {
    lines[i] = (lines[i] ?? "").replace(/(-?)([0-9]+)\.([0-9]{2}) CNY$/, (_, sign, yuan, fen) => {
      return `${sign}${yuanOf(BigInt(`${yuan}${fen}`) + 1n)} CNY`;
    });
  }
  return lines.join("\n");
}
