import { appendAgreementHead, appendLeaf, appendLeafRefs } from "../audit/store.ts";
import { digestOf } from "../kernel/canonical-json.ts";
import { ok } from "../kernel/exchange-error.ts";
import { newUlid } from "../kernel/ids.ts";
import { instantOf } from "../kernel/instant.ts";
import { postBatch } from "../ledger/ops.ts";
import { postRefs } from "../ledger/store.ts";
import type { HeldReceipt } from "../metering/model.ts";
import { receiptRef } from "../metering/store.ts";
import { read, transact } from "../storage/transact.ts";
import { adoptDisputes } from "./dispute.ts";
import { FRESH_CARRY, type Statement } from "./model.ts";
import { postingsOf, releasesOf } from "./postings.ts";
import { commitStep, type ProcessDeps, type Step } from "./process.ts";
import type { BuiltRecord, Parked, Settlement } from "./process-model.ts";
import { refuseProcess } from "./process-refusal.ts";
import { scopeOf } from "./scope.ts";
import { inRanges, joinRanges, NO_RANGES } from "./seq-ranges.ts";
import { agreementBooks, postedUsage } from "./store.ts";

/** A commit holds this many receipts at most; the marks of a larger statement follow it. */
const MARKS_PER_COMMIT = 2_000;

/**
 * The one commit at the end: statement with both signatures, ledger postings, audit leaves, the period's mark, the carry
 * into the next one, the receipts it has used up. All of it or nothing, and once: the books say which period was last.
 */
export async function concludeStep(deps: ProcessDeps, now: Settlement, built: BuiltRecord): Promise<Step> {
  const { agreementId, periodId } = now;
  const nowMs = deps.runtime.nowMs();
  const statement = JSON.parse(built.text) as Statement;
  const { own, theirs } = now;
  if (own === null || theirs === null) throw new Error("a statement was built without what both laid on the table");
  const books = agreementBooks.at(agreementId);
  const parked = (await read(deps.store, books)) ?? NOTHING_PARKED;
  const { isResolving, parkedAfter } = scopeOf(parked.parkedReceiptIds, own, theirs);
  const released = isResolving ? releasesOf(statement, parked.parked, now.consumer, instantOf(nowMs)) : [];
  const postings = [...released, ...postingsOf(statement, now.consumer, instantOf(nowMs))];
  const known = new Set([...parked.parkedReceiptIds, ...own.disputedReceiptIds]);
  const adopted = {
    id: newUlid(deps.runtime),
    receiptIds: statement.disputedReceiptIds.filter((id) => !known.has(id)),
  };
  const marks = await receiptsToMark(deps, now, MARKS_PER_COMMIT);
  return {
    change: { state: "agreed", reason: null, peerReason: null, signedAt: instantOf(nowMs) },
    refs: [books, ...postRefs(postings), ...appendLeafRefs({ agreementId })],
    also: (tx) => {
      const before = tx.get(books);
      const { lastPeriod = "" } = before ?? {};
      if (lastPeriod >= periodId) return refuseProcess("PERIOD_ORDER", { agreementId, periodId, earlier: lastPeriod });
      // Another period was signed since this one was built, and may have taken in the same receipts, with or without an amount.
      const isBuiltOnThis = lastPeriod === built.opening.lastPeriod;
      if (!isBuiltOnThis || digestOf(before?.carry ?? FRESH_CARRY) !== built.proposal.openingCarryDigest) {
        return refuseProcess("STATEMENT_CARRY_DIFFERS");
      }
      const posted = postBatch(tx, postings);
      if (!posted.ok) return posted;
      tx.put(books, {
        agreementId,
        lastPeriod: periodId,
        carry: statement.result.carry,
        settled: joinRanges(before?.settled ?? NO_RANGES, built.settles),
        parkedReceiptIds: [...new Set([...parkedAfter, ...statement.disputedReceiptIds])],
        parked: [...(isResolving ? [] : parked.parked), ...parkedBy(statement)],
      });
      for (const usage of built.posted)
        tx.put(postedUsage.at(agreementId, usage.productId, usage.usagePeriodId), usage);
      for (const receipt of marks.receipts) putMark(tx, receipt, built.digest);
      adoptDisputes(deps, tx, now, adopted);
      const about = { atMs: nowMs, actor: "node", agreementId };
      const leaf = appendLeaf(tx, deps.region, {
        ...about,
        // Whether a person let it be signed, or the node did because it was small.
        actor: now.isApproved ? "finance" : "node",
        kind: "statement.signed",
        subject: agreementId,
        digest: built.digest,
        detail: { periodId, peer: now.peer, amountFen: built.amountFen },
      });
      appendAgreementHead(tx, deps.region, about);
      return ok({ leafIndex: leaf.index, isMarking: marks.areMore });
    },
  };
}

const NOTHING_PARKED = { parkedReceiptIds: [], parked: [] };

function parkedBy({ result }: Statement): Parked[] {
  return result.lines.flatMap(({ lineId, disputedFen }) => (disputedFen === "0" ? [] : [{ lineId, fen: disputedFen }]));
}

/** Marks what a large statement has left; stops at any place and goes on from there. */
export async function markSettled(deps: ProcessDeps, settlement: Settlement): Promise<void> {
  let now = settlement;
  while (now.isMarking && now.built !== null) {
    const { digest } = now.built;
    const { receipts, areMore } = await receiptsToMark(deps, now, MARKS_PER_COMMIT);
    await transact(deps.store, [], (tx) => {
      for (const receipt of receipts) putMark(tx, receipt, digest);
      return ok(true);
    });
    const after = await commitStep(deps, now, { change: { isMarking: areMore } });
    if (!after.ok) return;
    now = after.value;
  }
}

async function receiptsToMark({ receipts }: ProcessDeps, { agreementId, periodId, built }: Settlement, limit: number) {
  const found: HeldReceipt[] = [];
  if (built === null) return { receipts: found, areMore: false };
  const disputed = new Set(built.disputedReceiptIds);
  for await (const receipt of receipts.forSettlement(agreementId, periodId)) {
    const { direction, seq } = receipt.core;
    if (receipt.settledIn !== null || !inRanges(built.settles, direction, seq)) continue;
    // What is in dispute is in the statement's tree, but not settled by it.
    if (disputed.has(receipt.core.receiptId)) continue;
    if (found.length === limit) return { receipts: found, areMore: true };
    found.push(receipt);
  }
  return { receipts: found, areMore: false };
}

/** A receipt with both signatures changes in nothing but this mark, so it need not be read again in the commit. */
function putMark(tx: Parameters<typeof postBatch>[0], receipt: HeldReceipt, digest: string): void {
  const { agreementId, direction, seq } = receipt.core;
  tx.put(receiptRef(agreementId, direction, seq), { ...receipt, settledIn: digest });
}
