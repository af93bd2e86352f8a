import { chinaTimeOf, msOf } from "../../node/kernel/instant.ts";
import type { Language } from "../../node/kernel/text.ts";
import type { StatementView } from "../../node/settlement/period-view.ts";
import { DEFERRED } from "../../node/settlement/permitted-revenue.ts";
import type { ReportWords } from "./words/zh.ts";
import { wordsIn } from "./words.ts";

/** Names of regions and parties in the language of the report. */
export type Names = {
  readonly language: Language;
  readonly words: ReportWords;
  readonly region: (regionId: string) => string;
  readonly party: (partyId: string) => string;
  readonly role: (partyId: string) => string;
  readonly kind: (kind: string) => string;
  /** A product that is a catalogue entry, one that agreements made up (its id), or one of the system's own lines. */
  readonly product: (productId: string) => string;
};

type NamedStatement = Pick<StatementView, "entryId" | "entryName"> & Partial<Pick<StatementView, "parties">>;

export function namesOf(
  statements: readonly NamedStatement[],
  regionNames: { readonly [regionId: string]: string },
  language: Language = "zh",
): Names {
  const words = wordsIn(language);
  const parties = new Map(statements.flatMap(({ parties: some = [] }) => some).map((party) => [party.partyId, party]));
  const products = new Map(statements.map(({ entryId, entryName }) => [entryId, entryName]));
  const region = (regionId: string) => regionNames[regionId] ?? regionId;
  const roleCode = (partyId: string) => parties.get(partyId)?.role ?? partyId.split(":")[1] ?? "";
  const role = (partyId: string) => named(words.roles, roleCode(partyId));
  return {
    language,
    words,
    region,
    role,
    kind: (kind) => named(words.kinds, kind),
    product: (productId) => (productId === DEFERRED ? words.released : (products.get(productId) ?? productId)),
    party: (partyId) => {
      const regionId = parties.get(partyId)?.regionId ?? partyId.split(":")[0] ?? partyId;
      return [region(regionId), role(partyId)].filter((word) => word !== "").join(" ");
    },
  };
}

export function roleOf({ parties }: Pick<StatementView, "parties">, partyId: string): string {
  return parties.find((party) => party.partyId === partyId)?.role ?? "fund";
}

export function schemeName({ schemes }: ReportWords, scheme: string): string {
  return named(schemes, scheme);
}

/** `2026-10` → `2026 年 10 月`. */
export function periodName({ period }: ReportWords, periodId: string): string {
  const [year = "", month = ""] = periodId.split("-");
  return period(year, Number(month));
}

/** When, as a clock in China shows it. */
export function clock(instant: string | null): string {
  return instant === null ? "—" : chinaTimeOf(msOf(instant));
}

function named(list: { readonly [code: string]: string }, code: string): string {
  return list[code] ?? code;
}
