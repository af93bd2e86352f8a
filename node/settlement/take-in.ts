import { ok, type Result } from "../kernel/exchange-error.ts";
import { ExchangeFault } from "../kernel/exchange-fault.ts";
import { instantOf, msOf } from "../kernel/instant.ts";
import { createUsagePosting } from "../ledger/usage-posting.ts";
import { acceptReceipt, acceptReceiptRefs, completeReceipt, completeReceiptRefs } from "../metering/accept.ts";
import { EMPTY_CHAIN } from "../metering/chain.ts";
import type { Receipt } from "../metering/model.ts";
import { type CheckedCore, checkReceipt } from "../metering/receipt.ts";
import { chainHeads, putNext, receiptRef, unsignedReceipts } from "../metering/store.ts";
import { countUsage, usageTotalsRefs } from "../metering/usage.ts";
import { list, transact } from "../storage/transact.ts";
import type { ProcessDeps } from "./process.ts";
import type { Settlement } from "./process-model.ts";
import { refuseProcess } from "./process-refusal.ts";

/** What a peer answers at once. */
const PER_REQUEST = 1_000;
/** Asked for in one go; a later turn asks for the rest. */
const MOST = 10_000;

type About = Pick<Settlement, "agreementId" | "provider" | "consumer" | "peer">;
export type TakenIn = { readonly taken: number; readonly refused: readonly { receiptId: string; code: string }[] };

/** Asks the other side for the signatures that receipts still lack here. */
export async function requestSignatures(deps: ProcessDeps, about: About): Promise<void> {
  const ids: string[] = [];
  for (const direction of ["forward", "reverse"] as const) {
    for await (const id of list(deps.store, unsignedReceipts, [about.agreementId, direction], { limit: MOST }))
      ids.push(id);
  }
  await takeInReceipts(deps, about, ids);
}

/**
 * Fetches receipts that the peer holds and takes in those that are complete, valid and of this agreement: both regions
 * signed them, so they count, whichever disk lost them. Anything else is named and stays out. Source: settlement.md §11.
 */
export async function takeInReceipts(deps: ProcessDeps, about: About, ids: readonly string[]): Promise<TakenIn> {
  const refused: { receiptId: string; code: string }[] = [];
  let taken = 0;
  const wanted = ids.slice(0, MOST);
  for (let from = 0; from < wanted.length; from += PER_REQUEST) {
    const asked = wanted.slice(from, from + PER_REQUEST);
    const received = await fetched(deps, about, asked);
    if (received === undefined) return { taken, refused };
    const checked = received.map((receipt) => ({ receipt, judged: judge(deps, about, receipt, asked) }));
    for (const { receipt, judged } of checked) {
      if (!judged.ok) refused.push({ receiptId: nameOf(receipt), code: judged.error.code });
    }
    const valid = checked.flatMap(({ receipt, judged }) => (judged.ok ? [{ receipt, checked: judged.value }] : []));
    for (const one of valid.sort((a, b) => (BigInt(a.checked.core.seq) < BigInt(b.checked.core.seq) ? -1 : 1))) {
      const done = await takeOne(deps, one.checked, one.receipt);
      if (!done.ok) refused.push({ receiptId: one.checked.core.receiptId, code: done.error.code });
      else if (done.value) taken++;
    }
  }
  return { taken, refused };
}

const nameOf = (receipt: Receipt): string => String(receipt?.core?.receiptId ?? "—").slice(0, 64);

async function fetched(deps: ProcessDeps, { agreementId, peer }: About, ids: readonly string[]) {
  const found: Receipt[] = [];
  if (deps.trees?.receipts === undefined) return undefined;
  try {
    for await (const receipt of deps.trees.receipts(peer, agreementId, ids)) {
      found.push(receipt);
      // A peer that goes on sending does not fill our memory.
      if (found.length >= ids.length) break;
    }
  } catch (fault) {
    if (!(fault instanceof ExchangeFault)) throw fault;
    deps.logger.warn({ agreementId, peer, code: fault.error.code }, "the peer's receipts cannot be read now");
    return undefined;
  }
  return found;
}

function judge(deps: ProcessDeps, about: About, receipt: Receipt, asked: readonly string[]): Result<CheckedCore> {
  const { trust, runtime } = deps;
  const checked = checkReceipt(receipt, (region, keyId) => {
    // Signed then, by keys that were valid then; a key that has been replaced since does not undo what it signed. Its form
    // has been checked when a key is asked for.
    return trust.statementKey(region, keyId, Math.min(msOf(receipt.core.endedAt), runtime.nowMs()));
  });
  if (!checked.ok) return checked;
  const { core } = checked.value;
  const [from, to] = core.direction === "forward" ? [about.provider, about.consumer] : [about.consumer, about.provider];
  const isOurs = core.agreementId === about.agreementId && core.providerRegion === from && core.consumerRegion === to;
  if (!isOurs || !asked.includes(core.receiptId)) {
    return refuseProcess("RECEIPT_FOREIGN", { value: core.receiptId, agreementId: about.agreementId });
  }
  if (msOf(core.endedAt) > runtime.nowMs() + 60_000) return refuseProcess("RECEIPT_FUTURE", { value: core.receiptId });
  return checked;
}

/** True when something changed: a receipt, a signature, or the proof of a second version. */
async function takeOne(deps: ProcessDeps, checked: CheckedCore, receipt: Receipt): Promise<Result<boolean>> {
  const { core, coreDigest } = checked;
  const { agreementId, direction, seq } = core;
  const posting = createUsagePosting(deps.runtime);
  const parts = { region: deps.region, signer: deps.signer, posting };
  const nowMs = deps.runtime.nowMs();
  const next = receiptRef(agreementId, direction, String(BigInt(seq) + 1n));
  const refs = [...acceptReceiptRefs(core, parts), ...completeReceiptRefs(core), ...usageTotalsRefs(agreementId), next];
  return transact(deps.store, refs, (tx) => {
    const standing = tx.get(receiptRef(agreementId, direction, seq));
    const head = tx.get(chainHeads.at(agreementId, direction)) ?? EMPTY_CHAIN;
    if (standing?.coreDigest === coreDigest && standing.consumerSignature !== null) return ok(false);
    if (standing === undefined && BigInt(seq) <= BigInt(head.seq)) {
      // A hole in the chain: only what the next number names can have stood there.
      if (tx.get(next)?.core.prev !== coreDigest)
        return refuseProcess("RECEIPT_FOREIGN", { value: core.receiptId, agreementId });
      putNext(tx, { ...held(checked, receipt), receivedAt: instantOf(nowMs) });
      tx.put(chainHeads.at(agreementId, direction), head);
      posting.post(tx, core);
      countUsage(tx, core);
      return ok(true);
    }
    const accepted = acceptReceipt(tx, parts, checked, receipt.providerSignature, nowMs);
    if (!accepted.ok) return accepted;
    if (accepted.value === "next") countUsage(tx, core);
    if (accepted.value !== "equivocation") completeReceipt(tx, parts, core, receipt.consumerSignature, nowMs);
    return ok(true);
  });
}

function held({ core, coreDigest }: CheckedCore, { providerSignature, consumerSignature }: Receipt) {
  return { core, coreDigest, providerSignature, consumerSignature, settledIn: null };
}
