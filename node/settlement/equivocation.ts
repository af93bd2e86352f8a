import { appendLeaf, appendLeafRefs } from "../audit/store.ts";
import { canonicalText, digestOf } from "../kernel/canonical-json.ts";
import { instantOf } from "../kernel/instant.ts";
import type { Reason } from "../kernel/reason.ts";
import type { AnyRef, Tx } from "../storage/transact.ts";
import type { SettlementMessage } from "./messages.ts";
import { isSignedBy, type ProcessDeps, STATEMENT_PREFIX } from "./process.ts";
import type { Settlement, StatementEquivocation } from "./process-model.ts";
import { stopped } from "./reasons.ts";
import { statementEquivocations } from "./store.ts";

const MAX_SHOWN = 16;
/** A statement of a hundred lines fits; a longer one is named by the digest that is in the body too. */
const MAX_BODY = 65_536;

/** The peer's valid signature over the statement that we computed too: from then on it can show no other one. */
export function isSignedByPeer(deps: Pick<ProcessDeps, "trust" | "runtime">, settlement: Settlement): boolean {
  const { built, theirSignature, state, peer } = settlement;
  if (built === null || theirSignature?.digest !== built.digest) return false;
  // Once concluded it was verified, by a key that may have been replaced since.
  return state === "agreed" || isSignedBy(deps, peer, theirSignature, STATEMENT_PREFIX, built.text);
}

/** The digest that a message shows where its sender is bound to another one. Source: settlement.md §10. */
export function contradictionOf(
  deps: Pick<ProcessDeps, "trust" | "runtime">,
  settlement: Settlement,
  message: SettlementMessage,
): string | undefined {
  const shown = shownBy(message);
  if (shown === undefined || settlement.built === null) return undefined;
  if (isSignedByPeer(deps, settlement)) return shown === settlement.built.digest ? undefined : shown;
  // Proposed one and signs another, in the same round.
  const { theirProposal, round } = settlement;
  const isSameRound = message.kind === "Sign" && message.body.round === round && theirProposal !== null;
  return isSameRound && shown !== theirProposal.digest ? shown : undefined;
}

function shownBy({ kind, body }: SettlementMessage): string | undefined {
  if (kind === "Propose") return body.proposal.digest;
  return kind === "Sign" ? body.digest : undefined;
}

export function equivocationRefs({ agreementId, periodId }: Settlement): readonly AnyRef[] {
  return [statementEquivocations.at(agreementId, periodId), ...appendLeafRefs({ agreementId })];
}

/** Keeps both as evidence, with a leaf; answers the settlement as it stands after it, and whether this was news. */
export function keepEquivocation(
  deps: ProcessDeps,
  tx: Tx,
  settlement: Settlement,
  message: SettlementMessage,
  shown: string,
): { readonly after: Settlement; readonly isNew: boolean } {
  const { agreementId, periodId, peer, built, theirSignature } = settlement;
  const ref = statementEquivocations.at(agreementId, periodId);
  const before: StatementEquivocation = tx.get(ref) ?? {
    ...{ agreementId, periodId, peer, statement: built?.text ?? "", shown: [] },
    signature: isSignedByPeer(deps, settlement) ? theirSignature : null,
  };
  const atMs = deps.runtime.nowMs();
  const reason = equivocationReason(settlement);
  const after: Settlement =
    settlement.state === "agreed" ? settlement : { ...settlement, state: "differs", reason, peerReason: reason };
  if (before.shown.length >= MAX_SHOWN || before.shown.some(({ body }) => body.includes(shown))) {
    return { after, isNew: false };
  }
  const kind = message.kind === "Sign" ? "Sign" : "Propose";
  const body = canonicalText(JSON.parse(JSON.stringify(message.body))).slice(0, MAX_BODY);
  const evidence = { ...before, shown: [...before.shown, { at: instantOf(atMs), kind, body }] } as const;
  tx.put(ref, evidence);
  appendLeaf(tx, deps.region, {
    kind: "statement.equivocation",
    atMs,
    subject: agreementId,
    actor: `peer:${peer}`,
    digest: digestOf(JSON.parse(JSON.stringify(evidence))),
    agreementId,
    detail: { periodId, peer, signed: built?.digest ?? "", shown },
  });
  return { after, isNew: true };
}

export function equivocationReason({ peer, periodId }: Pick<Settlement, "peer" | "periodId">): Reason {
  return stopped("STATEMENT_EQUIVOCATION", peer, { region: peer, periodId });
}

export function alarm(deps: ProcessDeps, { agreementId, periodId, peer, built }: Settlement, shown: string): void {
  const fields = { code: "STATEMENT_EQUIVOCATION", agreementId, periodId, peer, signed: built?.digest, shown };
  deps.logger.error(fields, "the peer signed one statement and shows another; both are kept as evidence");
  deps.metrics.count("settlement_equivocations_total", { region: peer });
}
