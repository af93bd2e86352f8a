import type { SettlementTerms } from "../policy/settlement-terms.ts";
import type { Share } from "./allocate.ts";

export type Scheme = SettlementTerms["scheme"];
export type SchemeKind = Scheme["kind"];
export type SchemeOf<K extends SchemeKind> = Extract<Scheme, { kind: K }>;

/** A metered contribution; without product or usage period it counts for every line of the period. */
export type MeteredRow = {
  readonly partyId: string;
  readonly metric: string;
  readonly quantity: string;
  readonly productId?: string | null;
  readonly usagePeriodId?: string | null;
};

/** Everything a scheme may look at when it splits the base amount of one line. */
export type SplitContext = {
  readonly agreementId: string;
  readonly periodId: string;
  readonly lineId: string;
  readonly days: bigint;
  /** Parties that joined or left within the period. */
  readonly activeDays: ReadonlyMap<string, bigint>;
  readonly metered: readonly MeteredRow[];
  /** Base amount of the calendar year before this line. */
  readonly cumulativeFen: bigint;
};

/** One way to split a base amount. A new one is a file with such a rule and a line in `schemes.ts`. */
export type SchemeRule<K extends SchemeKind> = {
  readonly kind: K;
  /** Parties it names, for the check that they belong to the agreement. */
  readonly parties: (scheme: SchemeOf<K>) => readonly string[];
  /** `total` is never 0: a zero base is not split. */
  readonly split: (total: bigint, scheme: SchemeOf<K>, context: SplitContext) => Share[];
};
