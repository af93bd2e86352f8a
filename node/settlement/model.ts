import { z } from "zod";
import type { MeteredRow } from "./scheme.ts";

const integer = z.string().regex(/^(0|-?[1-9][0-9]*)$/);
const natural = z.string().regex(/^(0|[1-9][0-9]*)$/);
const period = z.string().regex(/^[0-9]{4}-(0[1-9]|1[0-2])$/);

/** What one period hands to the next. */
export const carrySchema = z.object({
  year: z.string(),
  cumulativeFen: integer,
  deferredFen: integer,
  unpaidCosts: z.array(z.object({ costId: z.string(), fen: integer })),
});
export type Carry = z.infer<typeof carrySchema>;

export const FRESH_CARRY: Carry = { year: "0000", cumulativeFen: "0", deferredFen: "0", unpaidCosts: [] };

/**
 * What is in no receipt: the period without usage and metered rows, each figure proposed by the region that knows it
 * and signed by both. Strict, because a figure that nobody understands must not be signed. Source: settlement.md §10.
 */
export const declarationSchema = z.strictObject({
  type: z.literal("heliu.declaration.v1"),
  agreementId: z.string(),
  periodId: period,
  days: natural,
  resources: z.array(z.strictObject({ partyId: z.string(), resource: z.string(), quantity: natural })),
  costs: z.array(z.strictObject({ costId: z.string(), declaredFen: natural })),
  maxRevenueFen: natural.nullable(),
  /** Government-guided caps of this period by product; they win over the caps of the terms. */
  caps: z.array(z.strictObject({ productId: z.string(), capPriceMicro: natural })),
  /** For the month in which a party joins or leaves, from the signed notice. */
  activeDays: z.array(z.strictObject({ partyId: z.string(), days: natural })),
});
export type Declaration = z.infer<typeof declarationSchema>;

export type UsageRow = {
  readonly productId: string;
  readonly quantity: string;
  readonly freeQuantity?: string | null;
  /** Absent: the settling period itself. */
  readonly usagePeriodId?: string | null;
  readonly priorQuantity?: string | null;
  readonly priorFreeQuantity?: string | null;
  readonly disputedQuantity?: string | null;
  readonly disputedFreeQuantity?: string | null;
  readonly capPriceMicro?: string | null;
};

export type PeriodInput = {
  readonly periodId: string;
  readonly days: string;
  readonly usage: readonly UsageRow[];
  readonly metered?: readonly MeteredRow[] | null;
  readonly resources?:
    | readonly { readonly partyId: string; readonly resource: string; readonly quantity: string }[]
    | null;
  readonly costs?: readonly { readonly costId: string; readonly declaredFen: string }[] | null;
  readonly maxRevenueFen?: string | null;
  /**
   * Of earlier months, who took part on how many days: a late line is shared as its own month would have been. Absent, as
   * in a trial: all lines are of this month. Null days: settled before they were kept.
   */
  readonly earlierDays?: readonly { readonly usagePeriodId: string; readonly activeDays: ActiveDays | null }[];
};

export type ActiveDays = Declaration["activeDays"];

export type ShareKind = "fund" | "compensation" | "cost" | "benefit";

/** One line of a statement: an agreement's product in one usage period. */
export const lineSchema = z.object({
  lineId: z.string(),
  productId: z.string(),
  quantity: integer,
  billableQuantity: integer,
  effectivePriceMicro: natural,
  amountFen: integer,
  netFen: integer,
  taxFen: integer,
  disputedFen: integer,
  deferredFen: integer,
  keptFen: integer,
  baseFen: integer,
  shares: z.array(
    z.object({ partyId: z.string(), kind: z.enum(["fund", "compensation", "cost", "benefit"]), fen: integer }),
  ),
  vat: z.array(z.object({ partyId: z.string(), netFen: integer, taxFen: integer })),
});
export type StatementLine = z.infer<typeof lineSchema>;

const partyFen = z.object({ partyId: z.string(), fen: integer });

export const settleResultSchema = z.object({
  lines: z.array(lineSchema),
  adjustments: z.array(partyFen),
  totals: z.array(partyFen),
  deferred: z.object({ openingFen: integer, releasedFen: integer, addedFen: integer, closingFen: integer }),
  fund: z.object({ beforeCapFen: integer }).nullable(),
  compensation: z.object({ claimedFen: integer, unpaidFen: integer }),
  costs: z.array(z.object({ costId: z.string(), claimFen: integer, paidFen: integer })),
  guaranteeShortfallFen: integer,
  disputedFen: integer,
  amountFen: integer,
  carry: carrySchema,
});
export type SettleResult = z.infer<typeof settleResultSchema>;

/** What both regions sign. Nothing in it says who built it. */
export const statementSchema = z.object({
  type: z.literal("heliu.statement.v1"),
  agreementId: z.string(),
  periodId: period,
  termsDigest: z.string(),
  openingCarryDigest: z.string(),
  receiptCount: natural,
  receiptsRoot: z.string(),
  disputedReceiptIds: z.array(z.string()),
  result: settleResultSchema,
});
export type Statement = z.infer<typeof statementSchema>;

/** Quantities that earlier statements have settled for one product and usage period; what late lines start from. */
export type PostedUsage = {
  readonly productId: string;
  readonly usagePeriodId: string;
  readonly quantity: string;
  readonly freeQuantity: string;
  readonly metered: readonly { readonly partyId: string; readonly metric: string; readonly quantity: string }[];
  /** The cap that the declaration of that month gave; late lines are priced by it. */
  readonly capPriceMicro?: string | null;
  /** Who took part on only some days of that month, by its declaration; late lines are shared by it. */
  readonly activeDays?: ActiveDays;
};
