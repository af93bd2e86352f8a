import { z } from "zod";

const weight = z.object({ partyId: z.string(), weight: z.string() });
const nullable = <T extends z.ZodType>(schema: T) => schema.nullable().optional();

/** Settlement schemes, exactly the shapes of settlement.md §4; values are checked by the settlement room. */
export const schemeSchema = z.union([
  z.object({ kind: z.literal("fixed"), weights: z.array(weight) }),
  z.object({
    kind: z.literal("contribution"),
    parties: z.array(z.string()),
    components: z.array(z.object({ metric: z.string(), weight: z.string() })),
    fallback: nullable(z.array(weight)),
  }),
  z.object({
    kind: z.literal("tiers"),
    brackets: z.array(z.object({ upToFen: z.string().nullable(), weights: z.array(weight) })),
  }),
  z.object({
    kind: z.literal("shapley"),
    parties: z.array(z.string()),
    v: z.unknown(),
    samples: z.unknown().optional(),
  }),
]);

export const partyRoles = ["provider", "storage", "compute", "service", "operator", "fund"] as const;

/**
 * The money part of an agreement: `terms` of settlement.md §5, all amounts decimal strings. It is signed as it stands,
 * so unknown keys are kept out here and absent keys stay absent.
 */
export const settlementTermsSchema = z.object({
  agreementId: z.string(),
  /** Statements up to this many fen are signed by the nodes without a person, on both sides; absent: never. */
  autoSignUpToFen: nullable(z.string().regex(/^(0|[1-9][0-9]{0,17})$/)),
  parties: z.array(
    z.object({ partyId: z.string(), role: z.enum(partyRoles), regionId: z.string(), activeDays: nullable(z.string()) }),
  ),
  vatBp: nullable(z.string()),
  products: z.array(
    z.object({
      productId: z.string(),
      metric: z.string(),
      unitPriceMicro: z.string(),
      per: nullable(z.string()),
      capPriceMicro: z.string().nullable(),
    }),
  ),
  maxRevenueFen: nullable(z.string()),
  fund: nullable(z.object({ partyId: z.string(), rateBp: z.string(), capFen: z.string().nullable() })),
  compensation: nullable(
    z.array(z.object({ partyId: z.string(), resource: z.string(), rateMicro: z.string(), per: nullable(z.string()) })),
  ),
  costs: nullable(z.array(z.object({ costId: z.string(), partyId: z.string(), capFen: z.string().nullable() }))),
  carryUnpaidCosts: nullable(z.boolean()),
  scheme: schemeSchema,
  guarantee: nullable(
    z.object({
      floors: z.array(z.object({ partyId: z.string(), fen: z.string() })),
      onInfeasible: z.enum(["scale", "refuse"]),
    }),
  ),
});
export type SettlementTerms = z.infer<typeof settlementTermsSchema>;
