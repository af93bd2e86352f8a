import type { Text } from "../kernel/text.ts";
import type { SettlementTerms } from "../policy/settlement-terms.ts";
import type { Quotas } from "./allocate.ts";

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

/** What is known of an agreement when it is shown how another scheme would have split its money. */
export type SchemeBasis = {
  readonly parties: readonly string[];
  readonly metered: readonly MeteredRow[];
  /** Base amount of the periods looked at; where brackets could begin. */
  readonly baseFen: bigint;
  /** As agreed, when the agreement's own scheme names weights; else equal ones. */
  readonly weights: readonly { readonly partyId: string; readonly weight: string }[];
};

/** One way to split a base amount. A new one is a file with such a rule and a line in `schemes.ts`. */
export type SchemeRule<K extends SchemeKind> = {
  readonly kind: K;
  readonly title: Text;
  /** Parties it names, for the check that they belong to the agreement. */
  readonly parties: (scheme: SchemeOf<K>) => readonly string[];
  /** Exact parts of a total that is never 0 (a zero base is not split); they are rounded the same way for all schemes. */
  readonly quotas: (total: bigint, scheme: SchemeOf<K>, context: SplitContext) => Quotas;
  /** Terms of this scheme that fit an agreement which has another one: for comparing, never for signing. */
  readonly illustrate: (basis: SchemeBasis) => SchemeOf<K>;
};
