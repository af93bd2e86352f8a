import type { CatalogEntry } from "../catalog/model.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import type { UsageTerms } from "./model.ts";
import { checkParties } from "./parties.ts";
import { denied } from "./refusal.ts";
import type { SettlementTerms } from "./settlement-terms.ts";

/** What settlement calls the usage of a product: every product is used by calls. Source: settlement.md §9. */
const METRIC = "calls";
/** Roles that may be compensated where data itself is free. Source: domain.md §8.2 (b). */
const COMPENSATED_ROLES: readonly string[] = ["storage", "compute", "service"];

/** Decimal yuan as the catalogue writes it to micro-yuan, exactly: `"9.5000"` → 9500000n. */
export function microOf(yuan: string): bigint | undefined {
  const match = /^(0|[1-9][0-9]{0,14})(?:\.([0-9]{1,6}))?$/.exec(yuan);
  if (match === null) return undefined;
  return BigInt(match[1] ?? "0") * 1_000_000n + BigInt((match[2] ?? "").padEnd(6, "0"));
}

/** Never negative: a price below zero would hand money to the consumer in the name of a sale. */
function wholeOf(text: string): bigint | undefined {
  return /^(0|[1-9][0-9]{0,30})$/.test(text) ? BigInt(text) : undefined;
}

/** The settlement terms of a product as published: its list price, everything to the provider, until a person says otherwise. */
export function listPriceOf(entry: CatalogEntry, region: string): Result<SettlementTerms> {
  const { product } = entry;
  const unit = product === undefined ? undefined : microOf(product.listPrice);
  const cap = product === undefined ? undefined : microOf(product.capPrice);
  if (unit === undefined || cap === undefined) return badMetadata(entry);
  if (unit > cap) return aboveCap(unit, cap);
  const partyId = `${region}:provider`;
  return ok({
    // The provider mints the number with the first record of the negotiation; until then it is empty.
    agreementId: "",
    parties: [{ partyId, role: "provider", regionId: region }],
    products: [
      { productId: entry.id, metric: METRIC, unitPriceMicro: String(unit), per: "1", capPriceMicro: String(cap) },
    ],
    scheme: { kind: "fixed", weights: [{ partyId, weight: "1" }] },
  });
}

type PriceCheck = {
  readonly entry: CatalogEntry;
  readonly terms: Pick<UsageTerms, "purposes" | "price">;
  readonly provider: string;
  readonly consumer: string;
  /** Regions that can be asked for their signature, besides the two. */
  readonly partners?: readonly string[];
};

/**
 * What policy has to say about money: who may be asked for any (INV-05, INV-11), how much (INV-10), and that nobody is
 * paid by terms which their region does not sign. Sums and schemes are the settlement room's.
 */
export function checkPrice(check: PriceCheck): Result<true> {
  const { price } = check.terms;
  if (price === null) return checkFree(check);
  const parties = checkParties({ ...check, partners: check.partners ?? [] }, price);
  if (!parties.ok) return parties;
  return check.entry.kind === "product" ? checkProductPrice(check, price) : checkCompensation(check, price);
}

function checkFree({ entry, terms }: PriceCheck): Result<true> {
  if (entry.kind !== "product" || !terms.purposes.includes("industrial")) return ok(true);
  return denied({
    code: "PRICE_NOT_ALLOWED",
    rule: "policy.price",
    text: {
      zh: "产业用途的产品须有价格条款;请按目录价申请,或去掉产业用途。",
      en: "Industrial use of a product needs price terms; ask at the list price, or leave the industrial purpose out.",
    },
  });
}

