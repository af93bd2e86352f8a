import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { Client } from "pg";
import { canonicalText } from "../../node/kernel/canonical-json.ts";
import { verifyEd25519 } from "../../node/kernel/ed25519.ts";
import { mustSucceed, ok } from "../../node/kernel/exchange-error.ts";
import { createUsagePosting } from "../../node/ledger/usage-posting.ts";
import { completeReceipt, completeReceiptRefs } from "../../node/metering/accept.ts";
import type { HeldReceipt } from "../../node/metering/model.ts";
import { checkConsumerSignature, signCore, signedBytesOf } from "../../node/metering/receipt.ts";
import { appendReceipt, appendReceiptRefs, type MeteringParts, type ReceiptDraft } from "../../node/metering/store.ts";
import { openLevelStore } from "../../node/storage/level.ts";
import type { Store } from "../../node/storage/port.ts";
import { transact } from "../../node/storage/transact.ts";
import { withFolder } from "./level-folder.ts";
import { withPostgres } from "./postgres.ts";
import type { BenchOptions, BenchRow } from "./row.ts";
import type { Offered } from "./settlement-consumer.ts";
import {
  AGREEMENT,
  CONSUMER,
  chainDigests,
  consumerSigner,
  coreOf,
  keysOfBoth,
  PROVIDER,
  providerSigner,
  usageOf,
} from "./settlement-material.ts";
import { median, rounded } from "./settlement-statement.ts";

const TARGET = { value: 1_500 };
/** What a few transfers have on the way at once. */
const GROUP = 128;
const GROUPS_IN_FLIGHT = 3;
const CONSUMER_FILE = fileURLToPath(import.meta.url).replace(/settlement-receipts\.([tj]s)$/, "settlement-consumer.$1");

/** A receipt through both regions, each on a core and a store of its own: numbered, signed, posted, evidenced, verified, signed. */
export async function benchDualSigned({ quick }: BenchOptions): Promise<BenchRow> {
  const [count, plain, rounds] = quick ? [2_560, 300, 2] : [12_800, 2_000, 3];
  return withFolder(async (directory) => {
    const store = await openLevelStore(join(directory, "provider"));
    const worker = new Worker(CONSUMER_FILE, { workerData: { directory: join(directory, "consumer") } });
    const rates: number[] = [];
    let seq = 0;
    let cpu = 0;
    const run = async (some: number) => {
      const from = performance.now();
      const before = process.cpuUsage();
      await exchange(store, worker, seq, some);
      const { user, system } = process.cpuUsage(before);
      cpu = (user + system) / some;
      seq += some;
      return (some * 1_000) / (performance.now() - from);
    };
    await run(GROUP * 4);
    const measured = await withPostgres(directory, async (client) => {
      const others: number[] = [];
      await client.query(SCHEMA);
      for (let round = 0; round < rounds; round++) {
        rates.push(await run(count));
        others.push(await oneByOne(client, round * plain, plain));
      }
      return median(others);
    });
    if (measured === undefined) rates.push(await run(count));
    worker.postMessage("close");
    await once(worker, "exit");
    await store.close();
    const value = Math.round(median(rates));
    const row = { case: "receipt.dual-signed", unit: "receipts/s", value, n: count * rates.length };
    const more = { cpuMicros: rounded(cpu), target: TARGET, met: value >= TARGET.value };
    if (measured === undefined) return { ...row, ...more };
    const name = "PostgreSQL at both ends, one receipt a transaction, signed and verified alike";
    return { ...row, baseline: { name, value: Math.round(measured) }, ratio: rounded(value / measured), ...more };
  });
}

const parts: MeteringParts = {
  region: PROVIDER,
  signer: providerSigner,
  posting: createUsagePosting({ nowMs: () => Date.now() }),
};
const parties = { providerRegion: PROVIDER, consumerRegion: CONSUMER, metrics: ["calls"] };

