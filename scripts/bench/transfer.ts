import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { createHash, randomFillSync } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { freemem } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Negotiation } from "../../node/negotiation/model.ts";
import type { Transfer } from "../../node/transfer/model.ts";
import { callJson } from "../cli/client.ts";
import { until } from "../demo/narrate.ts";
import { as, type DemoRegion } from "../demo/region.ts";
import type { BaselineRun } from "./https-baseline.ts";
import { type BenchRegions, withRegions } from "./regions.ts";
import type { BenchOptions, BenchRow } from "./row.ts";

const MIB = 1024 * 1024;
const BASELINE = fileURLToPath(new URL("./https-baseline.js", import.meta.url));
const RAW_TARGET = { ratio: 0.8 };
/** Rows of eight columns, one masked, some 100 bytes each: 10 MB/s of CSV, masked, hashed, signed and durable. */
const CSV_TARGET = { value: 100_000 };
const TOUCHED_AT_ONCE = 512 * MIB;
const MOST_TOUCHED = 16 * TOUCHED_AT_ONCE;
const LONGEST_MS = 300_000;
const POLL_MS = 250;

/**
 * A file from one region to the other through the whole data plane (agreement, receipts signed by both, audit leaves, ledger,
 * content durable), against the same file over Node's own https; alternating, both hashed at both ends.
 */
export function benchTransferRaw({ quick }: BenchOptions): Promise<BenchRow> {
  const bytes = (quick ? 128 : 1024) * MIB;
  return withBatchesOf(65_536, async ({ chengdu, chongqing, root }) => {
    const path = join(root, "source.bin");
    const sha256 = await writeRandom(path, bytes);
    const agreementId = await agree(chengdu, chongqing, "cd-jt-0001", { kind: "raw", path });
    const baseline = await startBaseline(chengdu, chongqing, path, join(root, "baseline.bin"));
    try {
      const ours: number[] = [];
      const theirs: number[] = [];
      // One round to warm both up, then alternating.
      for (let round = 0; round <= (quick ? 3 : 4); round++) {
        touchMemory();
        const run = await baseline.fetch();
        touchMemory();
        const transfer = await transferOnce(chongqing, agreementId);
        expectSame([run.sha256, transfer.sha256 ?? ""], sha256);
        if (round === 0) continue;
        theirs.push(rate(bytes, run.ms));
        ours.push(rate(bytes, durationOf(transfer)));
      }
      const [value, base] = [median(ours), median(theirs)];
      const ratio = Math.round((value / base) * 1_000) / 1_000;
      return {
        case: "transfer.raw",
        unit: "MB/s",
        value,
        n: ours.length,
        baseline: { name: "Node https, mutual TLS, hashed and durable", value: base },
        ratio,
        target: RAW_TARGET,
        met: ratio >= RAW_TARGET.ratio,
        bytes,
      };
    } finally {
      baseline.stop();
    }
  });
}

/** A CSV through projection and masking, in rows a second at the consumer. */
export function benchTransferCsvMasked({ quick }: BenchOptions): Promise<BenchRow> {
  const rows = quick ? 200_000 : 1_000_000;
  return withBatchesOf(65_536, async ({ chengdu, chongqing, root }) => {
    const path = join(root, "source.csv");
    await writeCsv(path, rows);
    const agreementId = await agree(chengdu, chongqing, "cd-fg-0001", { kind: "csv", path });
    const rates: number[] = [];
    for (let round = 0; round <= 3; round++) {
      const transfer = await transferOnce(chongqing, agreementId);
      expectSame([transfer.rows], String(rows));
      if (round > 0) rates.push(Math.round((rows * 1_000) / durationOf(transfer)));
    }
    const value = median(rates);
    const met = value >= CSV_TARGET.value;
    return { case: "transfer.csv.masked", unit: "rows/s", value, n: rates.length, target: CSV_TARGET, met, rows };
  });
}

/** The regions of the demonstration take small batches so that people see several; a benchmark takes the default. */
function withBatchesOf<T>(rows: number, run: (regions: BenchRegions) => Promise<T>): Promise<T> {
  process.env.HELIU_TRANSFER_BATCH_ROWS = String(rows);
  return withRegions(run);
}

async function agree(provider: DemoRegion, consumer: DemoRegion, entryId: string, source: object): Promise<string> {
  await callJson(as(provider, "publisher"), "/sources", { body: { ...source, id: `bench-${entryId}`, entryId } });
  const requester = as(consumer, "requester");
  const isMirrored = () =>
    callJson(requester, `/federated/entries/${provider.id}/${entryId}`).then(
      () => true,
      () => false,
    );
  await until("the entry is mirrored", isMirrored, (seen) => seen);
  const body = { region: provider.id, entryId, purposes: ["public-governance"] };
  const asked = await callJson<Negotiation>(requester, "/negotiations", { body });
  const path = `/negotiations/${encodeURIComponent(asked.id)}`;
  const look = () => callJson<Negotiation>(requester, path);
  const done = await until("the agreement is signed", look, ({ state }) => state === "FINALIZED");
  return done.agreementId ?? "";
}

