import { z } from "zod";
import { appendLeaf, appendLeafRefs } from "../audit/store.ts";
import { requireRole } from "../identity/authorise.ts";
import type { Principal } from "../identity/model.ts";
import { type Canonical, canonicalText, digestOf } from "../kernel/canonical-json.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { newUlid } from "../kernel/ids.ts";
import { chinaDateOf, instantOf, isDate } from "../kernel/instant.ts";
import { newTraceId } from "../kernel/trace.ts";
import { type PartyEnd, partyEnds } from "../metering/party-end.ts";
import type { Answer, InboundMessage } from "../outbox/model.ts";
import { enqueue, enqueueRefs, inboxRefs, markReceived, receiveOnce } from "../outbox/store.ts";
import { partiesOfRegion, thirdRegionsOf } from "../policy/parties.ts";
import type { SettlementTerms } from "../policy/settlement-terms.ts";
import { read, type Tx, transact } from "../storage/transact.ts";
import { termsForPeer, termsOf } from "./build.ts";
import { daysIn } from "./figures.ts";
import type { Figures } from "./messages.ts";
import { isSignedBy, type ProcessDeps, signText } from "./process.ts";
import { refuseProcess } from "./process-refusal.ts";
import { partiesOf } from "./schemes.ts";

const PREFIX = "heliu.party-notice.v1";
const DAY_MS = 86_400_000;
/** How long a notice may have been on its way: it counts from the day that its region named. */
const MAX_LATE_DAYS = 31;

const bodySchema = z.strictObject({
  agreementId: z.string().min(1).max(128),
  notice: z.strictObject({
    partyId: z.string().min(1).max(128),
    lastDay: z.iso.date(),
    keyId: z.string().max(64),
    signature: z.string().max(128),
  }),
});

/** Goes by `Declare`: what only the party's own region knows and the others have to be told. */
export function isPartyNotice(body: unknown): boolean {
  return typeof body === "object" && body !== null && "notice" in body;
}

/** A party leaves after a day that is not over yet: nothing that was used already is taken from it. Source: settlement.md §5, §7. */
export async function announceLeave(
  deps: ProcessDeps,
  actor: Principal,
  agreementId: string,
  { partyId, lastDay }: { readonly partyId: string; readonly lastDay: string },
): Promise<Result<PartyEnd>> {
  const allowed = requireRole(actor, "finance");
  if (!allowed.ok) return allowed;
  const nowMs = deps.runtime.nowMs();
  const others = await othersFor(deps, agreementId, partyId, deps.region);
  if (!others.ok) return others;
  const terms = await termsOf(deps, agreementId);
  if (!terms.ok) return terms;
  if (staysInScheme(terms.value, partyId)) return refuseProcess("PARTY_STAYS_IN_SCHEME", { agreementId, partyId });
  if (!isDate(lastDay) || lastDay < chinaDateOf(nowMs)) {
    return refuseProcess("SETTLEMENT_FIGURES", { value: `${partyId} lastDay ${lastDay}` });
  }
  const end = { partyId, lastDay, ...signText(deps, PREFIX, textOf(agreementId, partyId, lastDay)) };
  const lane = `party/${agreementId}`;
  const messages = others.value.map((peer) => ({ peer, id: newUlid(deps.runtime), traceId: newTraceId(deps.runtime) }));
  const refs = [partyEnds.at(agreementId), ...appendLeafRefs({ agreementId })];
  return transact(deps.store, [...refs, ...others.value.flatMap((peer) => enqueueRefs(peer, lane))], (tx) => {
    const before = (tx.get(partyEnds.at(agreementId)) ?? []).find((one) => one.partyId === partyId);
    if (before !== undefined) {
      // Said once and for all: receipts were refused by it.
      return before.lastDay === lastDay
        ? ok(before)
        : refuseProcess("SETTLEMENT_FIGURES", { value: `${partyId} lastDay ${before.lastDay}` });
    }
    keep(deps, tx, agreementId, end, "finance", nowMs);
    const body = { agreementId, notice: end } as Canonical;
    for (const { peer, id, traceId } of messages) {
      const about = { id, peer, lane, traceId, createdAt: instantOf(nowMs) };
      enqueue(tx, { ...about, binding: "grpc", topic: "settlement", kind: "Declare", body });
    }
    return ok(end);
  });
}

