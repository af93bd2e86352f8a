import { ok, type Result } from "../kernel/exchange-error.ts";
import { msOf } from "../kernel/instant.ts";
import type { Reason } from "../kernel/reason.ts";
import { thirdRegionsOf } from "../policy/parties.ts";
import type { Step } from "./commit-step.ts";
import type { NegotiationDeps } from "./deps.ts";
import type { Agreement, Negotiation, PartySignature } from "./model.ts";
import { refuse, waitReason } from "./refusal.ts";
import { agreementProposal, waitNotice } from "./third-region-messages.ts";

type Asking = {
  readonly actor: string;
  readonly mode: Negotiation["mode"];
  readonly approvedBy: string | null;
  readonly comment?: string | null;
  readonly others: readonly string[];
};

/**
 * The provider's yes where the terms pay parties of third regions: the signed document goes to them first, and the state
 * stays until the last of them has signed. Pure.
 */
export function askOthers(
  deps: Pick<NegotiationDeps, "rules" | "region">,
  before: Negotiation,
  agreement: Agreement,
  { actor, mode, approvedBy, comment = null, others }: Asking,
): Result<Step> {
  const at = agreement.signedAt;
  const waitsFor = others.map((region) => ({ region, reason: awaitsPartySignature(deps, region, at) }));
  const asked: Negotiation = { ...before, mode, approvedBy, waitsFor, agreementDigest: agreement.digest };
  const negotiation = noted(asked, { event: "ask-parties", actor, at, comment });
  const proposal = agreementProposal(negotiation, agreement);
  return ok({
    negotiation,
    agreement,
    send: waitNotice(negotiation, firstWait(negotiation)),
    toOthers: others.map((peer) => ({ ...proposal, peer })),
  });
}

type Noting = {
  readonly event: string;
  readonly actor: string;
  readonly at: string;
  readonly comment?: string | null;
};

/** Something happened on the provider's side that is no event of the protocol: the state stays, the wait may be another. */
export function noted(before: Negotiation, { event, actor, at, comment = null }: Noting): Negotiation {
  const { state } = before;
  const reason = firstWait(before);
  const item = { at, event, by: "provider", actor, from: state, to: state, comment, reason } as const;
  const timeline = [...before.timeline, item];
  return { ...before, reason, timeline, updatedAt: at, revision: before.revision + 1 };
}

/** Of the third regions that have not signed, what the first waits for. */
export function firstWait({ waitsFor }: Negotiation): Reason {
  const first = waitsFor?.[0];
  if (first === undefined) throw new Error("a negotiation that waits for no third region has no such wait");
  return first.reason;
}

export function isAwaitingOthers({ waitsFor, state }: Pick<Negotiation, "waitsFor" | "state">): boolean {
  return (state === "REQUESTED" || state === "ACCEPTED") && waitsFor !== undefined && waitsFor.length > 0;
}

/** Third regions that hear of what the provider does with its negotiation; the consumer leaves that to the provider. */
export function othersOf({ role, terms, peer }: Negotiation, region: string): string[] {
  return role === "provider" ? thirdRegionsOf(terms.price, region, peer) : [];
}

export function thirdRegionsIn({ terms, provider, consumer }: Pick<Agreement, "terms" | "provider" | "consumer">) {
  return thirdRegionsOf(terms.price, provider, consumer);
}

/** With one more; in the order of regions, so that all sides hold the same list. */
export function withSignature({ partySignatures = [] }: Agreement, signature: PartySignature): PartySignature[] {
  const others = partySignatures.filter(({ region }) => region !== signature.region);
  return [...others, signature].sort((a, b) => (a.region < b.region ? -1 : 1));
}

export function awaitsSignatures({ waitsFor = [] }: Negotiation): Result<never> {
  const regions = waitsFor.map(({ region }) => region).join("、");
  return refuse(
    "AGREEMENT_AWAITS_SIGNATURES",
    {
      zh: `协议文本已出具,正等待地区 ${regions} 签署;此时只能等待,或拒绝该申请。`,
      en: `The document is drawn up and waits for the signature of region ${regions}; wait for it, or refuse the request.`,
    },
    { regions },
  );
}

/** Until that region's own node says who there has to act. Silence of a region is never consent. */
function awaitsPartySignature({ rules }: Pick<NegotiationDeps, "rules">, region: string, at: string): Reason {
  const due = rules.deadline("share.replyDays", msOf(at), { peer: region });
  const wait = waitReason(
    { code: "AWAITING_PARTY_SIGNATURE", rule: "agreement.third-region", region, role: "node" },
    {
      zh: `协议向地区 ${region} 的参与方分配收益,须由该地区签署;文本已发出,对方不在线时会自动重发。`,
      en: `The agreement pays parties of region ${region}, which has to sign it too; the document is sent, and sent again while that node is away.`,
    },
  );
  if (!due.ok) return wait;
  return { ...wait, until: due.value.until, verified: due.value.verified && !due.value.provisional };
}
