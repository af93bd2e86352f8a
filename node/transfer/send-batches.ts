import type { DataItem } from "../catalog/model.ts";
import { canonicalText } from "../kernel/canonical-json.ts";
import { type Failure, ok, type Result } from "../kernel/exchange-error.ts";
import type { HeldReceipt } from "../metering/model.ts";
import { receiptRef } from "../metering/store.ts";
import { NO_USAGE, usages } from "../metering/usage.ts";
import type { Agreement } from "../negotiation/model.ts";
import { unknownAgreement } from "../negotiation/refusal.ts";
import { agreements, maskKeys } from "../negotiation/store.ts";
import { enforceBatch, enforceTransfer, volumeLeft } from "../policy/enforce.ts";
import { read, transact } from "../storage/transact.ts";
import { type DecisionBasis, decisionBasis } from "./batch-decision.ts";
import type { TransferDeps } from "./deps.ts";
import type { Transfer } from "./model.ts";
import { type BatchReader, createBatchReader, type ReadBatch, type ReadOutcome } from "./read-batch.ts";
import { notStarted, refuseTransfer } from "./refusal.ts";
import { MAX_UNSIGNED_BATCHES, overtaken, releaseBatch } from "./release-batch.ts";
import type { OpenedSource } from "./sources/port.ts";
import { batches, type Sending, sendings, transfers } from "./store.ts";
import type { Frame } from "./wire.ts";

/** What one pull stream works with. `outlet` hands over what may leave; `wait` resolves early when the stream ends. */
export type StreamPorts = {
  readonly isStopped: () => boolean;
  /** Resolves when everything given so far is on its way. */
  readonly room: () => Promise<void>;
  readonly give: (item: ReleasedBatch | Frame) => void;
  /** Resolves when a signature came in or the stream ends. */
  readonly signed: () => Promise<void>;
  /** How many released batches wait for a signature; one less as soon as a good one is in line to be stored. */
  readonly unsigned: () => number;
  readonly wait: (ms: number) => Promise<void>;
};

export type ReleasedBatch = {
  readonly kind: "released";
  readonly batch: string;
  readonly receipt: HeldReceipt;
  readonly content: ReadBatch;
};

export type Opening = {
  readonly transfer: Transfer;
  readonly sending: Sending;
  readonly fromBatch: bigint;
  readonly consumerKeyId: string;
};

const BATCH_MS = 1_000;

type Prepared = {
  readonly agreement: Agreement;
  readonly fields: readonly DataItem[];
  readonly maskKey: Uint8Array | undefined;
  readonly source: OpenedSource;
  readonly reader: BatchReader;
  readonly rowsPerSecond: number | null;
  readonly basis: DecisionBasis;
};

/**
 * Everything from the consumer's first missing batch to the end. While one batch is on its way or waits for its release, the
 * next one is read and hashed; it is released once the last but one is signed.
 */
export async function sendBatches(deps: TransferDeps, opening: Opening, ports: StreamPorts): Promise<Result<true>> {
  const { transfer, sending, fromBatch } = opening;
  if (sending.sha256 !== null && fromBatch > BigInt(sending.batches)) {
    ports.give(await endFrame(deps, transfer.id));
    return ok(true);
  }
  const prepared = await prepare(deps, transfer, sending);
  if (!prepared.ok) return prepared;
  try {
    const again = await sendAgain(deps, opening, prepared.value, ports);
    return again.ok ? await sendNew(deps, opening, prepared.value, ports) : again;
  } finally {
    await prepared.value.source.close();
  }
}

async function prepare(deps: TransferDeps, transfer: Transfer, sending: Sending): Promise<Result<Prepared>> {
  const agreement = await read(deps.store, agreements.at(transfer.agreementId));
  if (agreement === undefined) return unknownAgreement();
  const fields = (await deps.entry(agreement.entry.id))?.fields ?? [];
  const key = await read(deps.store, maskKeys.at(agreement.id));
  const maskKey = key === undefined ? undefined : Buffer.from(key, "base64");
  const request = { agreement, selection: transfer.selection, fieldsOfEntry: fields, maskKey };
  // The volume is judged batch by batch: what was released already may be sent again although the limit is reached.
  const plan = enforceTransfer({ ...request, totals: NO_USAGE, nowMs: deps.runtime.nowMs() });
  if (!plan.ok) return plan;
  const source = await deps.sources.open(agreement.entry.id);
  if (!source.ok) return source;
  const isChanged = sending.fingerprint !== null && sending.fingerprint !== source.value.fingerprint;
  const reader = isChanged ? sourceChanged() : createBatchReader(source.value, plan.value, fields, deps.runtime.nowMs);
  if (!reader.ok) {
    await source.value.close();
    return reader;
  }
  const { rowsPerSecond } = plan.value;
  const basis = await decisionBasis(deps.store, agreement, fields);
  return ok({ agreement, fields, maskKey, source: source.value, reader: reader.value, rowsPerSecond, basis });
}