async function transferOnce(consumer: DemoRegion, agreementId: string): Promise<Transfer> {
  const requester = as(consumer, "requester");
  // While the baseline ran, the node closed idle connections; a question may fail on one of those, an order must not.
  const isThere = () =>
    callJson(requester, "/me").then(
      () => true,
      () => false,
    );
  await until("the node answers", isThere, (there) => there);
  const started = await callJson<Transfer>(requester, "/transfers", { body: { agreementId, selection: {} } });
  const path = `/transfers/${encodeURIComponent(started.id)}`;
  const isOver = ({ state }: Transfer) => state === "COMPLETED" || state === "TERMINATED";
  const look = () => callJson<Transfer>(requester, path);
  // Seldom: the times are the node's own, and answering questions would take from what is measured.
  const lookSeldom = () => delay(POLL_MS).then(look);
  const done = await until(`transfer ${started.id}`, lookSeldom, isOver, LONGEST_MS);
  if (done.state !== "COMPLETED") throw new Error(`the transfer ended as ${JSON.stringify(done.reason)}`);
  // Rounds would fill the disk, and write-back of earlier ones would disturb the next.
  await rm(join(consumer.dir, "content", started.id.replaceAll(":", "-")), { force: true });
  return done;
}

/** By the times the consumer itself recorded: asked for, until complete. */
function durationOf({ createdAt, timeline }: Transfer): number {
  return Math.max(1, Date.parse(timeline.at(-1)?.at ?? "") - Date.parse(createdAt));
}

/**
 * A virtual machine gives free memory back to its host, and pays for getting it again: the copy of a GiB into the page cache
 * took 0.15 s or 2 s of system time, by what happened to run before. Memory that another process has just touched and left makes
 * both start alike; much more than is needed, since nobody knows which of it the page cache will be given.
 */
function touchMemory(): void {
  const pieces = Math.floor(Math.min(MOST_TOUCHED, freemem() * 0.75) / TOUCHED_AT_ONCE);
  const touch = `Array.from({ length: ${pieces} }, () => Buffer.alloc(${TOUCHED_AT_ONCE}, 1))`;
  const { status } = spawnSync(process.execPath, ["-e", touch]);
  if (status !== 0) throw new Error(`${pieces} times ${TOUCHED_AT_ONCE} bytes of memory could not be had`);
}

type Child = ChildProcessByStdio<Writable, Readable, null>;

async function startBaseline(provider: DemoRegion, consumer: DemoRegion, source: string, target: string) {
  const start = (...args: string[]): Child =>
    spawn(process.execPath, [BASELINE, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  const server = start("server", provider.dir, consumer.dir, source);
  const serverLines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  const port = (await serverLines.next()).value;
  const client = start("client", consumer.dir, provider.dir, String(port), target);
  const clientLines = createInterface({ input: client.stdout })[Symbol.asyncIterator]();
  return {
    async fetch(): Promise<BaselineRun> {
      client.stdin.write("fetch\n");
      return JSON.parse(String((await clientLines.next()).value)) as BaselineRun;
    },
    stop() {
      client.kill();
      server.kill();
    },
  };
}

async function writeRandom(path: string, bytes: number): Promise<string> {
  const hash = createHash("sha256");
  const file = await open(path, "w");
  const block = Buffer.alloc(16 * MIB);
  for (let written = 0; written < bytes; written += block.length) {
    randomFillSync(block);
    hash.update(block);
    await file.write(block);
  }
  await file.sync();
  await file.close();
  return hash.digest("hex");
}

/** Columns of the entry cd-fg-0001, in its order. */
async function writeCsv(path: string, rows: number): Promise<void> {
  const file = await open(path, "w");
  await file.write("subject_name,subject_id,subject_type,list_type,listed_date,reason,organ,removed_date\n");
  for (let from = 0; from < rows; from += 10_000) {
    const lines: string[] = [];
    for (let i = from; i < Math.min(rows, from + 10_000); i++) {
      const id = `9151010${String(i).padStart(11, "0")}`;
      lines.push(`某某科技有限公司${i},${id},1,${i % 3},2026-0${1 + (i % 9)}-15,"未按期公示,已移出",市场监管局,\n`);
    }
    await file.write(lines.join(""));
  }
  await file.sync();
  await file.close();
}

function expectSame(got: readonly string[], expected: string): void {
  if (got.every((each) => each === expected)) return;
  throw new Error(`expected ${expected}, got ${got.join(", ")}`);
}

function rate(bytes: number, ms: number): number {
  return Math.round(bytes / 1_000 / ms);
}

function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}
