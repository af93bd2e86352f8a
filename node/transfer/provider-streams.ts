import { appendLeaf } from "../audit/store.ts";
import type { Peer } from "../identity/model.ts";
import { digestOf } from "../kernel/canonical-json.ts";
import { type ExchangeError, ok, type Result } from "../kernel/exchange-error.ts";
import { receiptIdOf } from "../metering/receipt.ts";
import { agreements } from "../negotiation/store.ts";
import { read } from "../storage/transact.ts";
import type { TransferDeps } from "./deps.ts";
import { Mailbox } from "./mailbox.ts";
import { moveTransfer, offerOf } from "./move-transfer.ts";
import { takeSignature } from "./provider-receipts.ts";
import { notFound, notStarted, reasonOf, refuseTransfer, ruleOf } from "./refusal.ts";
import { framesOf, type Opening, type ReleasedBatch, sendBatches } from "./send-batches.ts";
import { coresFrom } from "./settle-answer.ts";
import { sendings, transfers } from "./store.ts";
import type { Frame, PullControl } from "./wire.ts";

type Open = Extract<PullControl, { kind: "open" }>;

type LiveStream = {
  readonly peer: string;
  readonly agreementId: string;
  /** At the end of the batch on its way, or at once. */
  readonly stop: (how: "at-boundary" | "at-once") => void;
  readonly done: Promise<void>;
};

export type ProviderStreams = {
  readonly pull: (peer: Peer, controls: AsyncIterable<PullControl>) => AsyncGenerator<Frame, void, undefined>;
  /** Ends live streams: of one transfer, of an agreement that ended, of a peer that is no longer trusted, or all. */
  readonly stop: (which: Which, how: "at-boundary" | "at-once") => Promise<void>;
  /** Ends the streams whose agreement is in force no more; opened again, they learn why. */
  readonly stopEnded: () => Promise<void>;
};
type Which = { readonly transferId?: string; readonly agreementId?: string; readonly peer?: string };

/** How many cores answer one `missing`. */
const MAX_CORES = 1_000;

/** The provider's side of the data plane. One live stream per transfer: the consumer's newest one counts. */
export function createProviderStreams(deps: TransferDeps): ProviderStreams {
  const live = new Map<string, LiveStream>();

  async function stop({ transferId, agreementId, peer }: Which, how: "at-boundary" | "at-once"): Promise<void> {
    const ending = [...live].filter(
      ([id, stream]) =>
        (transferId === undefined || transferId === id) &&
        (agreementId === undefined || agreementId === stream.agreementId) &&
        (peer === undefined || peer === stream.peer),
    );
    for (const [, stream] of ending) stream.stop(how);
    await Promise.all(ending.map(([, stream]) => stream.done));
  }

  async function* pull(peer: Peer, controls: AsyncIterable<PullControl>): AsyncGenerator<Frame, void, undefined> {
    const incoming = controls[Symbol.asyncIterator]();
    const first = await incoming.next();
    const opening = await openingOf(deps, peer, first.done === true ? undefined : first.value);
    if (!opening.ok) {
      yield refusedFrame(opening.error);
      return;
    }
    const { transfer } = opening.value;
    await stop({ transferId: transfer.id }, "at-once");
    const stream = createStream(deps, opening.value, incoming);
    live.set(transfer.id, stream);
    try {
      for await (const item of stream.outgoing) {
        for (const frame of item.kind === "released" ? framesOf(item) : [item]) {
          if (stream.isCut()) return;
          yield frame;
        }
      }
    } finally {
      stream.stop("at-once");
      await stream.done;
      if (live.get(transfer.id) === stream) live.delete(transfer.id);
    }
  }

  async function stopEnded(): Promise<void> {
    for (const { agreementId } of live.values()) {
      const agreement = await read(deps.store, agreements.at(agreementId));
      if (agreement?.status !== "in-force") await stop({ agreementId }, "at-once");
    }
  }

  return { pull, stop, stopEnded };
}

