import { appendLeaf, appendLeafRefs } from "../audit/store.ts";
import { requireRole } from "../identity/authorise.ts";
import type { Principal } from "../identity/model.ts";
import { digestOf } from "../kernel/canonical-json.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { instantOf, periodOf } from "../kernel/instant.ts";
import { ledgerHead } from "../ledger/store.ts";
import type { Agreement } from "../negotiation/model.ts";
import { read, transact } from "../storage/transact.ts";
import { begin, beginRefs, nextRound } from "./begin.ts";
import { termsOf } from "./build.ts";
import { isSignedByPeer } from "./equivocation.ts";
import { checkFigures, NO_FIGURES } from "./figures.ts";
import { type Figures, figuresSchema } from "./messages.ts";
import { laterOnItsWay } from "./order.ts";
import { ownFigures } from "./party-notice.ts";
import { inRound, newSettlement, type ProcessDeps, revised, settlementRef } from "./process.ts";
import type { AgreementBooks, ClosedPeriod, Settlement } from "./process-model.ts";
import { refuseProcess } from "./process-refusal.ts";
import { attempt } from "./refusal.ts";
import { NO_RANGES, rangeTest } from "./seq-ranges.ts";
import { agreementBooks, closedPeriods } from "./store.ts";
import { checkPartyFigures, isWitness } from "./third-region.ts";
import { checkPeriod } from "./values.ts";

export type CloseOptions = {
  readonly early?: boolean | undefined;
  readonly reason?: string | undefined;
  /** By agreement: figures that are in no receipt and that this region knows. */
  readonly declarations?: { readonly [agreementId: string]: unknown } | undefined;
};

type Candidate = { readonly agreement: Agreement; readonly figures: Figures; readonly fresh: Settlement };

/**
 * The finance officer closes a period: every priced agreement with something to settle begins its comparison with the
 * peer. Closing again is trying again: what stands still starts a new round, what is signed stays.
 */
export async function closePeriod(
  deps: ProcessDeps,
  actor: Principal,
  periodId: string,
  options: CloseOptions,
): Promise<Result<readonly string[]>> {
  const allowed = requireRole(actor, "finance");
  if (!allowed.ok) return allowed;
  const timely = checkTime(deps, periodId, options);
  if (!timely.ok) return timely;
  const declared = await checkDeclarations(deps, periodId, options.declarations ?? {});
  if (!declared.ok) return declared;
  const candidates: Candidate[] = [];
  for await (const agreement of deps.agreements.all()) {
    const found = await candidateOf(deps, agreement, periodId, declared.value);
    if (!found.ok) return found;
    if (found.value !== undefined) candidates.push(found.value);
  }
  const closed = await commitClose(deps, periodId, options, candidates);
  return closed.ok ? ok(candidates.map(({ agreement }) => agreement.id)) : closed;
}

function checkTime({ runtime }: ProcessDeps, periodId: string, { early, reason }: CloseOptions): Result<true> {
  const form = attempt(() => checkPeriod(periodId));
  if (!form.ok) return form;
  const current = periodOf(runtime.nowMs());
  if (periodId > current) return refuseProcess("PERIOD_FUTURE", { periodId });
  if (periodId < current) return ok(true);
  if (early !== true) return refuseProcess("PERIOD_NOT_OVER", { periodId });
  return (reason ?? "").trim() === "" ? refuseProcess("EARLY_REASON") : ok(true);
}

async function checkDeclarations(
  deps: ProcessDeps,
  periodId: string,
  declarations: { readonly [agreementId: string]: unknown },
): Promise<Result<ReadonlyMap<string, Figures>>> {
  const checked = new Map<string, Figures>();
  for (const [agreementId, value] of Object.entries(declarations)) {
    const terms = await termsOf(deps, agreementId);
    if (!terms.ok) return terms;
    const figures = figuresSchema.safeParse(value);
    if (!figures.success) {
      const [issue] = figures.error.issues;
      return refuseProcess("SETTLEMENT_FIGURES", {
        value: `${agreementId} ${issue?.path.join(".")}: ${issue?.message}`,
      });
    }
    const fits = checkFigures(terms.value, figures.data, periodId);
    if (!fits.ok) return fits;
    const agreement = await deps.agreements.find(agreementId);
    const isThird = agreement !== undefined && isWitness(agreement, deps.region);
    const mine = isThird ? checkPartyFigures(terms.value, deps.region, figures.data) : fits;
    if (!mine.ok) return mine;
    checked.set(agreementId, figures.data);
  }
  return ok(checked);
}

/** What a period has to settle of an agreement: receipts, declared figures, disputes, or money deferred earlier. */
async function candidateOf(
  deps: ProcessDeps,
  agreement: Agreement,
  periodId: string,
  declared: ReadonlyMap<string, Figures>,
): Promise<Result<Candidate | undefined>> {
  const terms = await termsOf(deps, agreement.id);
  // A third region, whose parties are only paid, settles too (witness-step.ts): what it declares, or was asked about.
  if (!terms.ok) return ok(undefined);
  const books = await read(deps.store, agreementBooks.at(agreement.id));
  const ordered = await checkOrder(deps, agreement.id, periodId, books);
  if (!ordered.ok) return ordered;
  const figures = declared.get(agreement.id);
  const known = await read(deps.store, settlementRef({ agreementId: agreement.id, periodId }));
  // Overtaken, or closed in the ledger: what is left of it comes late, in the first period that is open.
  if (known === undefined && (await isPast(deps, agreement.id, periodId, books))) return ok(undefined);
  // While something is parked, closing is where the two regions hear what the other one says of it.
  const isParked = (books?.parkedReceiptIds ?? []).length > 0;
  const isDue = known !== undefined || isParked || figures !== undefined || (books?.carry.deferredFen ?? "0") !== "0";
  if (!isDue && !(await hasReceipts(deps, agreement.id, periodId, books))) return ok(undefined);
  const fresh = newSettlement(agreement, periodId, deps.region, terms.value);
  const own = await ownFigures(deps, terms.value, fresh, figures ?? known?.figures ?? NO_FIGURES);
  return ok({ agreement, fresh, figures: own });
}

