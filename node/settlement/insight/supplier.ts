import { ok, type Result } from "../../kernel/exchange-error.ts";
import type { Text } from "../../kernel/text.ts";
import type { PeriodInput } from "../model.ts";
import type { MeteredRow, Scheme, SchemeBasis } from "../scheme.ts";
import { illustrations, titleOf } from "../schemes.ts";
import { byteOrder } from "../values.ts";
import { fenWords } from "./derivation-words.ts";
import { refuseInsight } from "./refusal.ts";
import type { PeriodFacts } from "./replay.ts";
import { type TermsChange, type WhatIf, whatIf } from "./what-if.ts";

/** What the unit would add: more of a metered contribution (fields, freshness, rows), or items of a coverage game. */
export type Addition = {
  readonly metered: readonly { readonly metric: string; readonly addBp: string }[];
  /** Numbers of items of the agreement's coverage game that it would hold too. */
  readonly covers: readonly number[];
};

export type SupplierOutcome = {
  readonly agreementId: string;
  readonly scheme: string;
  readonly title: Text;
  /** The agreement's own; the others are illustrations, named as such. */
  readonly isAgreed: boolean;
  readonly terms: Scheme;
  readonly receivedFen: string;
  readonly wouldReceiveFen: string;
  readonly deltaFen: string;
  readonly text: Text;
  /** Why this scheme cannot be applied to what was metered; null when it can. */
  readonly refusal: Text | null;
};

export type SupplierView = {
  readonly partyId: string;
  readonly periods: readonly string[];
  readonly receivedFen: string;
  readonly schemes: readonly SupplierOutcome[];
  /** With the addition, under each agreement's own scheme. */
  readonly withAddition: readonly SupplierOutcome[];
};

/** What a unit would have received under each registered scheme, and if it had contributed more. */
export function supplierView(
  partyId: string,
  agreements: readonly (readonly PeriodFacts[])[],
  addition: Addition | null,
): Result<SupplierView> {
  const own = agreements.filter(([first]) => first?.terms.parties.some((party) => party.partyId === partyId));
  if (own.length === 0) return refuseInsight("PARTY_UNKNOWN", { value: partyId });
  const periods = [...new Set(own.flat().map(({ periodId }) => periodId))].sort(byteOrder);
  return ok({
    partyId,
    periods,
    receivedFen: own.reduce((sum, facts) => sum + received(partyId, facts), 0n).toString(),
    schemes: own.flatMap((facts) => schemesOf(facts).map((scheme) => outcome(partyId, facts, scheme))),
    withAddition: addition === null ? [] : own.flatMap((facts) => withAddition(partyId, facts, addition)),
  });
}

function received(partyId: string, facts: readonly PeriodFacts[]): bigint {
  const totals = facts.flatMap(({ result }) => result.totals.filter((total) => total.partyId === partyId));
  return totals.reduce((sum, { fen }) => sum + BigInt(fen), 0n);
}

/** The agreed scheme as it is, every other registered one as it could look with the same parties. */
export function schemesOf(facts: readonly PeriodFacts[]): Scheme[] {
  const [first] = facts;
  if (first === undefined) return [];
  const agreed = first.terms.scheme;
  return illustrations(basisOf(facts, first)).map((scheme) => (scheme.kind === agreed.kind ? agreed : scheme));
}

function basisOf(facts: readonly PeriodFacts[], { terms }: PeriodFacts): SchemeBasis {
  const parties = sharing(
    terms.scheme,
    terms.parties.map(({ partyId }) => partyId),
  );
  const agreed = new Map(weightsOf(terms.scheme).map(({ partyId, weight }) => [partyId, weight]));
  const lines = facts.flatMap(({ result }) => result.lines);
  return {
    parties,
    metered: facts.flatMap(({ period }) => period.metered ?? []).filter((row) => parties.includes(row.partyId)),
    baseFen: lines.reduce((sum, { baseFen }) => sum + BigInt(baseFen), 0n),
    weights: parties.map((partyId) => ({ partyId, weight: agreed.get(partyId) ?? (agreed.size === 0 ? "1" : "0") })),
  };
}

