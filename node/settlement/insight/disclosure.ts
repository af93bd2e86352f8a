import type { Text } from "../../kernel/text.ts";
import type { SettlementTerms } from "../../policy/settlement-terms.ts";
import { fenWords } from "./derivation-words.ts";
import type { PeriodFacts } from "./replay.ts";

/** An authorisation record as the authorising side keeps it; more keys may stand in it than are disclosed. */
export type AuthorisationFacts = {
  readonly id: string;
  readonly regionCode: string;
  readonly validFrom: string;
  readonly validTo: string;
  readonly products: readonly string[];
  readonly sources: readonly string[];
  readonly purposes: readonly string[];
  readonly [key: string]: unknown;
};

/** What the catalogue says of an entry. */
export type EntryFacts = {
  readonly id: string;
  readonly name: string;
  readonly provider: { readonly name: string };
  readonly product?:
    | {
        readonly productType: string;
        readonly unit: string;
        readonly capPrice: string;
        readonly listPrice: string;
        readonly purposes: readonly string[];
        readonly freeQuota: { readonly purpose: string; readonly perMonth: number } | null;
        readonly authorization: string;
      }
    | undefined;
};

/** Authorisation information: who authorised whom to do what, how and until when. */
export type DisclosedAuthorisation = {
  readonly id: string;
  readonly authorisingBody: string;
  readonly implementingBody: string;
  readonly operator: string;
  readonly mode: string;
  readonly validFrom: string;
  readonly validTo: string;
  readonly purposes: readonly string[];
  readonly exitTerms: string;
  readonly maxPermittedRevenue: {
    readonly cycleFrom: string;
    readonly cycleTo: string;
    readonly yuan: string;
    readonly trial: boolean;
  } | null;
  readonly resources: readonly { readonly id: string; readonly name: string; readonly provider: string }[];
  readonly products: readonly string[];
};

/** A product or service with its cap, its actual fee, and its use over the year; sums of the signed statements' lines. */
export type DisclosedProduct = {
  readonly productId: string;
  readonly name: string;
  readonly authorisation: string | null;
  readonly productType: string | null;
  readonly unit: string | null;
  readonly capPriceYuan: string | null;
  readonly listPriceYuan: string | null;
  /** Prices that were charged, per unit, in micro-yuan. */
  readonly chargedPricesMicro: readonly string[];
  readonly freeQuotaPerMonth: string | null;
  readonly metric: string;
  readonly quantity: string;
  readonly chargedQuantity: string;
  /** Free of charge for the public interest, metered all the same. */
  readonly freeQuantity: string;
  readonly incomeFen: string;
  readonly incomeNetFen: string;
  readonly incomeTaxFen: string;
  readonly agreements: string;
};

export type Disclosure = {
  readonly type: "heliu.disclosure.v1";
  readonly year: string;
  readonly region: string;
  readonly regionName: string;
  readonly dueOn: string;
  /** The rule that the due date follows from. */
  readonly dueRule: string;
  readonly dueVerified: boolean;
  readonly isOverdue: boolean;
  readonly object: readonly { readonly operator: string; readonly implementingBody: string }[];
  readonly authorisations: readonly DisclosedAuthorisation[];
  readonly products: readonly DisclosedProduct[];
  readonly incomeFen: string;
  /** What the year's income was used for. */
  readonly distribution: readonly { readonly role: string; readonly kind: string; readonly fen: string }[];
  readonly deferredClosingFen: string;
  readonly months: readonly string[];
  /** Statements that the figures are sums of; anyone who holds them can add up again. */
  readonly statementDigests: readonly string[];
  /** What is missing for a complete disclosure, said openly. */
  readonly gaps: readonly Text[];
  readonly text: Text;
};

export type DisclosureInput = {
  readonly year: string;
  readonly region: string;
  readonly regionName: string;
  readonly due: { readonly on: string; readonly rule: string; readonly verified: boolean };
  readonly today: string;
  readonly authorisations: readonly AuthorisationFacts[];
  readonly entries: ReadonlyMap<string, EntryFacts>;
  /** Signed statements of the year in which this region provides. */
  readonly statements: readonly PeriodFacts[];
  /** Months of agreements of this region that are not signed. */
  readonly unsigned: readonly { readonly agreementId: string; readonly periodId: string }[];
};