async function isPast(
  deps: ProcessDeps,
  agreementId: string,
  periodId: string,
  books: AgreementBooks | undefined,
): Promise<boolean> {
  if ((books?.lastPeriod ?? "") >= periodId) return true;
  if (((await read(deps.store, ledgerHead))?.closedThrough ?? "") >= periodId) return true;
  const later = await laterOnItsWay(deps, agreementId, periodId);
  return later !== undefined && later.own !== null;
}

/** An earlier period that was used but never closed must be closed first; one that is on its way is waited for. */
async function checkOrder(
  deps: ProcessDeps,
  agreementId: string,
  periodId: string,
  books: AgreementBooks | undefined,
): Promise<Result<true>> {
  const lastPeriod = books?.lastPeriod ?? "";
  for (const earlier of await deps.receipts.months(agreementId, periodId)) {
    // Up to the last settled period they are late, which is in order; after it no statement has used any of them up.
    if (earlier >= periodId || earlier <= lastPeriod) continue;
    if ((await read(deps.store, closedPeriods.at(earlier))) !== undefined) continue;
    return refuseProcess("PERIOD_ORDER", { agreementId, periodId, earlier });
  }
  return ok(true);
}

async function hasReceipts(
  deps: ProcessDeps,
  agreementId: string,
  periodId: string,
  books: AgreementBooks | undefined,
): Promise<boolean> {
  const { lastPeriod = "", settled = NO_RANGES } = books ?? {};
  const months = await deps.receipts.months(agreementId, periodId);
  if (months.some((month) => month > lastPeriod)) return true;
  // What is left are late ones, those in dispute, and those of a signed statement that are not marked yet.
  const isSettled = rangeTest(settled);
  for await (const page of deps.receipts.rows({ agreementId, throughPeriod: periodId })) {
    if (page.some(({ direction, seq }) => !isSettled(direction, seq))) return true;
  }
  return (await deps.receipts.completeness(agreementId, periodId)).missing > 0;
}

async function commitClose(
  deps: ProcessDeps,
  periodId: string,
  { early, reason }: CloseOptions,
  candidates: readonly Candidate[],
): Promise<Result<true>> {
  const nowMs = deps.runtime.nowMs();
  const isEarly = periodId >= periodOf(nowMs) && early === true;
  const period: ClosedPeriod = {
    periodId,
    closedAt: instantOf(nowMs),
    closedBy: "finance",
    early: isEarly,
    reason: reason?.trim() || null,
  };
  const refs = candidates.flatMap(({ fresh }) => [settlementRef(fresh), ...beginRefs(fresh)]);
  return transact(deps.store, [closedPeriods.at(periodId), ...refs, ...appendLeafRefs()], (tx) => {
    const before = tx.get(closedPeriods.at(periodId));
    // The first close is what happened; trying again does not make it later.
    const closed = before ?? period;
    tx.put(closedPeriods.at(periodId), closed);
    for (const { fresh, figures } of candidates) {
      const ref = settlementRef(fresh);
      const known = tx.get(ref);
      const begun = known === undefined ? begin(tx, fresh, undefined, deps) : ok(known);
      // Settled by another replica meanwhile, or overtaken: closing the rest goes on.
      if (!begun.ok || begun.value.state === "agreed") continue;
      tx.put(ref, revised(deps, approved(deps, begun.value, figures, early === true)));
    }
    if (before === undefined) {
      appendLeaf(tx, deps.region, {
        kind: "period.closed",
        atMs: nowMs,
        subject: periodId,
        actor: "finance",
        digest: digestOf(closed),
        detail: { early: String(isEarly), ...(closed.reason !== null && { reason: closed.reason.slice(0, 500) }) },
      });
    }
    return ok(true);
  });
}

/**
 * A new round begins where the last one stopped, or where other figures are on the table; never after a signature over
 * this statement, ours or the peer's: then the one that was signed is settled.
 */
function approved(deps: ProcessDeps, settlement: Settlement, figures: Figures, isEarly: boolean): Settlement {
  const { signature, state, own, isApproved, approvedAt } = settlement;
  const isSigned = signature !== null || isSignedByPeer(deps, settlement);
  const isOther = own !== null && JSON.stringify(own.figures) !== JSON.stringify(figures);
  const mayRestart = !isSigned && (state === "differs" || isOther);
  const now = mayRestart ? inRound(settlement, nextRound(settlement)) : settlement;
  const goesOn = isSigned && state === "differs" ? ({ state: "calculated", reason: null } as const) : {};
  return {
    ...{ ...now, ...goesOn, isApproved: true, isEarly: isEarly || settlement.isEarly, peerReason: null },
    figures: isSigned ? settlement.figures : figures,
    approvedAt: isApproved ? (approvedAt ?? null) : instantOf(deps.runtime.nowMs()),
  };
}
