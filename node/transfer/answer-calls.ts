import type { Peer } from "../identity/model.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import type { Worker } from "../kernel/worker.ts";
import { completeReceipt, completeReceiptRefs } from "../metering/accept.ts";
import type { HeldReceipt } from "../metering/model.ts";
import { receiptPlaces, receiptRef } from "../metering/store.ts";
import { MAX_WINDOW_MS } from "../metering/window.ts";
import type { Agreement } from "../negotiation/model.ts";
import { unknownAgreement } from "../negotiation/refusal.ts";
import { agreements } from "../negotiation/store.ts";
import { list, read, transact } from "../storage/transact.ts";
import { type CallMeter, type CallRow, callMeters, callRows, callWindows, emptyMeter } from "./call-store.ts";
import { meteringParts, type TransferDeps } from "./deps.ts";
import { closeDueWindows, meterCalls } from "./meter-calls.ts";
import { offerOf } from "./move-transfer.ts";
import { checkedSignature } from "./provider-receipts.ts";
import { refuseTransfer } from "./refusal.ts";
import { coresFrom } from "./settle-answer.ts";
import {
  type AnsweredCall,
  type ConsumerSignature,
  type InvokeAnswer,
  type InvokeRequest,
  MAX_CALLS_PER_REQUEST,
} from "./wire.ts";

export type CallDesk = Worker & {
  readonly invoke: (peer: Peer, request: InvokeRequest) => Promise<Result<InvokeAnswer>>;
};

const MAX_CORES = 1_000;

/** The provider's side of calls: answers them, meters them, and closes windows when their time is up. */
export function createCallDesk(deps: TransferDeps): CallDesk {
  const timers = new Map<string, () => void>();
  let isStarted = false;
  let closing: Promise<unknown> = Promise.resolve();

  function watchWindows(agreement: Agreement, { open }: CallMeter): void {
    if (open.length === 0 || timers.has(agreement.id) || !isStarted) return;
    const oldestMs = Math.min(...open.map(({ openedAtMs }) => openedAtMs));
    const delayMs = Math.max(0, oldestMs + MAX_WINDOW_MS - deps.runtime.nowMs());
    const cancel = deps.scheduler.after(delayMs, () => {
      timers.delete(agreement.id);
      closing = closing
        .then(() => closeNow(agreement))
        .catch((fault) => {
          deps.logger.error({ agreement: agreement.id, fault }, "cannot close a window of calls");
        });
    });
    timers.set(agreement.id, cancel);
  }

  async function closeNow(agreement: Agreement): Promise<void> {
    const meter = await closeDueWindows(deps, agreement);
    if (meter.ok) watchWindows(agreement, meter.value);
    else deps.logger.warn({ agreement: agreement.id, code: meter.error.code }, "a window of calls stays open");
  }

  return {
    name: "transfer-calls",
    start() {
      isStarted = true;
      closing = watchAll(deps, watchWindows).catch((fault) => {
        deps.logger.error({ fault }, "cannot list the windows of calls");
      });
    },
    async stop() {
      isStarted = false;
      for (const cancel of timers.values()) cancel();
      timers.clear();
      await closing;
    },
    async invoke(peer, request) {
      const agreement = await read(deps.store, agreements.at(request.agreementId));
      if (agreement === undefined || agreement.role !== "provider" || agreement.peer !== peer.region) {
        return unknownAgreement();
      }
      const refused = checkRequest(deps, peer, request);
      if (!refused.ok) return refused;
      for (const signature of request.signatures) {
        const taken = await takeWindowSignature(deps, peer.region, agreement.id, signature);
        if (!taken.ok) return taken;
      }
      const calls = request.inputs.length === 0 ? undefined : await deps.sources.calls(agreement.entry.id);
      // A product without source refuses call by call, after policy had its say; other faults of a source pass.
      if (calls !== undefined && !calls.ok && calls.error.code !== "SOURCE_MISSING") return calls;
      const metered = await meterCalls(deps, agreement, request, calls?.ok === true ? calls.value : undefined);
      if (!metered.ok) return metered;
      watchWindows(agreement, metered.value.meter);
      return ok(await answerOf(deps, agreement, request, metered.value));
    },
  };
}

function checkRequest({ trust, runtime }: TransferDeps, peer: Peer, request: InvokeRequest): Result<true> {
  if (request.inputs.length > MAX_CALLS_PER_REQUEST) return tooMany(request.inputs.length);
  const key = trust.statementKey(peer.region, request.consumerKeyId, runtime.nowMs());
  return key === undefined ? unknownKey(peer.region, request.consumerKeyId) : ok(true);
}

