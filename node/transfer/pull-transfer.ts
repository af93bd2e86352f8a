import { type ExchangeError, err, ok, type Result } from "../kernel/exchange-error.ts";
import { instantOf } from "../kernel/instant.ts";
import type { Reason } from "../kernel/reason.ts";
import { partyEnds } from "../metering/party-end.ts";
import type { Agreement } from "../negotiation/model.ts";
import { unknownAgreement } from "../negotiation/refusal.ts";
import { agreements } from "../negotiation/store.ts";
import { read, transact } from "../storage/transact.ts";
import { checkOffers, offerRefs, takeOffers } from "./consumer-receipts.ts";
import type { TransferDeps } from "./deps.ts";
import { Mailbox } from "./mailbox.ts";
import type { Transfer } from "./model.ts";
import { lastSignatures } from "./move-transfer.ts";
import { beginBatch, countBytes, type IncomingBatch, keepBatch, oldestAllowed } from "./receive-batch.ts";
import { notFound, refuseTransfer } from "./refusal.ts";
import { owe, oweRefs, stampOf } from "./send.ts";
import type { OpenContent } from "./sinks/content-file.ts";
import { batches, changeTransfer, transferRefs, transfers } from "./store.ts";
import type { Frame, OfferedReceipt, PullControl } from "./wire.ts";

/** `interrupted`: the stream broke off or the peer cannot go on now; to be opened again. */
export type PullEnd =
  | { readonly kind: "completed" | "stopped" }
  /** `reason`: what the provider said, if it said something. */
  | { readonly kind: "interrupted"; readonly reason: Reason | null };

export type PullPorts = {
  /** True when the transfer was suspended or ended: the batch being received is finished, no further one begun. */
  readonly isStopped: () => boolean;
  /** Resolves when that becomes true. */
  readonly stopped: Promise<void>;
  readonly onProgress: () => void;
};

/** Batches received whole but not yet durable; the provider releases no more than two unsigned. */
const MAX_IN_WORK = 2;
/** How long a stopped transfer waits for the rest of the batch that is coming in; without it the batch is sent again later. */
const STOP_GRACE_MS = 5_000;

/** One stream, from the first batch that is not durable here until it ends. A failure ends the transfer for good. */
export async function pullTransfer(deps: TransferDeps, id: string, ports: PullPorts): Promise<Result<PullEnd>> {
  const transfer = await read(deps.store, transfers.at(id));
  if (transfer === undefined) return notFound(id);
  const agreement = await read(deps.store, agreements.at(transfer.agreementId));
  if (agreement === undefined) return unknownAgreement();
  if (transfer.peerPid === null || transfer.state !== "STARTED") return ok({ kind: "stopped" });
  const content = await deps.content.open(id, BigInt(transfer.bytes));
  if (content === undefined) {
    await startOver(deps, id);
    return interrupted();
  }
  const pull = new Pull(deps, transfer, agreement, content, ports);
  try {
    return await pull.run(await lastSignatures(deps, transfer));
  } finally {
    await content.close();
  }
}

class Pull {
  readonly #deps: TransferDeps;
  readonly #transfer: Transfer;
  readonly #agreement: Agreement;
  readonly #content: OpenContent;
  readonly #ports: PullPorts;
  readonly #controls = new Mailbox<PullControl>();
  readonly #fromBatch: bigint;
  /** Batches become durable one after the other, while the next one comes in. */
  #keeping: Promise<Result<true>> = Promise.resolve(ok(true));
  #inWork = 0;
  #isAtGap = false;
  /** Resolved and replaced whenever a batch is done with, or begins to wait for a core. */
  #workMoved: { readonly moved: Promise<void>; readonly tell: () => void } = deferred();
  /** Resolved and replaced whenever a core without content was taken into the chain. */
  #gapMoved: { readonly moved: Promise<void>; readonly tell: () => void } = deferred();

  constructor(deps: TransferDeps, transfer: Transfer, agreement: Agreement, content: OpenContent, ports: PullPorts) {
    this.#deps = deps;
    this.#transfer = transfer;
    this.#agreement = agreement;
    this.#content = content;
    this.#ports = ports;
    this.#fromBatch = BigInt(transfer.batches) + 1n;
  }