/**
 * Makes the batches that were released before once more, for the digest over the whole and for a consumer that did not get
 * them. A digest that differs says that the source is not what it was, whatever its date.
 */
async function sendAgain(
  { store }: TransferDeps,
  { transfer, sending, fromBatch }: Opening,
  { reader }: Prepared,
  ports: StreamPorts,
): Promise<Result<true>> {
  for (let n = 1n; n <= BigInt(sending.batches) && !ports.isStopped(); n++) {
    const record = await read(store, batches.at(transfer.id, n));
    if (record === undefined) return sourceChanged();
    const content = await reader.again(record.end);
    if (!content.ok) return content;
    if (content.value.kind !== "batch" || content.value.sha256 !== record.sha256) return sourceChanged();
    if (n < fromBatch) {
      content.value.release();
      continue;
    }
    const receipt = await read(store, receiptRef(transfer.agreementId, "forward", record.seq));
    if (receipt === undefined) return sourceChanged();
    await ports.room();
    ports.give({ kind: "released", batch: String(n), receipt, content: content.value });
  }
  return ok(true);
}

async function sendNew(
  deps: TransferDeps,
  { transfer, sending, consumerKeyId }: Opening,
  prepared: Prepared,
  ports: StreamPorts,
): Promise<Result<true>> {
  const { source, reader, rowsPerSecond } = prepared;
  let nextAtMs = deps.runtime.nowMs();
  let ahead = await readAhead(deps, transfer, prepared, NOTHING);
  try {
    for (let n = BigInt(sending.batches) + 1n; !ports.isStopped(); n++) {
      const { startedAtMs } = ahead;
      const content = await ahead.content;
      if (!content.ok) return content;
      if (content.value.kind === "exceeds") {
        await allSigned(deps, transfer.id, ports);
        return exceeded(deps, transfer, prepared);
      }
      if (content.value.kind === "end") return finish(deps, transfer, reader, ports);
      if (!(await source.isUnchanged())) return sourceChanged();
      ahead = await readAhead(deps, transfer, prepared, content.value);

      await ports.room();
      await ports.wait(nextAtMs - deps.runtime.nowMs());
      const mayGo = await hasPlace(ports);
      if (!mayGo) return ok(true);
      const release = { ...prepared, transfer, consumerKeyId, batch: n, content: content.value, startedAtMs };
      const receipt = await releaseBatch(deps, { ...release, fingerprint: source.fingerprint });
      if (!receipt.ok) {
        if (receipt.error.kind === "limit-exceeded") await allSigned(deps, transfer.id, ports);
        return receipt;
      }
      deps.metrics.count("transfer_released_bytes_total", { peer: transfer.peer }, Number(content.value.bytes));
      ports.give({ kind: "released", batch: String(n), receipt: receipt.value, content: content.value });
      if (rowsPerSecond !== null) {
        const spentMs = Math.ceil((Number(content.value.rows) / rowsPerSecond) * 1_000);
        nextAtMs = Math.max(nextAtMs, deps.runtime.nowMs()) + spentMs;
      }
    }
    return ok(true);
  } finally {
    // The source is closed after this, and nothing may be reading from it then.
    await ahead.content.catch(() => {});
  }
}

type Volume = Pick<ReadBatch, "rows" | "bytes">;
const NOTHING: Volume = { rows: 0n, bytes: 0n };

type ReadAhead = { readonly content: Promise<Result<ReadOutcome>>; readonly startedAtMs: number };

/**
 * Begins to read the next batch. `unreleased` was read before it and is not in the totals yet; what the limits were read from
 * is settled when this resolves, so that a release from then on is not taken off twice.
 */
async function readAhead(
  deps: TransferDeps,
  transfer: Transfer,
  prepared: Prepared,
  unreleased: Volume,
): Promise<ReadAhead> {
  const startedAtMs = deps.runtime.nowMs();
  const content = prepared.reader.next(await limitsNow(deps, transfer, prepared, unreleased, startedAtMs));
  // Told to whoever takes it; until then nobody waits for it.
  content.catch(() => {});
  return { content, startedAtMs };
}

