import { ok } from "../kernel/exchange-error.ts";
import { chinaDateOf, msOf } from "../kernel/instant.ts";
import { ledgerHead } from "../ledger/store.ts";
import { obligationsOf } from "../settlement/obligations.ts";
import type { SignedStatement } from "../settlement/signed-statements.ts";
import { byteOrder } from "../settlement/values.ts";
import { list, read, transact } from "../storage/transact.ts";
import { dueDateOf } from "./conclude-plan.ts";
import { duesLeft } from "./open.ts";
import type { PaymentDeps } from "./process.ts";
import { nettedMonths, nettedStatements } from "./store.ts";

export const ageBuckets = ["notDue", "d0to30", "d31to60", "d61to90", "over90", "noDueDate"] as const;
export type AgeBucket = (typeof ageBuckets)[number];

export type AgeingItem = {
  /** A payment of a signed plan, or a signed statement that no plan holds yet. */
  readonly kind: "due" | "statement";
  readonly id: string;
  readonly periodId: string;
  readonly counterparty: string;
  readonly side: "receivable" | "payable";
  readonly fen: string;
  readonly dueAt: string | null;
  readonly dueRule: string;
  readonly dueVerified: boolean;
  readonly daysOverdue: number;
  readonly bucket: AgeBucket;
};

export type AgeingRow = {
  readonly counterparty: string;
  readonly side: AgeingItem["side"];
  readonly totalFen: string;
  readonly buckets: { readonly [bucket in AgeBucket]: string };
};

export type Ageing = {
  readonly asOf: string;
  readonly rows: readonly AgeingRow[];
  readonly items: readonly AgeingItem[];
};

type Open = Pick<AgeingItem, "kind" | "id" | "periodId" | "fen" | "dueAt" | "dueRule" | "dueVerified"> & {
  readonly from: string;
  readonly to: string;
};

/** What this region is still owed and still owes, by counter-party and by how long it is overdue. */
export async function ageingOf(deps: PaymentDeps): Promise<Ageing> {
  const nowMs = deps.runtime.nowMs();
  const items = (await openItems(deps)).map((one) => itemOf(one, deps.region, nowMs));
  const rows = new Map<string, AgeingItem[]>();
  for (const item of items) {
    const key = `${item.counterparty}|${item.side}`;
    rows.set(key, [...(rows.get(key) ?? []), item]);
  }
  return {
    asOf: chinaDateOf(nowMs),
    rows: [...rows.values()].map(rowOf).sort((a, b) => byteOrder(a.counterparty + a.side, b.counterparty + b.side)),
    items: items.sort((a, b) => b.daysOverdue - a.daysOverdue || byteOrder(a.id, b.id)),
  };
}

async function openItems(deps: PaymentDeps): Promise<Open[]> {
  const { store, region } = deps;
  const open: Open[] = [];
  for await (const { reference, fen, paidFen, confirmedAt, ...due } of duesLeft(store)) {
    const left = BigInt(fen) - BigInt(paidFen);
    if (confirmedAt !== null || left === 0n || ![due.from, due.to].includes(region)) continue;
    open.push({ ...due, kind: "due", id: reference, fen: left.toString() });
  }
  return [...open, ...(await owedOutsidePlans(deps))];
}

/**
 * Signed statements that no plan holds yet. Once the ledger of a month is closed no statement of it is signed any more, so a
 * month in which nothing is owed then stays so, and its statements, which are large, are not read again.
 */
async function owedOutsidePlans(deps: PaymentDeps): Promise<Open[]> {
  const { store } = deps;
  // Before the statements: one may be signed, and the month closed after it, while they are read.
  const { closedThrough = "" } = (await read(store, ledgerHead)) ?? {};
  const over = new Set<string>();
  for await (const periodId of list(store, nettedMonths)) over.add(periodId);
  const signed = await deps.signed(undefined, over);
  if (!signed.ok) return [];
  const open: Open[] = [];
  for (const statement of signed.value) {
    const netted = await read(store, nettedStatements.at(statement.periodId, statement.agreementId));
    if (netted === undefined) open.push(...owedBy(deps, statement));
  }
  const owed = new Set(open.map(({ periodId }) => periodId));
  const months = new Set(signed.value.map(({ periodId }) => periodId));
  const done = [...months].filter((periodId) => periodId <= closedThrough && !owed.has(periodId));
  if (done.length > 0) {
    await transact(store, [], (tx) => {
      for (const periodId of done) tx.put(nettedMonths.at(periodId), periodId);
      return ok(true);
    });
  }
  return open;
}

function owedBy({ rules, region }: PaymentDeps, statement: SignedStatement): Open[] {
  const sums = new Map<string, bigint>();
  for (const { from, to, fen } of obligationsOf(statement)) {
    if (from === region) sums.set(to, (sums.get(to) ?? 0n) - fen);
    if (to === region) sums.set(from, (sums.get(from) ?? 0n) + fen);
  }
  const { periodId, agreementId, signedAt } = statement;
  return [...sums].flatMap(([other, fen]): Open[] => {
    if (fen === 0n) return [];
    const [from, to] = fen > 0n ? [other, region] : [region, other];
    const amount = (fen < 0n ? -fen : fen).toString();
    return [
      { kind: "statement", id: agreementId, periodId, from, to, fen: amount, ...dueDateOf(rules, other, signedAt) },
    ];
  });
}

function itemOf({ from, to, ...one }: Open, region: string, nowMs: number): AgeingItem {
  const [counterparty, side] = to === region ? ([from, "receivable"] as const) : ([to, "payable"] as const);
  const { dueAt } = one;
  // A due time is the midnight that ends the last day.
  const daysOverdue = dueAt === null || nowMs < msOf(dueAt) ? 0 : Math.floor((nowMs - msOf(dueAt)) / 86_400_000) + 1;
  return { ...one, counterparty, side, daysOverdue, bucket: bucketOf(dueAt, daysOverdue) };
}

export function bucketOf(dueAt: string | null, daysOverdue: number): AgeBucket {
  if (dueAt === null) return "noDueDate";
  if (daysOverdue === 0) return "notDue";
  if (daysOverdue <= 30) return "d0to30";
  if (daysOverdue <= 60) return "d31to60";
  return daysOverdue <= 90 ? "d61to90" : "over90";
}

function rowOf(items: readonly AgeingItem[]): AgeingRow {
  const [first] = items as readonly [AgeingItem, ...AgeingItem[]];
  const sum = (some: readonly AgeingItem[]) => some.reduce((total, { fen }) => total + BigInt(fen), 0n).toString();
  const buckets = Object.fromEntries(
    ageBuckets.map((bucket) => [bucket, sum(items.filter((item) => item.bucket === bucket))]),
  ) as AgeingRow["buckets"];
  return { counterparty: first.counterparty, side: first.side, totalFen: sum(items), buckets };
}
