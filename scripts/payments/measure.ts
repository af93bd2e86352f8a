import { sha256Hex } from "../../node/kernel/digest.ts";
import { mustSucceed, ok } from "../../node/kernel/exchange-error.ts";
import type { BankPayment } from "../../node/payments/model.ts";
import { putDue } from "../../node/payments/open.ts";
import type { Payments } from "../../node/payments/service.ts";
import { knownAccounts, payments as paymentRecords } from "../../node/payments/store.ts";
import type { Store } from "../../node/storage/port.ts";
import { list, transact } from "../../node/storage/transact.ts";
import { HEADINGS, type MessKind, type MessyWorld } from "./messy-payments.ts";

export type Measured = {
  readonly payments: number;
  /** Of what was booked, how much is right; of what should be booked, how much is. */
  readonly precision: number;
  readonly recall: number;
  readonly wrong: readonly { readonly kind: MessKind; readonly cells: readonly string[]; readonly booked: unknown }[];
  readonly missed: { readonly [kind: string]: number };
  readonly byKind: { readonly [kind: string]: number };
  readonly open: number;
};

/** Puts the dues and accounts of the made-up world into the store, as signed plans and two persons would have. */
export async function prepare(store: Store, { dues, accounts }: MessyWorld): Promise<void> {
  await transact(store, [], (tx) => {
    for (const due of dues) putDue(tx, due);
    for (const [account, region] of accounts) {
      const known = { account, region, name: region, addedAt: "2026-01-01T00:00:00.000Z", proposedBy: null };
      tx.put(knownAccounts.at(account), known);
    }
    return ok(true);
  });
}

export const FINANCE = { userId: "finance-1", name: "财务", roles: ["finance"], region: "510100" } as const;

/** Imports the rows as one file and compares what was booked with what is true, row by row. */
export async function measure(store: Store, payments: Payments, world: MessyWorld): Promise<Measured> {
  const grid = [["账号:6222000000000000001"], HEADINGS, ...world.rows.map(({ cells }) => cells)];
  const file = sha256Hex(JSON.stringify(grid));
  mustSucceed(await payments.importFile(FINANCE, { source: "bank", filename: "bank.csv", file, grid }));
  const byRow = new Map<number, BankPayment>();
  for await (const payment of list(store, paymentRecords)) byRow.set(payment.row, payment);
  return compare(world, byRow);
}

function compare({ rows }: MessyWorld, byRow: ReadonlyMap<number, BankPayment>): Measured {
  const sums = { right: 0, booked: 0, wanted: 0, open: 0 };
  const wrong: Measured["wrong"][number][] = [];
  const missed: { [kind: string]: number } = {};
  const byKind: { [kind: string]: number } = {};
  // Of two rows that say exactly the same, either may be the one that counts.
  const claimed = new Map<readonly string[], Set<string>>();
  for (const { cells, truth } of rows) {
    const keys = claimed.get(cells) ?? new Set();
    for (const one of truth) keys.add(keyOf(one));
    claimed.set(cells, keys);
    sums.wanted += truth.length;
  }
  for (const [i, { kind, cells }] of rows.entries()) {
    byKind[kind] = (byKind[kind] ?? 0) + 1;
    // Two lines stand above the first row.
    const payment = byRow.get(i + 3);
    if (payment === undefined) throw new Error(`row ${i + 3} was not kept`);
    if (payment.state === "open") sums.open += 1;
    const left = claimed.get(cells);
    const good = payment.allocations.filter((one) => left?.delete(keyOf(one)) === true).length;
    sums.booked += payment.allocations.length;
    sums.right += good;
    if (good < payment.allocations.length) wrong.push({ kind, cells, booked: payment.allocations });
  }
  for (const { kind, cells, truth } of rows) {
    const unbooked = truth.filter((one) => claimed.get(cells)?.has(keyOf(one)) === true).length;
    if (unbooked > 0) missed[kind] = (missed[kind] ?? 0) + unbooked;
  }
  const { right, booked, wanted, open } = sums;
  return { payments: rows.length, precision: right / booked, recall: right / wanted, wrong, missed, byKind, open };
}

const keyOf = ({ reference, fen }: { readonly reference: string; readonly fen: string }) => `${reference} ${fen}`;
