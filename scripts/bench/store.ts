import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { Level } from "level";
import { openLevelStore } from "../../node/storage/level.ts";
import type { Decision, Found, Store } from "../../node/storage/port.ts";
import { diskFolder } from "./level-folder.ts";
import type { BenchOptions, BenchRow } from "./row.ts";

const WRITERS = 64;
const RECORD = Buffer.alloc(256, "heliu");
const TARGET = { ratio: 5, commitsPerSync: 16 };

/** 64 writers, each commit durable, all of them advancing one head record: what a busy negotiation desk does to the store. */
export async function benchStoreCommit64({ quick }: BenchOptions): Promise<BenchRow> {
  const rounds = quick ? 3 : 6;
  const [grouped, single] = quick ? [4_000, 150] : [20_000, 1_000];
  const directory = await mkdtemp(join(await diskFolder(), "heliu-bench-store-"));
  let writes = 0;
  const countWrites = (name: string) => {
    if (name === "store.before-write") writes += 1;
  };
  const store = await openLevelStore(join(directory, "grouped"), { failPoint: countWrites });
  const plain = new Level<string, Buffer>(join(directory, "plain"), { valueEncoding: "buffer" });
  const rates: number[] = [];
  const plainRates: number[] = [];
  try {
    await commitAll(store, 1_000);
    await putOneByOne(plain, 50);
    writes = 0;
    for (let round = 0; round < rounds; round++) {
      rates.push(grouped / (await seconds(() => commitAll(store, grouped))));
      plainRates.push(single / (await seconds(() => putOneByOne(plain, single))));
    }
  } finally {
    await store.close();
    await plain.close();
    await rm(directory, { recursive: true });
  }
  const value = median(rates);
  const baseline = { name: "sync one by one", value: median(plainRates) };
  const ratio = value / baseline.value;
  const n = rounds * grouped;
  const commitsPerSync = n / writes;
  const met = ratio >= TARGET.ratio && commitsPerSync >= TARGET.commitsPerSync;
  return { case: "store.commit.64", unit: "commits/s", value, n, baseline, ratio, commitsPerSync, target: TARGET, met };
}

async function commitAll(store: Store, count: number): Promise<void> {
  let left = count;
  const writer = async () => {
    while (left-- > 0) await store.commit(["bench-head"], appendRecord);
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
}

function appendRecord(found: Found): Decision<number> {
  const head = found.get("bench-head");
  const next = head === undefined ? 0 : Number(Buffer.from(head).toString());
  const put = new Map<string, Uint8Array>([
    ["bench-head", Buffer.from(String(next + 1))],
    [`bench-record/${next.toString(16).padStart(16, "0")}`, RECORD],
  ]);
  return { put, remove: new Set(), result: next };
}

async function putOneByOne(db: Level<string, Buffer>, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await db.put(`bench-record/${i}`, RECORD, { sync: true });
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const from = performance.now();
  await work();
  return (performance.now() - from) / 1_000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
