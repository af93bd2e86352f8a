import { ok, type Result } from "../kernel/exchange-error.ts";
import { instantOf, isDate, msOf } from "../kernel/instant.ts";
import type { Store } from "../storage/port.ts";
import { list, read } from "../storage/transact.ts";
import { NO_HEAD } from "./entry.ts";
import { BLOCK, entriesBetween, historyHead, isUntil, NO_HISTORY, summedUp, type Until } from "./history.ts";
import { type Balances, partsOf } from "./model.ts";
import { refuse } from "./refusal.ts";
import { accounts, entries, ledgerHead } from "./store.ts";
import { addEntry, addSums, isZero, type Sums, storeSums } from "./sums.ts";

/** Both clocks of a question; what is left out reaches to the end. */
export type AsOf = {
  /** When it happened, inclusive: a China date by the day of posting, `2026-10` by accounting period. */
  readonly happenedUntil?: string | undefined;
  /** When this node knew, inclusive: an instant, or how many entries there were. */
  readonly knownAt?: string | undefined;
  readonly party?: string | undefined;
  readonly account?: string | undefined;
};

export type BalancesAsOf = {
  readonly items: Balances[];
  readonly happenedUntil: string | null;
  readonly knownAt: string | null;
  /** The first so many entries were known then; the same question by this number has the same answer for ever. */
  readonly entries: string;
};

/** Accounts that nothing had touched by then are left out. */
export async function balancesAsOf(store: Store, question: AsOf): Promise<Result<BalancesAsOf>> {
  const until = untilOf(question.happenedUntil);
  if (!until.ok) return until;
  const known = await knownEntries(store, question.knownAt);
  if (!known.ok) return known;
  const head = (await read(store, historyHead)) ?? NO_HISTORY;
  const through = smaller(BigInt(head.through), known.value - (known.value % BLOCK));
  const rest = new Map<string, Sums>();
  for (const entry of await entriesBetween(store, through, known.value)) {
    if (isUntil(entry, until.value)) addEntry(rest, entry);
  }
  const items: Balances[] = [];
  for (const { account, normal } of await accountsOf(store, question)) {
    const sums = await summedUp(store, head, account, through, until.value);
    const more = rest.get(account);
    if (more !== undefined) addSums(sums, more);
    if (isZero(sums)) continue;
    const [debitsPosted, creditsPosted, debitsPending, creditsPending] = storeSums(sums);
    items.push({ account, normal, debitsPending, debitsPosted, creditsPending, creditsPosted });
  }
  const { happenedUntil = null, knownAt = null } = question;
  return ok({ items, happenedUntil, knownAt, entries: known.value.toString() });
}

function untilOf(text: string | undefined): Result<Until> {
  if (text === undefined) return ok({});
  if (/^[0-9]{4}-(0[1-9]|1[0-2])$/.test(text)) return ok({ period: text });
  return isDate(text) ? ok({ day: text }) : refuse("LEDGER_AS_OF", text);
}

/** How many entries were known: they are numbered in the order in which they became so. */
async function knownEntries(store: Store, knownAt: string | undefined): Promise<Result<bigint>> {
  const total = BigInt(((await read(store, ledgerHead)) ?? NO_HEAD).entries);
  if (knownAt === undefined) return ok(total);
  if (/^(0|[1-9][0-9]{0,17})$/.test(knownAt)) {
    const count = BigInt(knownAt);
    return count <= total ? ok(count) : refuse("LEDGER_AS_OF", knownAt);
  }
  const ms = msOf(knownAt);
  if (Number.isNaN(ms) || !/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9]{2}:[0-9]{2})$/.test(knownAt)) {
    return refuse("LEDGER_AS_OF", knownAt);
  }
  const instant = instantOf(ms);
  let low = 0n;
  let high = total;
  while (low < high) {
    const middle = (low + high) / 2n;
    const entry = await read(store, entries.at(middle));
    if (entry === undefined) return refuse("LEDGER_UNBALANCED", `entry ${middle} is missing`);
    if (entry.knownAt <= instant) low = middle + 1n;
    else high = middle;
  }
  return ok(low);
}

async function accountsOf(store: Store, { party, account }: AsOf): Promise<Balances[]> {
  if (account !== undefined) {
    const found = await read(store, accounts.at(account));
    return found === undefined ? [] : [found];
  }
  const found: Balances[] = [];
  for await (const one of list(store, accounts)) {
    if (party === undefined || partsOf(one.account).partyId === party) found.push(one);
  }
  return found;
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
