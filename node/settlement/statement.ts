import { digestOf } from "../kernel/canonical-json.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { equivocation } from "../metering/chain.ts";
import type { ReceiptCore } from "../metering/model.ts";
import type { SettlementTerms } from "../policy/settlement-terms.ts";
import { type AggregatedRows, aggregation, type Summand } from "./aggregate.ts";
import { earlierDaysOf } from "./figures.ts";
import { type Carry, FRESH_CARRY, type PeriodInput, type PostedUsage, type Statement } from "./model.ts";
import { settle } from "./pipeline.ts";
import { attempt } from "./refusal.ts";
import { treeFold } from "./tree-fold.ts";
import { byteOrder } from "./values.ts";

/** A receipt as it enters a statement: what it says, and the digest by which it stands in the tree. */
export type CountedReceipt = { readonly core: ReceiptCore; readonly coreDigest: string };

export type StatementInput = {
  readonly terms: SettlementTerms;
  /** The declaration: the period without usage and metered. */
  readonly period: Omit<PeriodInput, "usage" | "metered">;
  readonly caps?: ReadonlyMap<string, string>;
  readonly carry: Carry | null;
  readonly posted: readonly PostedUsage[];
  readonly disputedReceiptIds: readonly string[];
};

export type BuiltStatement = AggregatedRows & { readonly statement: Statement; readonly digest: string };

export type StatementBuilder = {
  /** In the ascending order of their ids, each once; none of them is held. */
  readonly add: (receipt: Summand, coreDigest: string) => Result<true>;
  readonly finish: () => Result<BuiltStatement>;
};

const ADDED: Result<true> = ok(true);

/** What a side signs, from its own receipts and its own copy of the terms. Source: settlement.md §10. */
export function statementBuilder(input: StatementInput): StatementBuilder {
  const { terms, period, carry, posted, caps = new Map() } = input;
  const disputed = new Set(input.disputedReceiptIds);
  const sums = aggregation(terms, period.periodId, disputed);
  const tree = treeFold();
  const disputedReceiptIds: string[] = [];
  return {
    add(receipt, coreDigest) {
      const counted = attempt(() => sums.add(receipt));
      if (!counted.ok) return counted;
      tree.add({ id: receipt.receiptId, digest: coreDigest });
      // A dispute over a receipt of another period does not belong here.
      if (disputed.has(receipt.receiptId)) disputedReceiptIds.push(receipt.receiptId);
      return ADDED;
    },
    finish() {
      const rows = attempt(() => sums.rows(posted, caps));
      if (!rows.ok) return rows;
      const result = settle(terms, { ...period, ...rows.value, earlierDays: earlierDaysOf(posted) }, carry);
      if (!result.ok) return result;
      const { count, hash } = tree.finish();
      const statement: Statement = {
        type: "heliu.statement.v1",
        agreementId: terms.agreementId,
        periodId: period.periodId,
        termsDigest: digestOfJson(terms),
        openingCarryDigest: digestOf(carry ?? FRESH_CARRY),
        receiptCount: String(count),
        receiptsRoot: hash,
        disputedReceiptIds,
        result: result.value,
      };
      return ok({ ...rows.value, statement, digest: digestOfJson(statement) });
    },
  };
}

/** With all receipts at hand, in any order; the same one twice counts once. */
export function buildStatement(
  input: StatementInput & { readonly receipts: Iterable<CountedReceipt> },
): Result<BuiltStatement> {
  const builder = statementBuilder(input);
  let before: CountedReceipt | undefined;
  for (const receipt of [...input.receipts].sort((a, b) => byteOrder(a.core.receiptId, b.core.receiptId))) {
    const isAgain = before?.core.receiptId === receipt.core.receiptId;
    if (isAgain && before?.coreDigest === receipt.coreDigest) continue;
    if (isAgain) return equivocation(receipt.core);
    before = receipt;
    const added = builder.add(receipt.core, receipt.coreDigest);
    if (!added.ok) return added;
  }
  return builder.finish();
}

/** For documents whose types hold optional keys; an absent key is simply not there. */
export function digestOfJson(document: object): string {
  return digestOf(JSON.parse(JSON.stringify(document)));
}
