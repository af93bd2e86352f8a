import { ok, type Result } from "../../kernel/exchange-error.ts";
import type { Text } from "../../kernel/text.ts";
import { checkTerms, daysOfLine } from "../check-terms.ts";
import { countsFor } from "../distribute.ts";
import { termsWithDays } from "../figures.ts";
import type { SettleResult, ShareKind, StatementLine } from "../model.ts";
import { attempt } from "../refusal.ts";
import type { SplitContext } from "../scheme.ts";
import { quotasOfScheme, titleOf } from "../schemes.ts";
import { type DerivationStep, fenWords, partWords, stepsOf } from "./derivation-words.ts";
import { isReleaseLine, usagePeriodOf } from "./line-facts.ts";
import { type ExplainedSplit, explainSplit } from "./odd-fen.ts";
import { refuseInsight } from "./refusal.ts";
import type { PeriodFacts } from "./replay.ts";

/** One share of one line, back to the units that were used. */
export type DerivedPart = {
  readonly lineId: string;
  readonly productId: string;
  readonly usagePeriodId: string | null;
  readonly kind: ShareKind;
  readonly fen: string;
  /** From the units used down to what the scheme splits, in the order of the pipeline. */
  readonly steps: readonly DerivationStep[];
  /** How the base was split; null for what comes before the scheme. */
  readonly split: ExplainedSplit | null;
  readonly text: Text;
  /** The receipts behind the line. */
  readonly href: string;
};

export type PartyDerivation = {
  readonly agreementId: string;
  readonly periodId: string;
  readonly statementDigest: string;
  readonly partyId: string;
  readonly fen: string;
  readonly parts: readonly DerivedPart[];
  /** What the guaranteed minimum moved to (or from) the party. */
  readonly adjustment: { readonly fen: string; readonly text: Text } | null;
  readonly text: Text;
};

/** From each party's fen back to lines, prices and quantities, in words and as data. `result` is the one of these facts. */
export function derive(facts: PeriodFacts, result: SettleResult, partyId?: string): Result<PartyDerivation[]> {
  const known = result.totals.some((total) => total.partyId === partyId);
  if (partyId !== undefined && !known) return refuseInsight("PARTY_UNKNOWN", { value: partyId });
  const explained = attempt(() => splitsOf(facts, result));
  if (!explained.ok) return explained;
  const wanted = result.totals.filter((total) => partyId === undefined || total.partyId === partyId);
  return ok(wanted.map((total) => partyDerivation(facts, result, total, explained.value)));
}

function partyDerivation(
  facts: PeriodFacts,
  result: SettleResult,
  { partyId, fen }: SettleResult["totals"][number],
  splits: ReadonlyMap<string, ExplainedSplit>,
): PartyDerivation {
  const { agreementId, periodId } = facts;
  const parts = result.lines.flatMap((line) =>
    line.shares.flatMap((share): DerivedPart[] => {
      if (share.partyId !== partyId) return [];
      const split = share.kind === "benefit" ? (splits.get(line.lineId) ?? null) : null;
      return [
        {
          lineId: line.lineId,
          productId: line.productId,
          usagePeriodId: isReleaseLine(line) ? null : usagePeriodOf(line),
          kind: share.kind,
          fen: share.fen,
          steps: stepsOf(facts, line),
          split,
          text: partWords(facts, line, share, split, titleOf(facts.terms.scheme)),
          href: lineHref(agreementId, periodId, line),
        },
      ];
    }),
  );
  const moved = result.adjustments.find((one) => one.partyId === partyId)?.fen;
  const adjustment = moved === undefined ? null : { fen: moved, text: guaranteeWords(moved) };
  const count = parts.length;
  return {
    agreementId,
    periodId,
    statementDigest: facts.digest,
    partyId,
    fen,
    parts,
    adjustment,
    text: {
      zh: `${partyId} 在 ${periodId} 共得 ${fenWords(fen).zh}:${count} 项份额${adjustment === null ? "" : `,保底调整 ${fenWords(adjustment.fen).zh}`}。`,
      en: `${partyId} gets ${fenWords(fen).en} for ${periodId}: ${count === 1 ? "one share" : `${count} shares`}${adjustment === null ? "" : `, ${fenWords(adjustment.fen).en} moved by the guaranteed minimum`}.`,
    },
  };
}

function lineHref(agreementId: string, periodId: string, { lineId }: StatementLine): string {
  return `/api/v1/settlements/${periodId}/receipts?${new URLSearchParams({ agreement: agreementId, line: lineId })}`;
}

/** How the scheme split each line's base, with the parts before rounding. */
export function splitsOf(facts: PeriodFacts, result: SettleResult): Map<string, ExplainedSplit> {
  const checked = checkTerms(termsWithDays(facts.terms, facts.declaration), facts.period);
  const year = facts.periodId.slice(0, 4);
  let cumulativeFen = facts.carry?.year === year ? BigInt(facts.carry.cumulativeFen) : 0n;
  const splits = new Map<string, ExplainedSplit>();
  for (const line of result.lines) {
    const base = BigInt(line.baseFen);
    const key = { productId: line.productId, usagePeriodId: isReleaseLine(line) ? null : usagePeriodOf(line) };
    const context: SplitContext = {
      agreementId: facts.agreementId,
      periodId: facts.periodId,
      lineId: line.lineId,
      ...daysOfLine(checked, key.usagePeriodId),
      metered: (facts.period.metered ?? []).filter((row) => countsFor(row, key)),
      cumulativeFen,
    };
    if (base !== 0n) {
      splits.set(line.lineId, explainSplit(base, quotasOfScheme(base, checked.scheme, context), context));
    }
    cumulativeFen += base;
  }
  return splits;
}

function guaranteeWords(fen: string): Text {
  const words = fenWords(fen.replace("-", ""));
  return fen.startsWith("-")
    ? { zh: `为补足他方保底让出 ${words.zh}。`, en: `Gave ${words.en} so that others reach their guaranteed minimum.` }
    : {
        zh: `未达保底,由有余者补足 ${words.zh}。`,
        en: `Below its guaranteed minimum; those with more gave ${words.en}.`,
      };
}
