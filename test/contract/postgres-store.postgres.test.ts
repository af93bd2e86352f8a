import { Client } from "pg";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { ok } from "../../node/kernel/exchange-error.ts";
import { collection } from "../../node/storage/collection.ts";
import type { Key } from "../../node/storage/port.ts";
import { openPostgresStore, type PostgresStore } from "../../node/storage/postgres.ts";
import { transact } from "../../node/storage/transact.ts";
import { describeStore, type OpenedStore } from "./store.contract.ts";

let schemas = 0;

async function sql(text: string, values: unknown[] = []) {
  const client = new Client(inject("postgresUrl"));
  await client.connect();
  try {
    return (await client.query(text, values)).rows;
  } finally {
    await client.end();
  }
}

/** A schema is as good as a database of one's own, and made in a tenth of the time. */
async function createSchema(): Promise<{ readonly name: string; readonly url: string }> {
  const name = `t${process.pid}_${++schemas}`;
  await sql(`create schema ${name}`);
  return { name, url: `${inject("postgresUrl")}?options=-c%20search_path%3D${name}` };
}

async function openEmptyPostgresStore(): Promise<OpenedStore> {
  const { name, url } = await createSchema();
  const store = await openPostgresStore(url);
  return {
    store,
    async reopen() {
      await store.close();
      return openPostgresStore(url);
    },
    async rot(key: Key) {
      await store.close();
      const flipped = "set_byte(value, length(value) - 1, get_byte(value, length(value) - 1) # 1)";
      await sql(`update ${name}.kv set value = ${flipped} where key = $1`, [Buffer.from(key)]);
      return openPostgresStore(url);
    },
    dispose: async () => void (await sql(`drop schema ${name} cascade`)),
  };
}

describeStore("PostgreSQL", openEmptyPostgresStore);

const counters = collection<number>("counter");

function addOne(store: PostgresStore, ...id: string[]) {
  const ref = counters.at(...id);
  return transact(store, [ref], (tx) => {
    const next = (tx.get(ref) ?? 0) + 1;
    tx.put(ref, next);
    return ok(next);
  });
}

describe("two stores on the same PostgreSQL database", () => {
  let name: string;
  let url: string;
  let stores: readonly [PostgresStore, PostgresStore];
  beforeEach(async () => {
    ({ name, url } = await createSchema());
    stores = await Promise.all([openPostgresStore(url), openPostgresStore(url)]);
  });
  afterEach(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await sql(`drop schema ${name} cascade`);
  });

  /** Of this database alone: other tests have theirs on the same server. */
  const endConnections = () =>
    sql(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'heliu' and datname = current_database()",
    );
  const takesAgain = (store: PostgresStore) =>
    expect
      .poll(() =>
        addOne(store, "n").then(
          () => "took it",
          () => "refused",
        ),
      )
      .toBe("took it");

  it("lose no update and give out no number twice when both count on a record that did not exist", async () => {
    const rounds = Array.from({ length: 40 }, () => stores.map((store) => addOne(store, "head")));
    const answers = await Promise.all(rounds.flat());
    const numbers = answers.map((answer) => (answer.ok ? answer.value : 0)).toSorted((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 80 }, (_, i) => i + 1));
  });

  it("lose nothing when they meet on several records in opposite orders", async () => {
    const [first, second] = stores;
    const both = async (store: PostgresStore, ids: readonly string[]) => {
      const refs = ids.map((id) => counters.at(id));
      for (let i = 0; i < 25; i++) {
        await transact(store, refs, (tx) => {
          for (const ref of refs) tx.put(ref, (tx.get(ref) ?? 0) + 1);
          return ok(undefined);
        });
      }
    };
    await Promise.all([both(first, ["a", "b", "c"]), both(second, ["c", "b", "a"])]);
    const values = await Promise.all(["a", "b", "c"].map((id) => first.get(counters.at(id).key)));
    expect(values.map((value) => Buffer.from(value ?? []).toString())).toEqual(["50", "50", "50"]);
  });

  it("let only one of them act on the absence of what the other one writes", async () => {
    for (let i = 0; i < 20; i++) {
      const takeUnless = (store: PostgresStore, mine: string, other: string) =>
        transact(store, [counters.at(other, i)], (tx) => {
          const isFree = tx.get(counters.at(other, i)) === undefined;
          if (isFree) tx.put(counters.at(mine, i), 1);
          return ok(isFree);
        });
      const [first, second] = stores;
      const answers = await Promise.all([takeUnless(first, "x", "y"), takeUnless(second, "y", "x")]);
      expect(answers.filter((answer) => answer.ok && answer.value)).toHaveLength(1);
    }
  });

  it("wake each other's watchers", async () => {
    const [first, second] = stores;
    const woken = new Promise<void>((resolve) => second.watch(counters.prefix, resolve));
    await addOne(first, "n");
    await woken;
    expect(await second.get(counters.at("n").key)).toBeDefined();
  });

  it("go on after the server has ended all their connections, and wake the watchers for what they may have missed", async () => {
    const [first, second] = stores;
    const nextWake = () => new Promise<void>((resolve) => second.watch(counters.prefix, resolve));
    const heard = nextWake();
    await addOne(first, "n");
    await heard;
    const woken = nextWake();
    await endConnections();
    await takesAgain(first);
    await woken;
    expect(Number(Buffer.from((await second.get(counters.at("n").key)) ?? []).toString())).toBeGreaterThanOrEqual(2);
  });

  it("let one of them have it alone once the other is gone, and keep it over a new connection", async () => {
    const [first, second] = stores;
    expect(await first.claimAlone()).toBe(false);
    await second.close();
    expect(await first.claimAlone()).toBe(true);
    await endConnections();
    await takesAgain(first);
    await expect(openPostgresStore(url)).rejects.toMatchObject({ code: "STORE_LOCKED" });
    await first.close();
    await (await openPostgresStore(url)).close();
  }, 30_000);

  it("show a collection's documents as jsonb to SQL", async () => {
    const [store] = stores;
    const people = collection<{ name: string }>("person-by-name");
    await transact(store, [], (tx) => ok(tx.put(people.at("李/四", 7), { name: "李四\u0000" })));
    await transact(store, [], (tx) => ok(tx.put(people.at("张三", 8), { name: "张三" })));
    await store.createCollectionViews(["person-by-name", "counter"]);
    await store.createCollectionViews(["person-by-name"]);
    const rows = await sql(
      `select id, document ->> 'name' as name from ${name}.person_by_name order by id collate "C"`,
    );
    expect(rows).toEqual([
      { id: "张三/0000000000000008", name: "张三" },
      { id: "李%2f四/0000000000000007", name: null },
    ]);
  });
});
