import { z } from "zod";
import { settlementTermsSchema } from "./settlement-terms.ts";

export const purposes = ["public-governance", "public-welfare", "industrial", "internal-duty"] as const;
export const purposeSchema = z.enum(purposes);
export type Purpose = z.infer<typeof purposeSchema>;

/** Masking by the provider before data leaves. Source: domain.md §4.3. */
export const maskSchema = z.enum(["partial", "hash", "range", "drop"]);
export type Mask = z.infer<typeof maskSchema>;

export const rowConditionSchema = z.object({
  field: z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/),
  op: z.enum(["eq", "neq", "in", "lt", "lteq", "gt", "gteq", "prefix"]),
  /** Compared as text, for decimals and integers as numbers; several values only for `in`. */
  value: z.union([z.string().max(500), z.array(z.string().max(500)).min(1).max(1_000)]),
});
export type RowCondition = z.infer<typeof rowConditionSchema>;

const count = z.string().regex(/^(0|[1-9][0-9]*)$/);

/**
 * What may be done with one entry: the machine-checked scope of an offer or an agreement. Field order is the entry's.
 * Everything not granted here is refused.
 */
export const usageTermsSchema = z.object({
  purposes: z.array(purposeSchema).min(1),
  legalBasis: z.string().max(500).nullable().default(null),
  /** Names of the fields granted, at least one. */
  fields: z.array(z.string()).min(1).max(500),
  /** All must hold for a row to leave. */
  rows: z.array(rowConditionSchema).max(50).default([]),
  masks: z.record(z.string(), maskSchema).default({}),
  limits: z
    .object({
      /** Over the whole agreement. */
      maxRows: count.nullable().default(null),
      maxBytes: count.nullable().default(null),
      /** Calls of a product in one calendar month (China). */
      maxCallsPerMonth: count.nullable().default(null),
      /** Calls of the public-interest class that are free of charge in one calendar month; more are refused, never charged. */
      freeCallsPerMonth: count.nullish(),
      rowsPerSecond: count.nullable().default(null),
    })
    .default({ maxRows: null, maxBytes: null, maxCallsPerMonth: null, rowsPerSecond: null }),
  validFrom: z.string(),
  validTo: z.string(),
  /** `heliu`: the data plane of the nodes. Otherwise the name of the outside channel; nothing passes here. */
  channel: z.string().default("heliu"),
  /** Settlement terms (settlement.md §5) when the use is priced. */
  price: settlementTermsSchema.nullable().default(null),
});
export type UsageTerms = z.infer<typeof usageTermsSchema>;

/**
 * Some of the terms: what differs from those on the table. Not `usageTermsSchema.partial()`, which fills absent keys with
 * their defaults, so that a change of the dates alone would drop the masks, the limits and the price.
 */
export const partialTermsSchema = z
  .strictObject({
    purposes: usageTermsSchema.shape.purposes,
    legalBasis: z.string().max(500).nullable(),
    fields: usageTermsSchema.shape.fields,
    rows: z.array(rowConditionSchema).max(50),
    masks: z.record(z.string(), maskSchema),
    limits: z
      .object({
        maxRows: count.nullable(),
        maxBytes: count.nullable(),
        maxCallsPerMonth: count.nullable(),
        freeCallsPerMonth: count.nullable(),
        rowsPerSecond: count.nullable(),
      })
      .partial(),
    validFrom: z.string(),
    validTo: z.string(),
    channel: z.string().max(100),
    price: settlementTermsSchema.nullable(),
  })
  .partial();
export type PartialTerms = z.infer<typeof partialTermsSchema>;

/** Terms as published with an entry: what can be had without anyone being asked, or who must be asked. */
export type Offer = {
  /** `urn:heliu:offer:<region>:<entry>:<version>`. */
  readonly offerId: string;
  readonly terms: UsageTerms;
};
