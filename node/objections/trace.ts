import { ok, type Result } from "../kernel/exchange-error.ts";
import type { HeldReceipt } from "../metering/model.ts";
import { receiptRef, receipts } from "../metering/store.ts";
import { agreements } from "../negotiation/store.ts";
import type { Store } from "../storage/port.ts";
import { list, read } from "../storage/transact.ts";
import { batches, transfers, transfersByPeer } from "../transfer/store.ts";
import type { RaiseRequest } from "./model.ts";
import { unknownAbout } from "./refusal.ts";

/** What leads from an objection to the data: number and digest of the receipt, and the transfer that moved it. */
export type TracedReceipt = {
  readonly seq: string;
  readonly receiptId: string;
  readonly coreDigest: string;
  readonly transferId: string;
  readonly settledIn: string | null;
};

type About = Pick<RaiseRequest, "agreementId" | "about">;

const MAX_TRACED = 1_000;

/** Both regions look in their own chain: an objection about what never moved is refused at its origin and at the provider. */
export async function checkAbout(store: Store, { agreementId, about }: About): Promise<Result<true>> {
  if (about.kind === "entry") return ok(true);
  if (about.kind === "receipts") {
    const isRange = BigInt(about.from) <= BigInt(about.to);
    const last = isRange ? await read(store, receiptRef(agreementId, "forward", about.to)) : undefined;
    return last === undefined ? unknownAbout(agreementId, `receipts ${about.from}–${about.to}`) : ok(true);
  }
  if ((await firstOf(store, agreementId, about.transferId)) !== undefined) return ok(true);
  for await (const receipt of list(store, receipts, [agreementId])) {
    if (receipt.core.transferId === about.transferId) return ok(true);
  }
  return unknownAbout(agreementId, `transfer ${about.transferId}`);
}

/** A transfer by the name that the receipts have for it, which is the provider's; here it is known by its own. */
export async function asReceiptsSay(store: Store, request: RaiseRequest): Promise<RaiseRequest> {
  const { about } = request;
  if (about.kind !== "transfer") return request;
  const own = await read(store, transfers.at(about.transferId));
  return { ...request, about: { kind: "transfer", transferId: own?.peerPid ?? about.transferId } };
}

export async function traceAbout(store: Store, { agreementId, about }: About): Promise<TracedReceipt[]> {
  const found: TracedReceipt[] = [];
  const from = await firstNumber(store, agreementId, about);
  const options = { after: [agreementId, "forward", from - 1n] };
  for await (const receipt of list(store, receipts, [agreementId, "forward"], options)) {
    if (about.kind === "receipts" && BigInt(receipt.core.seq) > BigInt(about.to)) break;
    if (about.kind === "transfer" && receipt.core.transferId !== about.transferId) continue;
    found.push(traced(receipt));
    if (found.length === MAX_TRACED) break;
  }
  return found;
}

async function firstNumber(store: Store, agreementId: string, about: About["about"]): Promise<bigint> {
  if (about.kind === "receipts") return BigInt(about.from);
  const first = about.kind === "transfer" ? await firstOf(store, agreementId, about.transferId) : undefined;
  return BigInt(first?.core.seq ?? "1");
}

/**
 * The receipt of a transfer's first batch, by the batches that are kept with it: what the chain holds before is of others. None
 * for calls, and where the transfer itself was lost; then the chain has to be looked through.
 */
async function firstOf(store: Store, agreementId: string, transferId: string): Promise<HeldReceipt | undefined> {
  const agreement = await read(store, agreements.at(agreementId));
  const own = agreement && (await read(store, transfersByPeer.at(agreement.peer, transferId)));
  const batch = await read(store, batches.at(own ?? transferId, 1n));
  const receipt = batch && (await read(store, receiptRef(agreementId, "forward", batch.seq)));
  return receipt?.core.transferId === transferId ? receipt : undefined;
}

function traced({ core, coreDigest, settledIn }: HeldReceipt): TracedReceipt {
  return { seq: core.seq, receiptId: core.receiptId, coreDigest, transferId: core.transferId, settledIn };
}
