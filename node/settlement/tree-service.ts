import type { Peer } from "../identity/model.ts";
import { canonicalText } from "../kernel/canonical-json.ts";
import { type Failure, ok, type Result } from "../kernel/exchange-error.ts";
import { ExchangeFault } from "../kernel/exchange-fault.ts";
import type { Receipt } from "../metering/model.ts";
import { receiptPlaces, receiptRef } from "../metering/store.ts";
import { read } from "../storage/transact.ts";
import { nextRound } from "./begin.ts";
import { receiptsOf } from "./build.ts";
import { checkPrefix } from "./hash-tree.ts";
import { inRound, type ProcessDeps, type Step, settlementRef } from "./process.ts";
import type { Settlement } from "./process-model.ts";
import { refuseProcess } from "./process-refusal.ts";
import { attempt, fail } from "./refusal.ts";
import { takeInReceipts } from "./take-in.ts";
import { type TreeNode, treeFold } from "./tree-fold.ts";
import { type TreeNodes, type TreeRequest, toWire, type WireTreeNode, walkPeerTree } from "./tree-walk.ts";

/**
 * The tree over the receipts that a settlement is about, as this side holds them. Each node is folded from the rows below it;
 * nothing is kept between rounds, and a prefix that the peer asks for costs no more than the receipts under it.
 */
function treeOf(deps: ProcessDeps, settlement: Settlement): TreeNodes {
  const { own, theirs } = settlement;
  return async (prefixes) => {
    const nodes: TreeNode[] = [];
    for (const prefix of prefixes) {
      const fold = treeFold(checkPrefix(prefix));
      if (own !== null && theirs !== null) {
        for await (const page of receiptsOf(deps, settlement, { own, theirs }, prefix)) {
          for (const { receiptId, coreDigest } of page) fold.add({ id: receiptId, digest: coreDigest });
        }
      }
      nodes.push(fold.finish());
    }
    return nodes;
  };
}

/** One round of the peer's search for receipts that differ. */
export async function treeNodes(
  deps: ProcessDeps,
  peer: Pick<Peer, "region">,
  { agreementId, periodId, prefixes }: TreeRequest,
): Promise<Result<readonly WireTreeNode[]>> {
  const found = await read(deps.store, settlementRef({ agreementId, periodId }));
  if (found === undefined || found.peer !== peer.region) return refuseProcess("SETTLEMENT_NOT_PARTY", { agreementId });
  const formed = attempt(() => checkApart(prefixes.map(checkPrefix)));
  if (!formed.ok) return formed;
  return ok((await treeOf(deps, found)(prefixes)).map(toWire));
}

/** A round reads each receipt once at most; one that asks for the same again and again would have us read all of them each time. */
function checkApart(prefixes: readonly string[]): void {
  const sorted = prefixes.toSorted();
  sorted.forEach((prefix, i) => {
    const before = sorted[i - 1];
    if (before !== undefined && prefix.startsWith(before)) fail("TREE_BAD_PREFIX", { value: prefix });
  });
}

/** Whole receipts with both signatures, for those that the peer lacks. */
export async function* receiptsFor(
  { store, agreements }: ProcessDeps,
  peer: Pick<Peer, "region">,
  agreementId: string,
  receiptIds: readonly string[],
): AsyncGenerator<Receipt> {
  const agreement = await agreements.find(agreementId);
  const parties = agreement === undefined ? [] : [agreement.provider, agreement.consumer];
  if (!parties.includes(peer.region)) throw new ExchangeFault(notParty(agreementId).error);
  for (const id of receiptIds) {
    const place = await read(store, receiptPlaces.at(id));
    if (place === undefined || place.agreementId !== agreementId) continue;
    const held = await read(store, receiptRef(agreementId, place.direction, place.seq));
    if (held === undefined || held.consumerSignature === null) continue;
    const { core, providerSignature, consumerSignature } = held;
    yield { core, providerSignature, consumerSignature };
  }
}

function notParty(agreementId: string): Failure {
  return refuseProcess("SETTLEMENT_NOT_PARTY", { agreementId });
}

/** Where only the receipts differ: which ones, found by walking the peer's tree. Once; a new round looks anew. */
export async function receiptDifferences(deps: ProcessDeps, now: Settlement): Promise<Step | undefined> {
  const { differences, agreementId, periodId, peer } = now;
  const { trees } = deps;
  if (differences === null || differences.receipts !== null || trees === undefined) return undefined;
  const walked = await walkPeerTree(treeOf(deps, now), (prefixes) =>
    trees.treeNodes(peer, { agreementId, periodId, prefixes }),
  );
  if (!walked.ok) {
    const { code } = walked.error;
    deps.logger.warn({ agreementId, periodId, peer, code }, "the peer's tree of receipts cannot be read now");
    return undefined;
  }
  const { onlyA, onlyB, differ, rounds } = walked.value;
  const { taken, refused } = await takeInReceipts(deps, now, [...onlyB, ...differ]);
  const receipts = { onlyOwn: onlyA, onlyPeer: onlyB, differ, rounds: String(rounds), refused };
  deps.logger.warn({ agreementId, periodId, peer, found: canonicalText(receipts).length }, "receipts differ");
  // What was taken in changes what both sides count, so both compute anew.
  if (taken > 0) return { change: inRound(now, nextRound(now)) };
  return { change: { differences: { ...differences, receipts } } };
}