  async run(signatures: readonly { receiptId: string; signature: string }[]): Promise<Result<PullEnd>> {
    const { signer, data } = this.#deps;
    const { peer, peerPid } = this.#transfer;
    const fromBatch = String(this.#fromBatch);
    this.#controls.put({ kind: "open", transferPid: peerPid ?? "", fromBatch, consumerKeyId: signer.keyId });
    const last = this.#fromBatch - BigInt(signatures.length);
    signatures.forEach((signed, i) => {
      this.#controls.put({ kind: "receipt", batch: String(last + BigInt(i)), ...signed });
    });
    let end: Result<PullEnd>;
    try {
      end = await this.#read(data.pull(peer, this.#controls));
    } catch (fault) {
      // A stream that breaks throws at its reader; what it was is for the log, the remedy is to open it again.
      this.#deps.logger.debug({ transfer: this.#transfer.id, fault }, "a pull stream broke");
      end = interrupted();
    } finally {
      this.#controls.close();
      this.#gapMoved.tell();
    }
    const kept = await this.#keeping;
    return kept.ok ? end : interruptedIf(kept.error);
  }

  async #read(frames: AsyncIterable<Frame>): Promise<Result<PullEnd>> {
    const incoming = frames[Symbol.asyncIterator]();
    try {
      let batch: IncomingBatch | undefined;
      for (;;) {
        const next = await this.#next(incoming, batch !== undefined);
        if (next === undefined) return ok({ kind: "stopped" });
        if (next.done === true) return this.#ports.isStopped() ? ok({ kind: "stopped" }) : interrupted();
        const frame = next.value;
        if (frame.kind === "refused") return ok({ kind: "interrupted", reason: reasonOfFrame(frame, this.#transfer) });
        if (frame.kind === "end")
          return batch === undefined ? await this.#end(frame, incoming) : unexpected(frame.kind);
        if (frame.kind === "receipt") await this.#takeCore(frame);
        if (frame.kind === "batch-begin") {
          if (batch !== undefined || !(await this.#hasPlace())) return unexpected(frame.kind);
          const begun = await this.#begin(frame);
          if (!begun.ok) return begun;
          batch = begun.value;
        }
        if (frame.kind === "data") {
          if (batch === undefined || !countBytes(batch, frame.bytes)) return unexpected(frame.kind);
          this.#content.digest.update(frame.bytes);
          this.#content.append(frame.bytes);
        }
        if (batch?.left === 0n) {
          if (this.#content.digest.hex() !== batch.checked.core.contentSha256) return mismatch(String(batch.number));
          this.#keep(batch);
          batch = undefined;
        }
      }
    } finally {
      // Not awaited: a reader that waits for a frame would keep us until one comes.
      incoming.return?.().catch(() => {});
    }
  }

  /** The next frame; undefined when stopped: between batches at once, within one when it does not come to its end in time. */
  async #next(incoming: AsyncIterator<Frame>, isWithinBatch: boolean): Promise<IteratorResult<Frame> | undefined> {
    const stopped = this.#ports.stopped.then(() => undefined);
    if (!isWithinBatch) return this.#ports.isStopped() ? undefined : Promise.race([incoming.next(), stopped]);
    const next = incoming.next();
    const first = await Promise.race([next, stopped]);
    if (first !== undefined) return first;
    let cancel = () => {};
    const grace = new Promise<undefined>((resolve) => {
      cancel = this.#deps.scheduler.after(STOP_GRACE_MS, () => resolve(undefined));
    });
    const last = await Promise.race([next, grace]);
    cancel();
    return last;
  }

  async #begin(frame: Extract<Frame, { kind: "batch-begin" }>): Promise<Result<IncomingBatch>> {
    const since = /^[1-9][0-9]{0,17}$/.test(frame.batch)
      ? oldestAllowed(this.#transfer, BigInt(frame.batch), this.#fromBatch)
      : undefined;
    const ends = await read(this.#deps.store, partyEnds.at(this.#agreement.id));
    return beginBatch(this.#deps, this.#transfer, this.#agreement, frame, since, ends);
  }

  /**
   * Batches that were signed before come again as fast as the stream carries them, and wait here for the disk. Where one
   * waits for a core, which may come behind this batch, a provider keeps to its two unsigned ones.
   */
  async #hasPlace(): Promise<boolean> {
    while (this.#inWork > MAX_IN_WORK && !this.#isAtGap) await this.#workMoved.moved;
    return this.#inWork <= MAX_IN_WORK;
  }

  #tellWork(): void {
    this.#workMoved.tell();
    this.#workMoved = deferred();
  }

  /** The last batches are still being kept, and one of them may wait for a core that comes after the end. */
  async #end(end: Extract<Frame, { kind: "end" }>, incoming: AsyncIterator<Frame>): Promise<Result<PullEnd>> {
    const kept = this.#keeping.then(() => "kept" as const);
    for (;;) {
      const next = await Promise.race([incoming.next(), kept]);
      if (next === "kept" || next.done === true) return this.#finish(end);
      if (next.value.kind === "receipt") await this.#takeCore(next.value);
    }
  }

  #keep(batch: IncomingBatch): void {
    this.#inWork += 1;
    // At once, not in its turn: the disk takes this batch while the one before is being committed.
    const durable = this.#content.sync();
    durable.catch(() => {});
    this.#keeping = this.#keeping.then(async (before) => {
      try {
        const kept = before.ok ? await this.#keepOne(batch, durable) : before;
        // After a failure nothing more can be kept, and reading on would only fill memory.
        if (!kept.ok) this.#controls.put({ kind: "cancel" });
        return kept;
      } finally {
        this.#inWork -= 1;
        this.#tellWork();
      }
    });
    // A disk that fails throws; `run` hears of it at the end, and until then nobody waits.
    this.#keeping.catch(() => this.#controls.put({ kind: "cancel" }));
  }

  /** Bytes first, then the commit that signs for them: a signature without the bytes would bind us to nothing we hold. */
  async #keepOne(batch: IncomingBatch, durable: Promise<void>): Promise<Result<true>> {
    await durable;
    for (;;) {
      const { moved } = this.#gapMoved;
      const kept = await keepBatch(this.#deps, this.#transfer.id, batch);
      if (kept.ok) {
        const { receiptId } = batch.checked.core;
        this.#controls.put({ kind: "receipt", batch: String(batch.number), receiptId, signature: kept.value });
        this.#deps.metrics.count("transfer_received_bytes_total", { peer: this.#transfer.peer }, Number(batch.bytes));
        this.#ports.onProgress();
        return ok(true);
      }
      if (kept.error.code !== "RECEIPT_GAP" || this.#controls.isClosed) return kept;
      // Another transfer of the agreement holds the number before; its core alone lets this one follow.
      this.#controls.put({ kind: "missing", fromSeq: String(kept.error.details?.expected ?? "1") });
      this.#isAtGap = true;
      this.#tellWork();
      await moved;
      this.#isAtGap = false;
    }
  }

  async #takeCore(offer: OfferedReceipt): Promise<void> {
    const { peer, agreementId } = this.#transfer;
    const offers = checkOffers(this.#deps, peer, agreementId, [{ ...offer }]);
    const nowMs = this.#deps.runtime.nowMs();
    if (offers.ok) {
      const refs = await offerRefs(this.#deps, offers.value);
      await transact(this.#deps.store, refs, (tx) => takeOffers(tx, this.#deps, offers.value, nowMs));
    }
    this.#gapMoved.tell();
    this.#gapMoved = deferred();
  }

  /** Everything is here: the digest over the whole decides, then both ends call it complete. */
  async #finish(end: Extract<Frame, { kind: "end" }>): Promise<Result<PullEnd>> {
    const kept = await this.#keeping;
    if (!kept.ok) return interruptedIf(kept.error);
    const transfer = await read(this.#deps.store, transfers.at(this.#transfer.id));
    const sha256 = this.#content.digest.hex();
    const isSame =
      transfer?.bytes === end.bytes &&
      transfer.rows === end.rows &&
      transfer.batches === end.batches &&
      sha256 === end.sha256;
    if (!isSame) return mismatch("");
    this.#deps.runtime.failPoint("transfer.before-rename");
    await this.#content.finish();
    this.#deps.runtime.failPoint("transfer.after-rename");
    return this.#complete(transfer, sha256);
  }

  async #complete(transfer: Transfer, sha256: string): Promise<Result<PullEnd>> {
    const { store, region, runtime } = this.#deps;
    const { id } = transfer;
    const signatures = await lastSignatures(this.#deps, transfer);
    const stamp = stampOf(runtime);
    const refs = [...transferRefs(transfer), ...oweRefs(transfer)];
    const completed = await transact(store, refs, (tx) => {
      const current = tx.get(transfers.at(id));
      if (current === undefined) return notFound(id);
      const change = { event: "complete", by: "ours", actor: "node", comment: null, reason: null } as const;
      const changed = changeTransfer(tx, region, current, { ...change, nowMs: stamp.nowMs }, { sha256 });
      if (changed.ok)
        owe(tx, changed.value, "TransferCompletionMessage", { sha256, signatures: [...signatures] }, stamp);
      return changed;
    });
    if (completed.ok) return ok({ kind: "completed" });
    return completed.error.kind === "illegal-transition" ? ok({ kind: "stopped" }) : completed;
  }
}

/** The content file is shorter than what was durable (deleted, restored): everything is fetched again under the same receipts. */
async function startOver({ store, runtime, logger }: TransferDeps, id: string): Promise<void> {
  logger.warn({ transfer: id }, "the content file is gone; the transfer starts over");
  const nowMs = runtime.nowMs();
  const found = await read(store, transfers.at(id));
  if (found === undefined) return;
  await transact(store, [transfers.at(id)], (tx) => {
    const transfer = tx.get(transfers.at(id));
    if (transfer === undefined || transfer.state !== "STARTED") return ok(undefined);
    for (let n = 1n; n <= BigInt(found.batches); n++) tx.remove(batches.at(id, n));
    const none = { rows: "0", bytes: "0", batches: "0", receipts: "0" };
    tx.put(transfers.at(id), { ...transfer, ...none, updatedAt: instantOf(nowMs), revision: transfer.revision + 1 });
    return ok(undefined);
  });
}

function deferred(): { readonly moved: Promise<void>; readonly tell: () => void } {
  let tell = () => {};
  const moved = new Promise<void>((resolve) => {
    tell = resolve;
  });
  return { moved, tell };
}

function interrupted(): Result<PullEnd> {
  return ok({ kind: "interrupted", reason: null });
}

/** What the next stream can mend is an interruption; a wrong signature or a wrong receipt is not. */
function interruptedIf(error: ExchangeError): Result<PullEnd> {
  if (error.code === "TRANSFER_NOT_STARTED") return ok({ kind: "stopped" });
  const mayPass = error.kind === "not-yet" || error.kind === "unavailable" || error.code === "STREAM_MALFORMED";
  return mayPass ? interrupted() : err(error);
}

/** A provider that refuses for good ends the transfer itself, by a message; until then this side keeps asking, seldom. */
function reasonOfFrame({ code, rule, text }: Extract<Frame, { kind: "refused" }>, { peer }: Transfer): Reason {
  return { code, rule, turn: { region: peer, role: "node" }, until: null, verified: true, text, neutral: text };
}

function unexpected(kind: string): Result<never> {
  return refuseTransfer(
    "STREAM_MALFORMED",
    "transfer.frames",
    {
      zh: `数据流中在不该出现的位置收到了 ${kind};传输终止,请双方核对节点版本。`,
      en: `A frame ${kind} came where none may be; the transfer ends. Compare the versions of both nodes.`,
    },
    { kind },
  );
}

function mismatch(batch: string): Result<never> {
  return refuseTransfer(
    "CONTENT_MISMATCH",
    "transfer.sha256",
    {
      zh: "收到的内容与凭据上的摘要不符,未签字;传输终止,请重新发起。",
      en: "What arrived is not what the receipt's digest says, so it was not signed; the transfer ends. Start it again.",
    },
    { batch },
  );
}