function checkProductPrice({ entry, terms }: PriceCheck, price: SettlementTerms): Result<true> {
  const cap = entry.product === undefined ? undefined : microOf(entry.product.capPrice);
  if (cap === undefined) return badMetadata(entry);
  for (const line of price.products) {
    if (line.productId !== entry.id) return foreignProduct(line.productId, entry.id);
    const unit = wholeOf(line.unitPriceMicro);
    const per = wholeOf(line.per ?? "1");
    const lineCap = wholeOf(line.capPriceMicro ?? "");
    if (unit === undefined || per === undefined || per < 1n) return badNumbers(line.productId);
    // Compared as a product: the price of one unit is unit / per, and no division is exact enough.
    if (unit > cap * per) return aboveCap(unit, cap);
    if (lineCap === undefined || lineCap > cap * per) return capMissing(cap);
    if (unit > 0n && !terms.purposes.includes("industrial")) return freePurpose();
  }
  return ok(true);
}

/** Sharing between governments: at most `<entry>:service`, paid to storage, compute or service. Source: INV-11, domain.md §8.5 E6. */
function checkCompensation({ entry }: PriceCheck, price: SettlementTerms): Result<true> {
  const onlyService = price.products.every((line) => line.productId === `${entry.id}:service`);
  const onlyCompensated = price.parties.every((party) => COMPENSATED_ROLES.includes(party.role));
  if (onlyService && onlyCompensated) return ok(true);
  return denied({
    code: "PRICE_NOT_ALLOWED",
    rule: "policy.price",
    text: {
      zh: "政府部门间共享数据不得收费(INV-11);只可约定存储、算力、服务的成本补偿,产品编号写作“条目:service”。",
      en: 'Sharing between governments carries no price (INV-11); only compensation for storage, compute or service may be agreed, as the product "<entry>:service".',
    },
  });
}

function aboveCap(unit: bigint, cap: bigint): Result<never> {
  return denied({
    code: "PRICE_ABOVE_CAP",
    rule: "policy.price-cap",
    text: {
      zh: `单价 ${unit} 微元高于该产品的收费上限 ${cap} 微元;请降到上限以内。`,
      en: `The unit price of ${unit} micro-yuan is above the product's cap of ${cap}; bring it down to the cap.`,
    },
    details: { unitPriceMicro: String(unit), capPriceMicro: String(cap) },
  });
}

function capMissing(cap: bigint): Result<never> {
  return denied({
    code: "PRICE_ABOVE_CAP",
    rule: "policy.price-cap",
    text: {
      zh: `价格条款须写明不高于 ${cap} 微元的收费上限。`,
      en: `The price terms must state a cap of at most ${cap} micro-yuan.`,
    },
    details: { capPriceMicro: String(cap) },
  });
}

function freePurpose(): Result<never> {
  return denied({
    code: "PRICE_NOT_ALLOWED",
    rule: "policy.price",
    text: {
      zh: "公共治理、公益和依职责用途不收费(INV-05);请去掉价格条款。",
      en: "Public governance, welfare and internal duty are free of charge (INV-05); leave the price terms out.",
    },
  });
}

function foreignProduct(productId: string, entryId: string): Result<never> {
  return denied({
    code: "OUT_OF_SCOPE",
    rule: "policy.price",
    text: {
      zh: `价格条款中的产品 ${productId} 不是所申请的条目 ${entryId}。`,
      en: `Product ${productId} of the price terms is not the entry asked for, ${entryId}.`,
    },
    details: { productId },
  });
}

function badNumbers(productId: string): Result<never> {
  return denied({
    code: "POLICY_MALFORMED",
    rule: "policy.price",
    text: {
      zh: `产品 ${productId} 的单价或计价数量不是非负整数(微元);请改正。`,
      en: `The unit price or quantity of product ${productId} is not a non-negative whole number of micro-yuan; correct it.`,
    },
    details: { productId },
  });
}

function badMetadata(entry: CatalogEntry): Result<never> {
  return denied({
    code: "INVALID_METADATA",
    rule: "policy.price",
    text: {
      zh: `条目 ${entry.id} 的价格信息无法精确换算为微元;请提供方更正目录。`,
      en: `The price of entry ${entry.id} is not an exact number of micro-yuan; the provider must correct the catalogue.`,
    },
  });
}
