import type { CatalogEntry } from "../catalog/model.ts";
import type { Result } from "../kernel/exchange-error.ts";
import type { Reason } from "../kernel/reason.ts";
import type { Offer, UsageTerms } from "./model.ts";
import { checkPrice } from "./price.ts";
import { type Breach, denied, neutralWait, reasonOfRefusal } from "./refusal.ts";
import { beyondOffer, drawnIn, isWithinBounds } from "./scope.ts";

/** Past this many turns of one negotiation nothing new is said; a person starts afresh. */
const MOST_ROUNDS = 12;
const IMPORTANT_LEVELS: readonly string[] = ["IMP", "CORE"];

/** What decisions need of the rule packs; the rules room's `Rules` fits it. */
export type DeadlineRules = {
  readonly deadline: (
    key: string,
    receivedAtMs: number,
    options?: { readonly peer?: string },
  ) => Result<{
    readonly until: string;
    readonly provisional: boolean;
    readonly rule: string;
    readonly verified: boolean;
  }>;
};

export type Decision =
  /** `terms` are what was asked, on the channel that the provider really has. */
  | { readonly kind: "agree"; readonly terms: UsageTerms }
  | { readonly kind: "ask"; readonly reason: Reason }
  | { readonly kind: "counter"; readonly terms: UsageTerms; readonly reason: Reason }
  | { readonly kind: "refuse"; readonly reason: Reason };

export type Request = {
  readonly entry: CatalogEntry;
  readonly offer: Offer;
  readonly requested: UsageTerms;
  /** 1 for the first request of a negotiation. */
  readonly round: number;
  readonly nowMs: number;
  readonly rules: DeadlineRules;
  /** The provider, whose turn it is when a person is asked. */
  readonly region: string;
  readonly consumer: string;
  /** Regions that can be asked to sign where the terms pay their parties; none without it. */
  readonly partners?: readonly string[];
};

/** The provider's answer to a request. What no person may grant is refused at once; what nobody need be asked about is agreed. */
export function decide(request: Request): Decision {
  const { entry, offer, requested } = request;
  const hard = checkLawful(request);
  if (!hard.ok) return { kind: "refuse", reason: reasonOfRefusal(hard.error) };
  if (needsPerson(entry)) return { kind: "ask", reason: waitForPerson(request) };

  const onChannel = { ...requested, channel: offer.terms.channel };
  if (isWithinBounds(onChannel, offer.terms)) return { kind: "agree", terms: onChannel };
  return { kind: "counter", terms: drawnIn(onChannel, offer.terms), reason: narrowed(request) };
}

/** What holds for a person's counter-offer or approval as much as for the node's own decision. */
export function checkLawful({
  entry,
  offer,
  requested,
  round,
  nowMs,
  region,
  consumer,
  partners = [],
}: Omit<Request, "rules">): Result<true> {
  const breach =
    beyondOffer(requested, offer.terms, nowMs) ??
    channelUnknown(requested, offer) ??
    (round > MOST_ROUNDS ? tooManyRounds() : undefined);
  if (breach !== undefined) return denied(breach);
  return checkPrice({ entry, terms: requested, provider: region, consumer, partners });
}

function needsPerson(entry: CatalogEntry): boolean {
  const { sharing, kind, dataLevel } = entry;
  return kind === "product" || sharing.attribute !== "unconditional" || IMPORTANT_LEVELS.includes(dataLevel);
}

/** A consumer asks for Heliu's own data plane, or for the channel that it read in the offer. */
function channelUnknown(requested: UsageTerms, offer: Offer): Breach | undefined {
  if (requested.channel === "heliu" || requested.channel === offer.terms.channel) return undefined;
  return {
    code: "OUT_OF_SCOPE",
    rule: "policy.channel",
    text: {
      zh: `通道 ${requested.channel} 与目录公布的不同(${offer.terms.channel})。`,
      en: `Channel ${requested.channel} is not the one published (${offer.terms.channel}).`,
    },
  };
}

function waitForPerson({ entry, rules, nowMs, region, consumer }: Request): Reason {
  const turn = { region, role: "approver" };
  const condition = entry.kind === "product" ? "priced-product" : (entry.sharing.condition ?? "");
  return {
    code: "AWAITING_APPROVAL",
    ...replyClock(rules, nowMs, consumer),
    turn,
    text:
      entry.kind === "product"
        ? {
            zh: "数据产品须由提供方人员报价并审批;静默不视为同意。",
            en: "A data product is priced and approved by a person of the provider; silence is never consent.",
          }
        : {
            zh: `有条件共享,须由提供方人员审批(条件:${condition});静默不视为同意。`,
            en: `Shared under a condition, to be approved by a person of the provider (${condition}); silence is never consent.`,
          },
    neutral: neutralWait,
  };
}

/** Until when the provider's approver has to answer what reached this node at `nowMs`. */
export function replyClock(
  rules: DeadlineRules,
  nowMs: number,
  consumer: string,
): Pick<Reason, "rule" | "until" | "verified"> {
  const due = rules.deadline("share.replyDays", nowMs, { peer: consumer });
  // Without a rule pack or calendar nothing is granted, and no invented date is shown; a person may still answer.
  return due.ok
    ? { rule: due.value.rule, until: due.value.until, verified: due.value.verified && !due.value.provisional }
    : { rule: `rules.${due.error.code}`, until: null, verified: false };
}

function narrowed({ consumer }: Request): Reason {
  const text = {
    zh: "申请超出目录公布的范围(脱敏、额度或期限);提供方按公布的范围答复,可接受或重新申请。",
    en: "The request goes beyond what is published (masks, limits or period); the provider offers what is, to be accepted or asked again.",
  };
  return {
    code: "NARROWED_TO_OFFER",
    rule: "policy.offer",
    turn: { region: consumer, role: "requester" },
    until: null,
    verified: true,
    text,
    neutral: text,
  };
}

function tooManyRounds(): Breach {
  return {
    code: "OUT_OF_SCOPE",
    rule: "policy.rounds",
    text: {
      zh: `协商已超过 ${MOST_ROUNDS} 轮;请终止后另行申请。`,
      en: `The negotiation has taken more than ${MOST_ROUNDS} rounds; end it and ask afresh.`,
    },
  };
}