/** The yearly disclosure of authorised operation: object, content, scope, period; products, caps and fees. Source: domain.md §6.7. */
export function disclosureOf(input: DisclosureInput): Disclosure {
  const { year, statements } = input;
  const inForce = input.authorisations.filter(
    (one) => one.regionCode === input.region && one.validFrom.slice(0, 4) <= year && one.validTo.slice(0, 4) >= year,
  );
  const authorisations = inForce.map((one) => authorisationOf(one, input.entries));
  const products = productsOf(input, inForce);
  const income = products.reduce((sum, { incomeFen }) => sum + BigInt(incomeFen), 0n).toString();
  return {
    type: "heliu.disclosure.v1",
    year,
    region: input.region,
    regionName: input.regionName,
    dueOn: input.due.on,
    dueRule: input.due.rule,
    dueVerified: input.due.verified,
    isOverdue: input.today > input.due.on,
    object: unique(authorisations.map(({ operator, implementingBody }) => ({ operator, implementingBody }))),
    authorisations,
    products,
    incomeFen: income,
    distribution: distributionOf(statements),
    deferredClosingFen: closingOf(statements),
    months: [...new Set(statements.map(({ periodId }) => periodId))].sort(),
    statementDigests: statements.map(({ digest }) => digest).sort(),
    gaps: gapsOf(input, products),
    text: {
      zh: `${input.regionName} ${year} 年度公共数据授权运营披露:授权 ${authorisations.length} 项、产品和服务 ${products.length} 项、收入 ${fenWords(income).zh};数据来自 ${statements.length} 份双方签署的结算单。`,
      en: `Authorised operation of public data in ${input.regionName}, ${year}: ${authorisations.length} authorisations, ${products.length} products and services, income ${fenWords(income).en}; summed from ${statements.length === 1 ? "one statement" : `${statements.length} statements`} signed by both regions.`,
    },
  };
}

function authorisationOf(record: AuthorisationFacts, entries: ReadonlyMap<string, EntryFacts>): DisclosedAuthorisation {
  const text = (key: string) => (typeof record[key] === "string" ? (record[key] as string) : "");
  const revenue = record.maxPermittedRevenue as { [key: string]: unknown } | undefined;
  return {
    id: record.id,
    authorisingBody: text("authorisingBody"),
    implementingBody: text("implementingBody"),
    operator: text("operator"),
    mode: text("mode"),
    validFrom: record.validFrom,
    validTo: record.validTo,
    purposes: record.purposes,
    exitTerms: text("exitTerms"),
    maxPermittedRevenue:
      revenue === undefined || revenue === null
        ? null
        : {
            cycleFrom: String(revenue.cycleFrom ?? ""),
            cycleTo: String(revenue.cycleTo ?? ""),
            yuan: String(revenue.amount ?? ""),
            trial: revenue.trial === true,
          },
    resources: record.sources.map((id) => {
      const entry = entries.get(id);
      return { id, name: entry?.name ?? "", provider: entry?.provider.name ?? "" };
    }),
    products: record.products,
  };
}

type Sums = { quantity: bigint; charged: bigint; income: bigint; net: bigint; tax: bigint };

