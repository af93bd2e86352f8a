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
  readonly receipts: Iterable<CountedReceipt>;
};

export type BuiltStatement = AggregatedRows & { readonly statement: Statement; readonly digest: string };

/** What a side signs, from its own receipts and its own copy of the terms. Source: settlement.md §10. */
export function buildStatement(input: StatementInput): Result<BuiltStatement> {
  const { terms, period, carry, receipts } = input;
  const gathered = attempt(() => {
    const sums = aggregation(terms, period.periodId, new Set(input.disputedReceiptIds));
    const entries: TreeEntry[] = [];
    for (const { core, coreDigest } of receipts) {
      sums.add(core);
      entries.push({ id: core.receiptId, digest: coreDigest });
    }
    return { rows: sums.rows(input.posted, input.caps ?? new Map()), entries };
  });
  if (!gathered.ok) return gathered;
  const { rows, entries } = gathered.value;
  const result = settle(terms, { ...period, ...rows }, carry);
  if (!result.ok) return result;
  const statement: Statement = {
    type: "heliu.statement.v1",
    agreementId: terms.agreementId,
    periodId: period.periodId,
    termsDigest: digestOfJson(terms),
    openingCarryDigest: digestOf(carry ?? FRESH_CARRY),
    receiptCount: String(entries.length),
    receiptsRoot: hashTree(entries).root(),
    disputedReceiptIds: [...input.disputedReceiptIds].sort(),
    result: result.value,
  };
  return ok({ ...rows, statement, digest: digestOfJson(statement) });
}

/** For documents whose types hold optional keys; an absent key is simply not there. */
export function digestOfJson(document: object): string {
  return digestOf(JSON.parse(JSON.stringify(document)));
}