async function openingOf(deps: TransferDeps, peer: Peer, first: PullControl | undefined): Promise<Result<Opening>> {
  if (first?.kind !== "open") return malformed("the first control is not `open`");
  const transfer = await read(deps.store, transfers.at(first.transferPid));
  const sending = await read(deps.store, sendings.at(first.transferPid));
  if (transfer === undefined || sending === undefined || transfer.peer !== peer.region) {
    return notFound(first.transferPid);
  }
  if (transfer.state !== "STARTED") return notStarted(transfer.state);
  if (deps.trust.statementKey(peer.region, first.consumerKeyId, deps.runtime.nowMs()) === undefined) {
    return unknownKey(peer.region, first.consumerKeyId);
  }
  const fromBatch = batchNumber(first);
  if (fromBatch === undefined || fromBatch > BigInt(sending.batches) + 1n) return unknownBatch(first.fromBatch);
  return ok({ transfer, sending, fromBatch, consumerKeyId: first.consumerKeyId });
}

function batchNumber({ fromBatch }: Open): bigint | undefined {
  return /^[1-9][0-9]{0,17}$/.test(fromBatch) ? BigInt(fromBatch) : undefined;
}

/** Buffers of batches that the consumer may still read, by receipt. */
type Lent = Map<string, () => void>;

function createStream(deps: TransferDeps, opening: Opening, incoming: AsyncIterator<PullControl>) {
  const outgoing = new Mailbox<ReleasedBatch | Frame>();
  const signals = new Mailbox<never>();
  const lent: Lent = new Map();
  let wake: (() => void)[] = [];
  const wakeAll = () => {
    const waiting = wake;
    wake = [];
    for (const resolve of waiting) resolve();
  };
  let isCut = false;
  const stop = (how: "at-boundary" | "at-once") => {
    if (how === "at-once") isCut = true;
    signals.close();
    outgoing.close();
    wakeAll();
  };
  const nextWake = () => new Promise<void>((resolve) => (signals.isClosed ? resolve() : wake.push(resolve)));
  const report = (fault: unknown) => {
    deps.logger.error({ transfer: opening.transfer.id, fault }, "a pull stream failed");
    stop("at-once");
  };
  const { peer, agreementId } = opening.transfer;
  const unsigned = new Set(opening.sending.unsigned.map(({ seq }) => receiptIdOf(agreementId, "forward", seq)));
  const ports = {
    unsigned: () => unsigned.size,
    isStopped: () => signals.isClosed,
    room: () => outgoing.room(),
    give: (item: ReleasedBatch | Frame) => {
      if (item.kind === "released") {
        const { receiptId } = item.receipt.core;
        lent.set(receiptId, item.content.release);
        if (BigInt(item.batch) > BigInt(opening.sending.batches)) unsigned.add(receiptId);
      }
      outgoing.put(item);
    },
    signed: nextWake,
    wait: (ms: number) => waitOr(deps, ms, nextWake, () => signals.isClosed),
  };
  // After the end the stream stays open: signatures, and questions for missing cores, come until the consumer closes it.
  const done = sendBatches(deps, opening, ports)
    .then(async (result) => {
      if (result.ok) return;
      if (!signals.isClosed) outgoing.put(await refuseStream(deps, opening, result.error));
      outgoing.close();
    })
    .catch(report);
  const onSigned = (receiptId: string) => {
    lent.get(receiptId)?.();
    lent.delete(receiptId);
    unsigned.delete(receiptId);
    wakeAll();
  };
  listen(deps, opening, incoming, outgoing, onSigned)
    .finally(() => stop("at-boundary"))
    .catch(report);
  return { peer, agreementId, outgoing, stop, done, isCut: () => isCut };
}

/** A pace is kept by waiting; a stream that ends does not wait. */
async function waitOr(deps: TransferDeps, ms: number, woken: () => Promise<void>, isStopped: () => boolean) {
  if (ms <= 0) return;
  let isOver = false;
  let cancel = () => {};
  const timer = new Promise<void>((resolve) => {
    cancel = deps.scheduler.after(ms, () => {
      isOver = true;
      resolve();
    });
  });
  while (!isOver && !isStopped()) await Promise.race([timer, woken()]);
  cancel();
}

