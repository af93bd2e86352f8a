import { ok, type Result } from "../kernel/exchange-error.ts";
import type { Agreement } from "../negotiation/model.ts";
import type { Answer, InboundMessage, OutboxMessage } from "../outbox/model.ts";
import { inboxRefs, markReceived, receiveOnce } from "../outbox/store.ts";
import { partiesOfRegion, thirdRegionsOf } from "../policy/parties.ts";
import type { SettlementTerms } from "../policy/settlement-terms.ts";
import { read, transact } from "../storage/transact.ts";
import { begin, beginRefs, checkPeriodOf } from "./begin.ts";
import { termsForPeer } from "./build.ts";
import { checkFigures, NO_FIGURES } from "./figures.ts";
import { answerOf, parseAnswer } from "./messages.ts";
import { laterOnItsWay } from "./order.ts";
import {
  autoSignLimit,
  commitStep,
  inRound,
  newSettlement,
  type ProcessDeps,
  revised,
  settlementRef,
} from "./process.ts";
import type { Settlement } from "./process-model.ts";
import { refuseProcess } from "./process-refusal.ts";
import { waitsForClose } from "./reasons.ts";
import { closedPeriods } from "./store.ts";
import { parseThirdMessage, type ThirdMessage } from "./third-messages.ts";
import { checkPartyFigures, isWitness, mailing, NOTHING_SAID, signedMessages, withThird } from "./third-region.ts";
import { heldMessages, takeAsWitness } from "./witness-inbox.ts";
import { sideOf } from "./witness-step.ts";

/** A message between a side and a third region: one commit with the inbox mark, as for those between the two sides. */
export async function receiveThirdMessage(deps: ProcessDeps, inbound: InboundMessage): Promise<Result<Answer>> {
  const parsed = parseThirdMessage(inbound.kind, inbound.body);
  if (!parsed.ok) return parsed;
  const { agreementId, periodId } = parsed.value.body;
  const terms = await termsForPeer(deps, agreementId, inbound.peer);
  if (!terms.ok) return terms;
  const agreement = await deps.agreements.find(agreementId);
  const allowed = checkSender(deps, agreement, terms.value, inbound.peer, parsed.value);
  if (!allowed.ok) return allowed;
  if (agreement === undefined) return refuseProcess("SETTLEMENT_NOT_PARTY", { agreementId });
  const timely = checkPeriodOf(deps, agreement, periodId);
  if (!timely.ok) return timely;
  return commitMessage(deps, inbound, parsed.value, { agreement, terms: terms.value });
}

type About = { readonly agreement: Agreement; readonly terms: SettlementTerms };

/** Sides speak with a third region about its own part only, and it with them; to anyone else the agreement does not exist. */
function checkSender(
  { region }: ProcessDeps,
  agreement: Agreement | undefined,
  terms: SettlementTerms,
  sender: string,
  message: ThirdMessage,
): Result<true> {
  const { agreementId, periodId, party } = message.body;
  if (agreement === undefined) return refuseProcess("SETTLEMENT_NOT_PARTY", { agreementId });
  const sides = [agreement.provider, agreement.consumer];
  const thirds = thirdRegionsOf(terms, agreement.provider, agreement.consumer);
  const fromThird = thirds.includes(sender) && party === sender;
  const toThird = sides.includes(sender) && party === region && thirds.includes(region);
  const amongThirds = fromThird && thirds.includes(region) && message.kind === "Sign";
  if (amongThirds || toThird) return ok(true);
  if (!fromThird || !sides.includes(region)) return refuseProcess("SETTLEMENT_NOT_PARTY", { agreementId });
  const figures = message.kind === "Declare" && message.body.step === "figures" ? message.body.figures : undefined;
  if (figures === undefined) return ok(true);
  const fits = checkFigures(terms, figures, periodId);
  return fits.ok ? checkPartyFigures(terms, sender, figures) : fits;
}

async function commitMessage(
  deps: ProcessDeps,
  inbound: InboundMessage,
  message: ThirdMessage,
  { agreement, terms }: About,
): Promise<Result<Answer>> {
  const { periodId } = message.body;
  const fresh = newSettlement(agreement, periodId, deps.region, terms);
  const ref = settlementRef(fresh);
  const later = isWitness(fresh, deps.region) ? undefined : await laterOnItsWay(deps, agreement.id, periodId);
  const laterRef = later === undefined ? undefined : settlementRef(later);
  const known = await read(deps.store, ref);
  const again = mailing(deps, fresh, known === undefined ? [] : repeatsFor(deps, known, inbound.peer, message));
  const refs = [ref, closedPeriods.at(periodId), ...(laterRef === undefined ? [] : [laterRef]), ...beginRefs(fresh)];
  return transact(deps.store, [...refs, ...inboxRefs(inbound), ...again.refs], (tx) => {
    const seen = receiveOnce(tx, inbound);
    if (seen !== undefined) return ok(seen.seen);
    const before = tx.get(ref);
    const begun = before === undefined ? begin(tx, fresh, laterRef && tx.get(laterRef), deps) : ok(before);
    if (!begun.ok) return begun;
    // Closed here before anything was known of it: what this region has to declare it would have declared then.
    const isClosed = before === undefined && tx.get(closedPeriods.at(periodId)) !== undefined;
    const isSettledHere = isClosed && isWitness(fresh, deps.region) && !hasFigures(terms, deps.region);
    const now = isSettledHere ? { ...begun.value, isApproved: true } : begun.value;
    const after = isWitness(now, deps.region)
      ? takeAsWitness(now, inbound.peer, message)
      : takeFromThird(now, inbound.peer, message);
    again.enqueue(tx);
    if (after !== before) tx.put(ref, revised(deps, after));
    const waits = after.state !== "agreed" && !after.isApproved && autoSignLimit(after) === 0n;
    const answer = answerOf(after.state, waits ? waitsForClose(deps.region, periodId) : null);
    markReceived(tx, inbound, answer);
    return ok(answer);
  });
}