async function exchange(store: Store, worker: Worker, from: number, count: number): Promise<void> {
  const under: Promise<unknown>[] = [];
  for (let sent = 0; sent < count; sent += GROUP) {
    const held = await Promise.all(Array.from({ length: GROUP }, (_, i) => append(store, from + sent + i + 1)));
    under.push(ask(worker, held.map(offerOf)).then((signatures) => complete(store, held, signatures)));
    if (under.length >= GROUPS_IN_FLIGHT) await under.shift();
  }
  await Promise.all(under);
}

const answers = new WeakMap<Worker, ((signatures: readonly string[]) => void)[]>();

/** The chain has one order, so groups are answered in the order in which they were offered. */
function ask(worker: Worker, offers: readonly Offered[]): Promise<readonly string[]> {
  let waiting = answers.get(worker);
  if (waiting === undefined) {
    const queue: ((signatures: readonly string[]) => void)[] = [];
    worker.on("message", (signatures: readonly string[]) => queue.shift()?.(signatures));
    answers.set(worker, queue);
    waiting = queue;
  }
  const answered = new Promise<readonly string[]>((resolve) => waiting.push(resolve));
  worker.postMessage(offers);
  return answered;
}

function offerOf({ core, providerSignature }: HeldReceipt): Offered {
  return { text: canonicalText(core), signature: providerSignature };
}

async function append(store: Store, seq: number): Promise<HeldReceipt> {
  const refs = appendReceiptRefs(AGREEMENT, "forward", parts, parties);
  return mustSucceed(await transact(store, refs, (tx) => ok(appendReceipt(tx, parts, draftOf(seq)))));
}

function draftOf(seq: number): ReceiptDraft {
  const { productId, purposeClass, usage, contributions } = usageOf(seq);
  const nowMs = Date.now();
  return {
    agreementId: AGREEMENT,
    transferId: "TR-1",
    productId,
    purposeClass,
    kind: "usage",
    corrects: null,
    usage: { calls: BigInt(usage.calls ?? "0") },
    contributions: contributions.map((each) => ({ ...each, quantity: BigInt(each.quantity) })),
    contentSha256: "0".repeat(64),
    startedAtMs: nowMs,
    endedAtMs: nowMs,
    consumerRegion: CONSUMER,
    consumerKeyId: consumerSigner.keyId,
    leaf: "receipt.window",
  };
}

async function complete(store: Store, held: readonly HeldReceipt[], signatures: readonly string[]): Promise<void> {
  await Promise.all(
    held.map(async ({ core }, i) => {
      const signature = signatures[i] ?? "";
      mustSucceed(checkConsumerSignature(core, signature, keysOfBoth));
      await transact(store, completeReceiptRefs(core), (tx) =>
        ok(completeReceipt(tx, parts, core, signature, Date.now())),
      );
    }),
  );
}

const SCHEMA = `
  create table sent (id text primary key, core text not null, provider text not null, consumer text);
  create table received (id text primary key, core text not null, provider text not null, consumer text not null)`;

/** The same signatures and checks, without chain, ledger and log: a row at the provider, one at the consumer, one update. */
async function oneByOne(client: Client, from: number, count: number): Promise<number> {
  const digests = chainDigests(1);
  const start = performance.now();
  for (let seq = from + 1; seq <= from + count; seq++) {
    const core = coreOf(seq, digests[0] ?? "");
    const provider = signCore(providerSigner, core);
    const text = canonicalText(core);
    await client.query("insert into sent values ($1, $2, $3, null)", [core.receiptId, text, provider]);
    verifyEd25519(providerSigner.publicKey, signedBytesOf(core), Buffer.from(provider, "base64"));
    const consumer = signCore(consumerSigner, core);
    await client.query("insert into received values ($1, $2, $3, $4)", [core.receiptId, text, provider, consumer]);
    verifyEd25519(consumerSigner.publicKey, signedBytesOf(core), Buffer.from(consumer, "base64"));
    await client.query("update sent set consumer = $1 where id = $2", [consumer, core.receiptId]);
  }
  return (count * 1_000) / (performance.now() - start);
}