/** Who shares the benefit: a party that is only compensated stays outside every scheme. */
function sharing(scheme: Scheme, all: readonly string[]): string[] {
  if (scheme.kind === "contribution" || scheme.kind === "shapley") return [...scheme.parties];
  const weighted = new Set(weightsOf(scheme).map(({ partyId }) => partyId));
  return all.filter((partyId) => weighted.has(partyId));
}

function weightsOf(scheme: Scheme): readonly { readonly partyId: string; readonly weight: string }[] {
  if (scheme.kind === "fixed") return scheme.weights;
  if (scheme.kind === "tiers") return scheme.brackets[0]?.weights ?? [];
  return scheme.kind === "contribution" ? (scheme.fallback ?? []) : [];
}

function outcome(partyId: string, facts: readonly PeriodFacts[], scheme: Scheme): SupplierOutcome {
  const [first] = facts;
  const agreementId = first?.agreementId ?? "";
  const isAgreed = JSON.stringify(first?.terms.scheme) === JSON.stringify(scheme);
  return tried(
    { partyId, agreementId, facts, scheme, isAgreed },
    whatIf(agreementId, facts, { scheme } as TermsChange),
  );
}

function withAddition(partyId: string, facts: readonly PeriodFacts[], addition: Addition): SupplierOutcome[] {
  const [first] = facts;
  if (first === undefined) return [];
  const { agreementId, terms } = first;
  const scheme = covering(terms.scheme, partyId, addition.covers);
  const more = facts.map((one) => ({ ...one, period: contributing(one.period, partyId, addition) }));
  const added = whatIf(agreementId, facts, { scheme } as TermsChange, more);
  return [tried({ partyId, agreementId, facts, scheme, isAgreed: true }, added)];
}

function contributing(period: PeriodInput, partyId: string, { metered }: Addition): PeriodInput {
  const rows = (period.metered ?? []).map((row): MeteredRow => {
    const more = metered.find(({ metric }) => metric === row.metric);
    if (row.partyId !== partyId || more === undefined) return row;
    return { ...row, quantity: ((BigInt(row.quantity) * (10_000n + BigInt(more.addBp))) / 10_000n).toString() };
  });
  return { ...period, metered: rows };
}

type Item = { readonly value: string; readonly coveredBy: readonly string[] };

/** The coverage game with the party among those who hold the items; other games and schemes do not know items. */
function covering(scheme: Scheme, partyId: string, covers: readonly number[]): Scheme {
  if (scheme.kind !== "shapley" || covers.length === 0) return scheme;
  const game = scheme.v as { readonly kind?: string; readonly items?: readonly Item[] };
  const index = String(scheme.parties.indexOf(partyId));
  if (game.kind !== "coverage" || index === "-1") return scheme;
  const items = (game.items ?? []).map((item, i) =>
    covers.includes(i) ? { ...item, coveredBy: [...new Set([...item.coveredBy, index])] } : item,
  );
  return { ...scheme, v: { ...game, items } };
}

type Tried = {
  readonly partyId: string;
  readonly agreementId: string;
  readonly facts: readonly PeriodFacts[];
  readonly scheme: Scheme;
  readonly isAgreed: boolean;
};

function tried({ partyId, agreementId, facts, scheme, isAgreed }: Tried, result: Result<WhatIf>): SupplierOutcome {
  const title = titleOf(scheme);
  const was = received(partyId, facts);
  const about = { agreementId, scheme: scheme.kind, title, isAgreed, terms: scheme, receivedFen: was.toString() };
  if (!result.ok) {
    const { text } = result.error;
    return { ...about, wouldReceiveFen: was.toString(), deltaFen: "0", text, refusal: text };
  }
  const fen = BigInt(result.value.parties.find((one) => one.partyId === partyId)?.afterFen ?? "0");
  const words = { was: fenWords(was.toString()), is: fenWords(fen.toString()) };
  return {
    ...about,
    wouldReceiveFen: fen.toString(),
    deltaFen: (fen - was).toString(),
    text: {
      zh: `按“${title.zh}”,${partyId} 在协议 ${agreementId} 下可得 ${words.is.zh}(实得 ${words.was.zh})。`,
      en: `By ${title.en}, ${partyId} would get ${words.is.en} under agreement ${agreementId} (it got ${words.was.en}).`,
    },
    refusal: null,
  };
}