export async function receiveNotice(deps: ProcessDeps, inbound: InboundMessage): Promise<Result<Answer>> {
  const parsed = bodySchema.safeParse(inbound.body);
  if (!parsed.success || inbound.kind !== "Declare") return refuseProcess("SETTLEMENT_MESSAGE", { kind: "Declare" });
  const { agreementId, notice } = parsed.data;
  const { partyId, lastDay } = notice;
  // Only a party's own region can let it leave.
  const known = await othersFor(deps, agreementId, partyId, inbound.peer);
  if (!known.ok) return known;
  const nowMs = deps.runtime.nowMs();
  const isSigned = isSignedBy(deps, inbound.peer, notice, PREFIX, textOf(agreementId, partyId, lastDay));
  if (!isSigned) return refuseProcess("STATEMENT_SIGNATURE", { region: inbound.peer });
  if (lastDay < chinaDateOf(nowMs - MAX_LATE_DAYS * DAY_MS)) {
    return refuseProcess("SETTLEMENT_FIGURES", { value: `${partyId} lastDay ${lastDay}` });
  }
  const refs = [partyEnds.at(agreementId), ...appendLeafRefs({ agreementId }), ...inboxRefs(inbound)];
  return transact(deps.store, refs, (tx) => {
    const seen = receiveOnce(tx, inbound);
    if (seen !== undefined) return ok(seen.seen);
    const held = tx.get(partyEnds.at(agreementId)) ?? [];
    if (!held.some((one) => one.partyId === partyId)) {
      keep(deps, tx, agreementId, notice, `peer:${inbound.peer}`, nowMs);
    }
    const answer = { partyId, lastDay };
    markReceived(tx, inbound, answer);
    return ok(answer);
  });
}

/**
 * Days on which the region's own parties took part: some of the month in which they leave, none of any later one. What
 * finance declares itself stands.
 */
export function withNotices(figures: Figures, ends: readonly PartyEnd[], periodId: string): Figures {
  const declared = new Set(figures.activeDays.map(({ partyId }) => partyId));
  const added = ends
    .filter(({ partyId, lastDay }) => periodOfDay(lastDay) <= periodId && !declared.has(partyId))
    .map(({ partyId, lastDay }) => ({ partyId, days: periodOfDay(lastDay) < periodId ? 0 : Number(lastDay.slice(8)) }))
    .filter(({ days }) => days < daysIn(periodId))
    .map(({ partyId, days }) => ({ partyId, days: String(days) }));
  return added.length === 0 ? figures : { ...figures, activeDays: [...figures.activeDays, ...added] };
}

/** What a region lays down of its own parties: as declared, and as their notices say, whether or not anybody closes. */
export async function ownFigures(
  deps: Pick<ProcessDeps, "store" | "region">,
  terms: Pick<SettlementTerms, "parties" | "fund">,
  { agreementId, periodId }: { readonly agreementId: string; readonly periodId: string },
  figures: Figures,
): Promise<Figures> {
  const ends = (await read(deps.store, partyEnds.at(agreementId))) ?? [];
  const parties = new Set(partiesOfRegion(terms, deps.region));
  return withNotices(
    figures,
    ends.filter(({ partyId }) => parties.has(partyId)),
    periodId,
  );
}

function periodOfDay(day: string): string {
  return day.slice(0, 7);
}

/** Only fixed weights go by days, and contributions end with the receipts: any other part goes on without the party. Source: settlement.md §4. */
function staysInScheme({ scheme }: SettlementTerms, partyId: string): boolean {
  if (scheme.kind === "fixed") return false;
  if (scheme.kind !== "contribution") return partiesOf(scheme).includes(partyId);
  return (scheme.fallback ?? []).some((one) => one.partyId === partyId && one.weight !== "0");
}

/** The regions that have to know, if the party is one of `region`'s. */
async function othersFor(
  deps: ProcessDeps,
  agreementId: string,
  partyId: string,
  region: string,
): Promise<Result<readonly string[]>> {
  const terms = await termsForPeer(deps, agreementId, region);
  if (!terms.ok) return terms;
  const agreement = await deps.agreements.find(agreementId);
  const party = terms.value.parties.find((one) => one.partyId === partyId);
  if (agreement === undefined || party?.regionId !== region)
    return refuseProcess("SETTLEMENT_NOT_PARTY", { agreementId });
  const { provider, consumer } = agreement;
  const all = new Set([provider, consumer, ...thirdRegionsOf(terms.value, provider, consumer)]);
  return ok([...all].filter((one) => one !== deps.region));
}

function textOf(agreementId: string, partyId: string, lastDay: string): string {
  return canonicalText({ type: PREFIX, agreementId, partyId, lastDay });
}

function keep(deps: ProcessDeps, tx: Tx, agreementId: string, end: PartyEnd, actor: string, atMs: number): void {
  const ref = partyEnds.at(agreementId);
  tx.put(ref, [...(tx.get(ref) ?? []), end]);
  const { partyId, lastDay } = end;
  appendLeaf(tx, deps.region, {
    ...{ kind: "declaration.signed", atMs, subject: agreementId, actor, agreementId },
    digest: digestOf({ agreementId, ...end }),
    detail: { partyId, lastDay },
  });
}