async function watchAll(deps: TransferDeps, watch: (agreement: Agreement, meter: CallMeter) => void): Promise<void> {
  for await (const meter of list(deps.store, callMeters)) {
    const agreement = await read(deps.store, agreements.at(meter.agreementId));
    if (agreement !== undefined) watch(agreement, meter);
  }
}

async function answerOf(
  deps: TransferDeps,
  agreement: Agreement,
  request: InvokeRequest,
  { answers, meter }: { readonly answers: InvokeAnswer["answers"]; readonly meter: CallMeter },
): Promise<InvokeAnswer> {
  const windows: InvokeAnswer["windows"][number][] = [];
  for (const { window, receiptId } of meter.closed) {
    const receipt = await receiptOf(deps, receiptId);
    if (receipt === undefined) continue;
    const isLost = request.resend.includes(receiptId);
    const calls = isLost ? await callsOf(deps, agreement.id, window) : null;
    windows.push({ ...offerOf(receipt), window, calls });
  }
  const missing = request.missingFrom;
  const cores =
    missing !== null && /^[1-9][0-9]{0,17}$/.test(missing)
      ? await coresFrom(deps, agreement.id, BigInt(missing), MAX_CORES)
      : [];
  return { answers, windows, receipts: cores.map(offerOf), open: meter.open.length > 0 };
}

async function receiptOf({ store }: TransferDeps, receiptId: string): Promise<HeldReceipt | undefined> {
  const place = await read(store, receiptPlaces.at(receiptId));
  return place && (await read(store, receiptRef(place.agreementId, place.direction, place.seq)));
}

async function rowsOf({ store }: TransferDeps, agreementId: string, window: string): Promise<CallRow[]> {
  const { callIds = [] } = (await read(store, callWindows.at(agreementId, BigInt(window)))) ?? {};
  const rows: CallRow[] = [];
  for (const callId of callIds) {
    const row = await read(store, callRows.at(agreementId, callId));
    if (row !== undefined) rows.push(row);
  }
  return rows;
}

async function callsOf(deps: TransferDeps, agreementId: string, window: string): Promise<AnsweredCall[]> {
  const rows = await rowsOf(deps, agreementId, window);
  return rows.flatMap(({ callId, output, index }) => (output === null ? [] : [{ callId, output, window, index }]));
}

/** Signature, end of the window among the unsigned ones, and the end of keeping its answers, in one commit. */
async function takeWindowSignature(
  deps: TransferDeps,
  peer: string,
  agreementId: string,
  signature: ConsumerSignature,
): Promise<Result<true>> {
  const checked = await checkedSignature(deps, peer, signature);
  if (!checked.ok) return checked;
  const held = checked.value;
  if (held === undefined || held.core.agreementId !== agreementId) return ok(true);
  const { core } = held;
  const meter = (await read(deps.store, callMeters.at(agreementId))) ?? emptyMeter(agreementId);
  const window = meter.closed.find(({ receiptId }) => receiptId === core.receiptId)?.window;
  const rows = window === undefined ? [] : await rowsOf(deps, agreementId, window);
  const nowMs = deps.runtime.nowMs();
  return transact(deps.store, [...completeReceiptRefs(core), callMeters.at(agreementId)], (tx) => {
    completeReceipt(tx, meteringParts(deps), core, signature.signature, nowMs);
    const current = tx.get(callMeters.at(agreementId)) ?? emptyMeter(agreementId);
    const closed = current.closed.filter(({ receiptId }) => receiptId !== core.receiptId);
    if (closed.length < current.closed.length) tx.put(callMeters.at(agreementId), { ...current, closed });
    for (const row of rows) tx.put(callRows.at(agreementId, row.callId), { ...row, output: null, asked: null });
    return ok(true as const);
  });
}

function tooMany(count: number): Result<never> {
  return refuseTransfer(
    "CALLS_TOO_MANY",
    "call.count",
    {
      zh: `一次请求最多 ${MAX_CALLS_PER_REQUEST} 个调用,收到 ${count} 个;请分批发送。`,
      en: `One request holds at most ${MAX_CALLS_PER_REQUEST} calls, ${count} came; send them in several.`,
    },
    { count: String(count) },
  );
}

function unknownKey(region: string, keyId: string): Result<never> {
  return refuseTransfer(
    "RECEIPT_UNKNOWN_KEY",
    "call.consumerKeyId",
    {
      zh: `信任名单里没有 ${region} 当前有效的签名密钥 ${keyId},无法核对调用凭据;请核对信任名单版本。`,
      en: `The trust list knows no signing key ${keyId} valid for ${region} now, so window receipts could not be checked; check the list's version.`,
    },
    { region, keyId },
  );
}