async function listen(
  deps: TransferDeps,
  { transfer }: Opening,
  incoming: AsyncIterator<PullControl>,
  outgoing: Mailbox<ReleasedBatch | Frame>,
  onSigned: (receiptId: string) => void,
): Promise<void> {
  for (;;) {
    const next = await incoming.next().catch(() => ({ done: true as const, value: undefined }));
    if (next.done === true || next.value.kind === "cancel") return;
    const control = next.value;
    if (control.kind === "missing") {
      const fromSeq = /^[1-9][0-9]{0,17}$/.test(control.fromSeq) ? BigInt(control.fromSeq) : 1n;
      // A peer that asks on and on without reading would else have its answers kept for it in memory.
      await outgoing.room();
      const cores = await coresFrom(deps, transfer.agreementId, fromSeq, MAX_CORES);
      for (const core of cores) outgoing.put({ kind: "receipt", ...offerOf(core) });
    } else if (control.kind === "receipt") {
      const signed = () => onSigned(control.receiptId);
      const taken = await takeSignature(deps, transfer.peer, control, signed);
      if (!taken.ok) {
        outgoing.put(refusedFrame(taken.error));
        return;
      }
      // Also one that was signed before, of which nothing had to be stored; but nothing for a receipt that there is not.
      if (taken.value !== undefined) signed();
    }
  }
}

/** What may pass by itself leaves the transfer as it is, and the consumer tries again; everything else ends it. */
async function refuseStream(deps: TransferDeps, { transfer }: Opening, error: ExchangeError): Promise<Frame> {
  const mayPass =
    error.kind === "not-yet" ||
    error.kind === "unavailable" ||
    error.kind === "not-found" ||
    error.code === "PEER_UNTRUSTED" ||
    error.code === "TRANSFER_CONFLICT";
  if (mayPass) {
    deps.logger.warn({ transfer: transfer.id, code: error.code }, "a pull stream pauses");
    return refusedFrame(error);
  }
  const reason = reasonOf(error);
  const ended = await moveTransfer(
    deps,
    transfer.id,
    { event: "terminate", actor: "node", comment: null, reason },
    (tx) => {
      const detail = { code: error.code, rule: ruleOf(error), transferId: transfer.id, count: "1" };
      appendLeaf(tx, deps.region, {
        kind: "policy.refused",
        atMs: deps.runtime.nowMs(),
        subject: transfer.id,
        actor: `peer:${transfer.peer}`,
        digest: digestOf(detail),
        agreementId: transfer.agreementId,
        detail,
      });
    },
  );
  if (!ended.ok) deps.logger.warn({ transfer: transfer.id, code: ended.error.code }, "a refused transfer had ended");
  return refusedFrame(error);
}

export function refusedFrame(error: ExchangeError): Frame {
  return { kind: "refused", errorKind: error.kind, code: error.code, rule: ruleOf(error), text: error.text };
}

function malformed(what: string): Result<never> {
  return refuseTransfer(
    "STREAM_MALFORMED",
    "transfer.stream",
    {
      zh: "数据流的首条控制消息不符合规范;请核对对方节点的版本。",
      en: `The stream is not as specified: ${what}; check the version of the peer's node.`,
    },
    { what },
  );
}

function unknownKey(region: string, keyId: string): Result<never> {
  return refuseTransfer(
    "RECEIPT_UNKNOWN_KEY",
    "transfer.consumerKeyId",
    {
      zh: `信任名单里没有 ${region} 当前有效的签名密钥 ${keyId},无法核对凭据;请核对信任名单版本。`,
      en: `The trust list knows no signing key ${keyId} valid for ${region} now, so receipts could not be checked; check the list's version.`,
    },
    { region, keyId },
  );
}

function unknownBatch(fromBatch: string): Result<never> {
  return refuseTransfer(
    "BATCH_UNKNOWN",
    "transfer.fromBatch",
    {
      zh: `请求从第 ${fromBatch} 批继续,而提供方尚未发出前一批;请双方核对存储是否被恢复到旧状态。`,
      en: `Batch ${fromBatch} was asked for, but the one before was never released here; check whether a store was restored to an older state.`,
    },
    { fromBatch },
  );
}
