import { digestOf } from "../kernel/canonical-json.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import type { ReceiptCore } from "../metering/model.ts";
import type { SettlementTerms } from "../policy/settlement-terms.ts";
import { type AggregatedRows, aggregation } from "./aggregate.ts";
import { hashTree, type TreeEntry } from "./hash-tree.ts";
import { type Carry, FRESH_CARRY, type PeriodInput, type PostedUsage, type Statement } from "./model.ts";
import { settle } from "./pipeline.ts";
import { attempt } from "./refusal.ts";

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
  /** Receipts may come in any order; a million of them are not held. */
  readonly add: (receipt: CountedReceipt) => Result<true>;
  readonly finish: () => Result<BuiltStatement>;
};

/** What a side signs, from its own receipts and its own copy of the terms. Source: settlement.md §10. */
export function statementBuilder(input: StatementInput): StatementBuilder {
  const { terms, period, carry, posted, caps = new Map() } = input;
  const disputed = new Set(input.disputedReceiptIds);
  const sums = aggregation(terms, period.periodId, disputed);
  const entries: TreeEntry[] = [];
  return {
    add({ core, coreDigest }) {
      const counted = attempt(() => sums.add(core));
      if (!counted.ok) return counted;
      entries.push({ id: core.receiptId, digest: coreDigest });
      return ok(true);
    },
    finish() {
      const rows = attempt(() => sums.rows(posted, caps));
      if (!rows.ok) return rows;
      const result = settle(terms, { ...period, ...rows.value }, carry);
      if (!result.ok) return result;
      const statement: Statement = {
        type: "heliu.statement.v1",
        agreementId: terms.agreementId,
        periodId: period.periodId,
        termsDigest: digestOfJson(terms),
        openingCarryDigest: digestOf(carry ?? FRESH_CARRY),
        receiptCount: String(entries.length),
        receiptsRoot: hashTree(entries).root(),
        // A dispute over a receipt of another period does not belong here.
        disputedReceiptIds: entries.flatMap(({ id }) => (disputed.has(id) ? [id] : [])).sort(),
        result: result.value,
      };
      return ok({ ...rows.value, statement, digest: digestOfJson(statement) });
    },
  };
}

/** With all receipts at hand. */
export function buildStatement(
  input: StatementInput & { readonly receipts: Iterable<CountedReceipt> },
): Result<BuiltStatement> {
  const builder = statementBuilder(input);
  for (const receipt of input.receipts) {
    const added = builder.add(receipt);
    if (!added.ok) return added;
  }
  return builder.finish();
}

/** For documents whose types hold optional keys; an absent key is simply not there. */
export function digestOfJson(document: object): string {
  return digestOf(JSON.parse(JSON.stringify(document)));
}