function productsOf(
  { statements, entries }: DisclosureInput,
  inForce: readonly AuthorisationFacts[],
): DisclosedProduct[] {
  const authorised = inForce.flatMap(({ products }) => products);
  const used = statements.flatMap(({ result }) => result.lines.map(({ productId }) => productId));
  const ids = [...new Set([...authorised, ...used])].filter((id) => !id.startsWith("~")).sort();
  return ids.map((productId) => {
    const sums: Sums = { quantity: 0n, charged: 0n, income: 0n, net: 0n, tax: 0n };
    const prices = new Set<string>();
    const agreements = new Set<string>();
    let terms: SettlementTerms | undefined;
    for (const facts of statements) {
      for (const line of facts.result.lines.filter((one) => one.productId === productId)) {
        sums.quantity += BigInt(line.quantity);
        sums.charged += BigInt(line.billableQuantity);
        sums.income += BigInt(line.amountFen);
        sums.net += BigInt(line.netFen);
        sums.tax += BigInt(line.taxFen);
        prices.add(line.effectivePriceMicro);
        agreements.add(facts.agreementId);
        terms = facts.terms;
      }
    }
    const entry = entries.get(productId);
    const product = entry?.product;
    return {
      productId,
      name: entry?.name ?? "",
      authorisation: inForce.find(({ products }) => products.includes(productId))?.id ?? null,
      productType: product?.productType ?? null,
      unit: product?.unit ?? null,
      capPriceYuan: product?.capPrice ?? null,
      listPriceYuan: product?.listPrice ?? null,
      chargedPricesMicro: [...prices].sort(),
      freeQuotaPerMonth:
        product?.freeQuota === undefined || product.freeQuota === null ? null : String(product.freeQuota.perMonth),
      metric: terms?.products.find((one) => one.productId === productId)?.metric ?? "calls",
      quantity: sums.quantity.toString(),
      chargedQuantity: sums.charged.toString(),
      freeQuantity: (sums.quantity - sums.charged).toString(),
      incomeFen: sums.income.toString(),
      incomeNetFen: sums.net.toString(),
      incomeTaxFen: sums.tax.toString(),
      agreements: String(agreements.size),
    };
  });
}

function distributionOf(statements: readonly PeriodFacts[]): Disclosure["distribution"] {
  const sums = new Map<string, bigint>();
  for (const { terms, result } of statements) {
    const roles = new Map<string, string>(terms.parties.map(({ partyId, role }) => [partyId, role]));
    const add = (partyId: string, kind: string, fen: string) => {
      const key = `${roles.get(partyId) ?? "fund"} ${kind}`;
      sums.set(key, (sums.get(key) ?? 0n) + BigInt(fen));
    };
    for (const { shares } of result.lines) for (const { partyId, kind, fen } of shares) add(partyId, kind, fen);
    for (const { partyId, fen } of result.adjustments) add(partyId, "guarantee", fen);
  }
  return [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, fen]) => {
      const [role = "", kind = ""] = key.split(" ");
      return { role, kind, fen: fen.toString() };
    });
}

/** What stands deferred after the last statement of each agreement. */
function closingOf(statements: readonly PeriodFacts[]): string {
  const last = new Map<string, PeriodFacts>();
  for (const facts of statements) {
    const known = last.get(facts.agreementId);
    if (known === undefined || known.periodId < facts.periodId) last.set(facts.agreementId, facts);
  }
  return [...last.values()].reduce((sum, { result }) => sum + BigInt(result.deferred.closingFen), 0n).toString();
}

function gapsOf({ unsigned, entries }: DisclosureInput, products: readonly DisclosedProduct[]): Text[] {
  const months = unsigned.map(({ agreementId, periodId }) => ({
    zh: `协议 ${agreementId} 的 ${periodId} 尚未双方签署,未计入。`,
    en: `${periodId} of agreement ${agreementId} is not signed by both regions and is not counted.`,
  }));
  const strangers = products
    .filter(({ productId, authorisation }) => authorisation === null && entries.get(productId)?.product !== undefined)
    .map(({ productId }) => ({
      zh: `产品 ${productId} 有收入,但没有本年有效的授权记录;请核对授权记录文件。`,
      en: `Product ${productId} was used without an authorisation record in force this year; check the records.`,
    }));
  return [...months, ...strangers];
}

function unique<T>(items: readonly T[]): T[] {
  const seen = new Map(items.map((item) => [JSON.stringify(item), item]));
  return [...seen.values()];
}

const HEADER = [
  "productId",
  "name",
  "authorisation",
  "productType",
  "unit",
  "capPriceYuan",
  "listPriceYuan",
  "chargedPricesMicro",
  "freeQuotaPerMonth",
  "metric",
  "quantity",
  "chargedQuantity",
  "freeQuantity",
  "incomeFen",
  "incomeNetFen",
  "incomeTaxFen",
  "agreements",
] as const satisfies readonly (keyof DisclosedProduct)[];

/** One row per product, for a table: header and cells as text. */
export function disclosureTable({ products }: Disclosure): {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
} {
  const cell = (value: DisclosedProduct[(typeof HEADER)[number]]) =>
    value === null ? "" : typeof value === "string" ? value : value.join(" ");
  return { header: HEADER, rows: products.map((product) => HEADER.map((key) => cell(product[key]))) };
}
