import { ok, type Result } from "../kernel/exchange-error.ts";
import { receiptPlaces, receiptRef } from "../metering/store.ts";
import { windowContent } from "../metering/window.ts";
import type { Store } from "../storage/port.ts";
import { list, read } from "../storage/transact.ts";
import { type CallEvidence, callMeters, callRows, callsId, callWindows, signedCalls } from "./call-store.ts";
import { refuseTransfer } from "./refusal.ts";

export type ReceiptCalls = {
  readonly receiptId: string;
  readonly agreementId: string;
  readonly calls: readonly CallEvidence[];
  /** The digests of these calls, in their order, give the content that both regions signed. */
  readonly isProven: boolean;
};

/** Calls that were answered up to a period while their window has no receipt yet. */
export async function openCalls(store: Store, agreementId: string, throughPeriod: string): Promise<number> {
  const { open = [] } = (await read(store, callMeters.at(agreementId))) ?? {};
  return open.filter(({ periodId }) => periodId <= throughPeriod).reduce((sum, { callIds }) => sum + callIds.length, 0);
}

/** The single calls behind a window's receipt: at the provider as it metered them, at the consumer as it signed for them. */
export async function callsOfReceipt(store: Store, receiptId: string): Promise<Result<ReceiptCalls>> {
  const place = await read(store, receiptPlaces.at(receiptId));
  const held = place && (await read(store, receiptRef(place.agreementId, place.direction, place.seq)));
  if (held === undefined || held.core.transferId !== callsId(held.core.agreementId)) return noCalls(receiptId);
  const { agreementId, contentSha256 } = held.core;
  const isProven = (calls: readonly CallEvidence[]) =>
    windowContent(calls.map(({ digest }) => digest)) === contentSha256;
  const signed = await read(store, signedCalls.at(agreementId, receiptId));
  if (signed !== undefined) return ok({ receiptId, agreementId, calls: signed, isProven: isProven(signed) });
  for await (const window of list(store, callWindows, [agreementId])) {
    if (window.receiptId !== receiptId) continue;
    const calls: CallEvidence[] = [];
    for (const id of window.callIds) {
      const row = await read(store, callRows.at(agreementId, id));
      if (row === undefined) continue;
      const { callId, index, at, purpose, digest } = row;
      calls.push({ callId, index, at, purpose, digest });
    }
    return ok({ receiptId, agreementId, calls, isProven: isProven(calls) });
  }
  return noCalls(receiptId);
}

function noCalls(receiptId: string): Result<never> {
  return refuseTransfer(
    "WINDOW_UNKNOWN",
    "call.window",
    {
      zh: `本节点没有凭据 ${receiptId} 的逐次调用记录:它不是调用窗口,或尚未由使用方签字。`,
      en: `This node has no single calls of the receipt ${receiptId}: it is no window of calls, or the consumer has not signed for it yet.`,
    },
    { receiptId },
  );
}