/** Whether the terms leave anything for this region to declare of its parties. */
function hasFigures(terms: SettlementTerms, region: string): boolean {
  const own = new Set(partiesOfRegion(terms, region));
  return [...(terms.compensation ?? []), ...(terms.costs ?? [])].some(({ partyId }) => own.has(partyId));
}

/** Whoever asks anew after our signature gets what we signed, in its round; nothing else can be had of us. */
function repeatsFor(deps: ProcessDeps, known: Settlement, sender: string, message: ThirdMessage) {
  const { round } = message.body;
  const isAnew = known.state === "agreed" || BigInt(round) > BigInt(known.round);
  if (known.signature === null || !isAnew) return [];
  const repeated = isWitness(known, deps.region)
    ? heldMessages(known, deps.region, message)
    : message.kind === "Declare" && message.body.step === "figures"
      ? signedMessages(known, sender, round)
      : [];
  return repeated.map((one) => ({ to: sender, message: one }));
}

/** Pure: a side's settlement with what a third region says. Answers the same object when it says nothing new. */
export function takeFromThird(settlement: Settlement, party: string, { kind, body }: ThirdMessage): Settlement {
  if (settlement.state === "agreed") return settlement;
  const signed = settlement.signature !== null;
  if (kind === "Sign") {
    const { digest, keyId, signature } = body;
    const held = settlement.thirds?.[party]?.signature;
    // One that did not hold may be replaced by one that does; a signature over another statement says nothing here.
    const isOurs = settlement.built === null || digest === settlement.built.digest;
    if (!isOurs || (held != null && settlement.state !== "differs")) return settlement;
    const goesOn = signed && settlement.state === "differs" ? ({ state: "calculated" } as const) : {};
    return { ...withThird(settlement, party, { signature: { digest, keyId, signature }, reason: null }), ...goesOn };
  }
  if (signed && kind === "Declare" && body.step !== "reason") return settlement;
  if (BigInt(body.round) < BigInt(settlement.round)) return settlement;
  const isNewRound = BigInt(body.round) > BigInt(settlement.round) && !signed;
  const now = isNewRound ? inRound(settlement, body.round) : settlement;
  const side = now.thirds?.[party] ?? NOTHING_SAID;
  if (kind !== "Declare") return now;
  if (body.step === "reason") return withThird(now, party, { reason: body.reason });
  if (body.step === "figures") {
    return side.figures !== null ? now : withThird(now, party, { figures: body.figures ?? NO_FIGURES, reason: null });
  }
  const { digest, keyId, signature } = body;
  if (side.declaration !== null) return now;
  return withThird(now, party, { declaration: { digest, keyId, signature }, reason: null });
}

/** Whose turn it is at the region that took our message. Answers the settlement to look at again. */
export async function thirdAnswered(
  deps: ProcessDeps,
  message: OutboxMessage,
  answer: Answer,
): Promise<readonly [string, string] | undefined> {
  const reason = parseAnswer(answer)?.reason ?? null;
  const now = await ownSettlement(deps, message);
  if (reason === null || now === undefined || now.state === "agreed") return undefined;
  const change = isWitness(now, deps.region)
    ? { witness: witnessWith(now, message.peer, { reason }) }
    : { thirds: withThird(now, message.peer, { reason }).thirds };
  await commitStep(deps, now, { change });
  return [now.agreementId, now.periodId];
}

function witnessWith(now: Settlement, region: string, change: object): Settlement["witness"] {
  const { sides = {}, others = {} } = now.witness ?? {};
  return { sides: { ...sides, [region]: { ...sideOf(now, region), ...change } }, others };
}

/** The other region's final word; a person has to look. */
export async function thirdRefused(
  deps: ProcessDeps,
  message: OutboxMessage,
  code: string,
  text: { readonly zh: string; readonly en: string },
): Promise<void> {
  const now = await ownSettlement(deps, message);
  if (now === undefined || now.state === "agreed") return;
  const turn = { region: message.peer, role: "finance" };
  const reason = { code, rule: "settlement.peer", turn, until: null, verified: true, text, neutral: text };
  await commitStep(deps, now, { change: { state: "differs", reason } });
}

async function ownSettlement({ store }: ProcessDeps, { kind, body }: OutboxMessage): Promise<Settlement | undefined> {
  const message = parseThirdMessage(kind, body);
  if (!message.ok) return undefined;
  const now = await read(store, settlementRef(message.value.body));
  return now?.round === message.value.body.round ? now : undefined;
}
