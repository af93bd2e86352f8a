import { join } from "node:path";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import type { LedgerOp } from "../../node/ledger/model.ts";
import { createLedger, type Ledger } from "../../node/ledger/service.ts";
import { openLevelStore } from "../../node/storage/level.ts";
import { withFolder } from "./level-folder.ts";
import { withPostgres } from "./postgres.ts";
import type { BenchOptions, BenchRow } from "./row.ts";
import { median, rounded } from "./settlement-statement.ts";

const TARGET = { value: 15_000 };
/** As a closing posts: the shares of one statement in one batch, which is whole or not at all; several regions close at once. */
const BATCH = 64;
const WRITERS = 16;
const ACCOUNTS = 50;
const PERIOD = "2026-10";
const AT = "2026-10-31T00:00:00.000Z";

/** Durable postings a second, in batches as closing makes them; beside it one posting a commit, and PostgreSQL. */
export async function benchLedger({ quick }: BenchOptions): Promise<BenchRow> {
  const [grouped, single, plain] = quick ? [10_240, 2_000, 500] : [102_400, 20_000, 3_000];
  return withFolder(async (directory) => {
    const store = await openLevelStore(join(directory, "store"));
    const ledger = createLedger({ store });
    mustSucceed(await ledger.post(Array.from({ length: ACCOUNTS }, (_, i) => ensure(i))));
    const batches: number[] = [];
    let cpu = 0;
    const inBatches = async (run: string) => {
      const before = process.cpuUsage();
      const rate = await postMany(ledger, run, grouped, BATCH);
      const { user, system } = process.cpuUsage(before);
      cpu = (user + system) / grouped;
      batches.push(rate);
    };
    const alone: number[] = [];
    await postMany(ledger, "warm", 2_048, BATCH);
    const measured = await withPostgres(directory, async (_client, connect) => {
      const clients = await Promise.all(Array.from({ length: WRITERS }, connect));
      await clients[0]?.query(SCHEMA);
      for (let i = 0; i < ACCOUNTS; i++) await clients[0]?.query("insert into account values ($1)", [accountOf(i)]);
      const rates: number[] = [];
      for (let round = 0; round < 3; round++) {
        await inBatches(`b${round}`);
        alone.push(await postMany(ledger, `s${round}`, single, 1));
        rates.push(await postPlain(clients, `p${round}`, plain));
      }
      return median(rates);
    });
    if (measured === undefined) await inBatches("b");
    if (measured === undefined) alone.push(await postMany(ledger, "s", single, 1));
    const check = await ledger.check();
    await store.close();
    const value = Math.round(median(batches));
    const row = { case: "ledger.postings", unit: "postings/s", value, n: grouped * batches.length, batch: BATCH };
    const singly = Math.round(median(alone));
    const more = {
      singly,
      cpuMicros: rounded(cpu),
      inBalance: check.ok,
      target: TARGET,
      met: value >= TARGET.value && check.ok,
    };
    if (measured === undefined) return { ...row, ...more };
    const baseline = { name: `PostgreSQL, one posting a transaction, ${WRITERS} at once`, value: Math.round(measured) };
    return { ...row, baseline, ratio: rounded(value / measured), singlyRatio: rounded(singly / measured), ...more };
  });
}

const accountOf = (i: number) => `510100:party-${i % ACCOUNTS}/payable/CNY`;
const ensure = (i: number): LedgerOp => ({ op: "ensure", account: accountOf(i), normal: "none" });

function post(run: string, i: number): LedgerOp {
  const id = `${run}-${i}`;
  const sides = { debit: accountOf(i), credit: accountOf(i + 1 + (i % (ACCOUNTS - 1))) };
  return { op: "post", key: `settle|${id}`, id, ...sides, amount: String(1 + i), periodId: PERIOD, at: AT };
}

async function postMany(ledger: Ledger, run: string, count: number, batch: number): Promise<number> {
  let next = 0;
  const writer = async () => {
    while (next < count) {
      const from = next;
      next += batch;
      const ops = Array.from({ length: Math.min(batch, count - from) }, (_, i) => post(run, from + i));
      mustSucceed(await ledger.post(ops));
    }
  };
  const from = performance.now();
  // Singly, as many wait for one disk write as a busy desk has callers.
  await Promise.all(Array.from({ length: batch === 1 ? 128 : WRITERS }, writer));
  return (count * 1_000) / (performance.now() - from);
}

const SCHEMA = `
  create table account (id text primary key, debits numeric not null default 0, credits numeric not null default 0);
  create table posting (id text primary key, key text unique not null, debit text not null references account,
    credit text not null references account, amount numeric not null, period text not null, at timestamptz not null)`;

type Queryable = { readonly query: (text: string, values?: unknown[]) => Promise<unknown> };

/** The row, and both balances, in a transaction of its own. */
async function postPlain(clients: readonly Queryable[], run: string, count: number): Promise<number> {
  let next = 0;
  const from = performance.now();
  await Promise.all(
    clients.map(async (client) => {
      while (next < count) {
        const op = post(run, next++);
        if (op.op !== "post") return;
        const { id, key, debit, credit, amount, periodId, at } = op;
        await client.query("begin");
        const values = [id, key, debit, credit, amount, periodId, at];
        await client.query("insert into posting values ($1, $2, $3, $4, $5, $6, $7)", values);
        // In one order, or two of them would wait for each other.
        for (const account of [debit, credit].sort()) {
          const side = account === debit ? "debits" : "credits";
          await client.query(`update account set ${side} = ${side} + $1 where id = $2`, [amount, account]);
        }
        await client.query("commit");
      }
    }),
  );
  return (count * 1_000) / (performance.now() - from);
}
