import { appendAgreementHead, appendLeaf, appendLeafRefs } from "../audit/store.ts";
import { digestOf } from "../kernel/canonical-json.ts";
import { ok } from "../kernel/exchange-error.ts";
import { instantOf } from "../kernel/instant.ts";
import { postBatch } from "../ledger/ops.ts";
import { postRefs } from "../ledger/store.ts";
import type { HeldReceipt } from "../metering/model.ts";
import { removeRow } from "../metering/row.ts";
import { receiptRef } from "../metering/store.ts";
import { read, type Tx, transact } from "../storage/transact.ts";
import { adoptDisputes, disputesToAdopt } from "./dispute.ts";
import { FRESH_CARRY, type Statement } from "./model.ts";
import { postingsOf, releasesOf } from "./postings.ts";
import { commitStep, type ProcessDeps, type Step } from "./process.ts";
import type { BuiltRecord, Parked, Settlement } from "./process-model.ts";
import { refuseProcess } from "./process-refusal.ts";
import { scopeOf } from "./scope.ts";
import { joinRanges, NO_RANGES, rangeTest } from "./seq-ranges.ts";
import { agreementBooks, postedUsage } from "./store.ts";

/** A commit holds about this many receipts; the marks of a larger statement follow it. */
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
  const adopted = await disputesToAdopt(deps, now, statement.disputedReceiptIds);
  const marks = await firstToMark(deps, now);
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
      adoptDisputes(deps, tx, adopted);
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
  const { built, isMarking } = settlement;
  if (!isMarking || built === null) return;
  for await (const receipts of receiptsToMark(deps, settlement)) {
    await transact(deps.store, [], (tx) => {
      for (const receipt of receipts) putMark(tx, receipt, built.digest);
      return ok(true);
    });
  }
  await commitStep(deps, settlement, { change: { isMarking: false } });
}

async function firstToMark(deps: ProcessDeps, settlement: Settlement) {
  const chunks = receiptsToMark(deps, settlement);
  const { value: receipts = [] } = await chunks.next();
  const areMore = (await chunks.next()).done !== true;
  await chunks.return(undefined);
  return { receipts, areMore };
}

/** Off the open rows, which hold exactly what is not marked yet; in one pass, however many there are. */
async function* receiptsToMark(
  { store, receipts }: ProcessDeps,
  { agreementId, periodId, built }: Settlement,
): AsyncGenerator<readonly HeldReceipt[]> {
  if (built === null) return;
  const disputed = new Set(built.disputedReceiptIds);
  const isSettled = rangeTest(built.settles);
  let chunk: HeldReceipt[] = [];
  for await (const page of receipts.rows({ agreementId, throughPeriod: periodId })) {
    // What is in dispute is in the statement's tree, but not settled by it.
    const used = page.filter((row) => isSettled(row.direction, row.seq) && !disputed.has(row.receiptId));
    const held = await Promise.all(used.map((row) => read(store, receiptRef(agreementId, row.direction, row.seq))));
    chunk.push(...held.filter((receipt) => receipt !== undefined));
    if (chunk.length < MARKS_PER_COMMIT) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

/** A receipt with both signatures changes in nothing but this mark, so it need not be read again in the commit. */
function putMark(tx: Tx, receipt: HeldReceipt, digest: string): void {
  const { agreementId, direction, seq } = receipt.core;
  tx.put(receiptRef(agreementId, direction, seq), { ...receipt, settledIn: digest });
  removeRow(tx, receipt.core);
}