async function limitsNow(
  { store, batchRows, batchBytes }: TransferDeps,
  { selection }: Transfer,
  { agreement, rowsPerSecond }: Prepared,
  unreleased: Volume,
  nowMs: number,
) {
  const totals = (await read(store, usages.at(agreement.id))) ?? NO_USAGE;
  const { rows, bytes } = volumeLeft({ agreement, selection, totals, nowMs });
  return {
    // At a limited pace a batch is one second's rows, so that the pace is kept from the first second on.
    maxRows: rowsPerSecond === null ? batchRows : Math.max(1, Math.min(batchRows, rowsPerSecond)),
    maxBytes: batchBytes,
    deadlineMs: nowMs + BATCH_MS,
    rowsLeft: left(rows, unreleased.rows),
    bytesLeft: left(bytes, unreleased.bytes),
  };
}

/** Never below nothing: other transfers of the agreement use the same volume. */
function left(volume: bigint | null, unreleased: bigint): bigint | null {
  if (volume === null) return null;
  return volume > unreleased ? volume - unreleased : 0n;
}

/**
 * Waits until fewer than two batches are unsigned; false when the stream ended meanwhile. It does not wait for the signature to
 * be durable: the release is decided after it in the same line of commits, and most often written with it.
 */
async function hasPlace(ports: StreamPorts): Promise<boolean> {
  while (!ports.isStopped()) {
    // Asked for before looking, else a signature that comes in between would be waited for in vain.
    const signed = ports.signed();
    if (ports.unsigned() < MAX_UNSIGNED_BATCHES) return true;
    await signed;
  }
  return false;
}

/** The agreement's volume is used up: what was released of it still arrives, and is signed for, before the transfer ends. */
async function allSigned({ store }: TransferDeps, id: string, ports: StreamPorts): Promise<void> {
  while (!ports.isStopped()) {
    const signed = ports.signed();
    const sending = await read(store, sendings.at(id));
    if (sending?.unsigned.length === 0) return;
    await signed;
  }
}

async function finish(
  deps: TransferDeps,
  transfer: Transfer,
  reader: BatchReader,
  ports: StreamPorts,
): Promise<Result<true>> {
  const ref = sendings.at(transfer.id);
  const stored = await transact(deps.store, [ref, transfers.at(transfer.id)], (tx) => {
    const sending = tx.get(ref);
    const state = tx.get(transfers.at(transfer.id))?.state;
    if (sending === undefined || state !== "STARTED") return notStarted(state ?? "unknown");
    tx.put(ref, { ...sending, sha256: reader.sha256() });
    return ok(true as const);
  });
  if (!stored.ok) return stored;
  await ports.room();
  ports.give(await endFrame(deps, transfer.id));
  return stored;
}

async function endFrame({ store }: TransferDeps, id: string): Promise<Frame> {
  const transfer = await read(store, transfers.at(id));
  const sending = await read(store, sendings.at(id));
  const { rows = "0", bytes = "0", batches: count = "0" } = transfer ?? {};
  return { kind: "end", rows, bytes, sha256: sending?.sha256 ?? "", batches: count };
}

/** How policy refuses what the source holds beyond the volume: asked about one more than is left, it names what ended. */
async function exceeded(
  { store, runtime }: TransferDeps,
  { id, selection }: Transfer,
  { agreement, fields, maskKey }: Prepared,
): Promise<Failure> {
  const totals = (await read(store, usages.at(agreement.id))) ?? NO_USAGE;
  const request = { agreement, selection, fieldsOfEntry: fields, maskKey, totals, nowMs: runtime.nowMs() };
  const { rows, bytes } = volumeLeft(request);
  const refused = enforceBatch(request, { rows: (rows ?? -1n) + 1n, bytes: (bytes ?? -1n) + 1n });
  return refused.ok ? overtaken(id) : refused;
}

function sourceChanged(): Failure {
  return refuseTransfer("SOURCE_CHANGED", "source.fingerprint", {
    zh: "数据源在传输期间被改动,已发出的批次无法再按原样生成;传输终止,未送达的批次以更正凭据冲回。请重新发起传输。",
    en: "The source changed during the transfer, so batches already released cannot be made again as they were; the transfer ends, and undelivered batches are taken back by corrections. Start a new transfer.",
  });
}

/** The frames of a released batch. */
export function* framesOf({ batch, receipt, content }: ReleasedBatch): Generator<Frame> {
  yield {
    kind: "batch-begin",
    batch,
    rows: String(content.rows),
    bytes: String(content.bytes),
    core: canonicalText(receipt.core),
    providerSignature: receipt.providerSignature,
  };
  for (const bytes of content.pieces) yield { kind: "data", bytes };
}
