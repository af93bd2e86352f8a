import { appendLeafRefs } from "../audit/store.ts";
import { verifySignature } from "../kernel/ed25519.ts";
import { ok } from "../kernel/exchange-error.ts";
import { agreements } from "../negotiation/store.ts";
import type { SettlementTerms } from "../policy/settlement-terms.ts";
import { openedNow, putDispute } from "../settlement/dispute.ts";
import { signedRecordSchema } from "../settlement/messages.ts";
import { newSettlement, STATEMENT_PREFIX, settlementRef } from "../settlement/process.ts";
import type { Settlement, SideSignature } from "../settlement/process-model.ts";
import { disputes } from "../settlement/store.ts";
import { read, transact } from "../storage/transact.ts";
import { keyOf, type RestoreDeps, type Taken } from "./deps.ts";
import { refuseRecord } from "./refusal.ts";

/**
 * A settlement that both regions signed, from the other side's record. Nothing of its result is believed: what the two laid on
 * the table is put back, and this node computes the statement from its own receipts again, compares and signs; the same
 * bytes get the same signature. Our own signature under it says that this region let it be signed.
 */
export async function takeSettlement(deps: RestoreDeps, peer: string, record: unknown): Promise<Taken> {
  const parsed = signedRecordSchema.safeParse(record);
  if (!parsed.success) return refuseRecord("settlement", peer);
  const { data: theirs } = parsed;
  const { built, own, theirs: ours, declaration, signature, theirSignature } = theirs;
  const { store, region } = deps;
  const agreement = await read(store, agreements.at(theirs.agreementId));
  const isSigned =
    isStatement(deps, region, theirSignature, built.text) && isStatement(deps, peer, signature, built.text);
  const isParty = agreement !== undefined && [agreement.provider, agreement.consumer].includes(peer);
  if (agreement === undefined || !isSigned || !isParty) return refuseRecord("settlement", peer);

  const { terms } = JSON.parse(agreement.document) as { readonly terms: SettlementTerms };
  const fresh = newSettlement(agreement, theirs.periodId, region, terms);
  const place = settlementRef(theirs);
  const again: Settlement = {
    ...fresh,
    round: theirs.round,
    isApproved: true,
    isEarly: theirs.isEarly,
    figures: ours.figures,
    own: ours,
    theirs: own,
    theirDeclaration: { digest: declaration.digest, ...declaration.signature },
    theirProposal: built.proposal,
    theirSignature: { digest: built.digest, keyId: signature.keyId, signature: signature.signature },
  };
  const { agreementId, periodId } = theirs;
  // Told to the other side when the period was closed; without them they would come back as that side's, without a reason.
  const told = ours.disputes ?? [];
  const opened = { agreementId, periodId, openedBy: region, ...openedNow(deps, peer) };
  const refs = [place, ...appendLeafRefs({ agreementId }), ...told.map(({ id }) => disputes.at(agreementId, id))];
  return transact(store, refs, (tx) => {
    const known = tx.get(place);
    if (known?.state === "agreed") return ok("present");
    // Put here by a restore that was broken off behind it.
    if (known !== undefined && JSON.stringify(known) === JSON.stringify({ ...again, revision: known.revision })) {
      return ok("present");
    }
    tx.put(place, { ...again, revision: (known?.revision ?? 0) + 1 });
    for (const { id, reason, evidence, receiptIds } of told) {
      if (tx.get(disputes.at(agreementId, id)) !== undefined) continue;
      putDispute(deps, tx, { ...opened, id, reason, evidence, receiptIds }, "dispute.opened");
    }
    return ok("taken");
  });
}

function isStatement(deps: RestoreDeps, region: string, { keyId, signature }: SideSignature, text: string): boolean {
  const key = keyOf(deps, region, keyId);
  return key !== undefined && verifySignature(key, Buffer.from(`${STATEMENT_PREFIX}\n${text}`, "utf8"), signature);
}
