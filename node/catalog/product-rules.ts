import { chinaDateOf } from "../kernel/instant.ts";
import type { Text } from "../kernel/text.ts";
import type { Authorisation } from "./authorisation.ts";
import type { Report } from "./fault.ts";
import type { CatalogEntry } from "./model.ts";

export type ProductContext = {
  readonly region: string;
  readonly nowMs: number;
  readonly authorisations: readonly Authorisation[];
  /** An entry of this region by id: of the same file, or held already. */
  readonly ownEntry: (id: string) => CatalogEntry | undefined;
};

type Product = NonNullable<CatalogEntry["product"]>;

/** CAT-011, with the product constraints of domain.md §4.4. */
export function checkProduct(entry: CatalogEntry, context: ProductContext, report: Report): void {
  const { product } = entry;
  const fault = (column: string, value: unknown, text: Text) =>
    report("CAT-011", "error", `product.${column}`, value, text);
  if (entry.kind !== "product" || product === undefined) {
    if (entry.kind === "product" || product !== undefined) productMismatch(entry, report);
    return;
  }
  checkPrices(product, fault);
  if (product.rawDataDelivered) {
    fault("rawDataDelivered", true, {
      zh: "产品不得交付未开放的原始数据;请改为交付加工结果。",
      en: "A product may not deliver raw data that has not been opened; deliver a processed result instead.",
    });
  }
  checkSources(entry, product, context, fault);
  checkAuthorisation(entry, product, context, fault);
}

type Fault = (column: string, value: unknown, text: Text) => void;

function productMismatch(entry: CatalogEntry, report: Report): void {
  report("CAT-001", "error", "product", entry.kind, {
    zh: "资源类型为 product 时必须填写产品信息,其他类型不得填写。",
    en: "An entry of kind product needs its product information, and no other kind may have any.",
  });
}

function checkPrices(product: Product, fault: Fault): void {
  const [list, cap] = [microOf(product.listPrice), microOf(product.capPrice)];
  for (const [column, price] of [
    ["listPrice", list],
    ["capPrice", cap],
  ] as const) {
    if (price !== undefined) continue;
    fault(column, product[column], {
      zh: "价格应为十进制元,最多四位小数,例如 9.5000;请改正。",
      en: "A price is decimal yuan with at most four decimals, such as 9.5000; correct it.",
    });
  }
  if (list === undefined || cap === undefined || list <= cap) return;
  fault("listPrice", product.listPrice, {
    zh: `标价 ${product.listPrice} 元高于上限 ${product.capPrice} 元;请降价或先调整上限。`,
    en: `The list price ${product.listPrice} is above the cap ${product.capPrice}; lower it, or have the cap changed first.`,
  });
}

/** Exact, never through a binary fraction. */
function microOf(yuan: string): bigint | undefined {
  const match = /^(0|[1-9][0-9]{0,14})(?:\.([0-9]{1,4}))?$/.exec(yuan);
  return match === null ? undefined : BigInt((match[1] ?? "") + (match[2] ?? "").padEnd(4, "0"));
}

function checkSources(entry: CatalogEntry, product: Product, context: ProductContext, fault: Fault): void {
  let hasForeignSource = false;
  for (const [i, source] of product.sources.entries()) {
    const own = context.ownEntry(source);
    if (own !== undefined) {
      if (!isRegistered(own, context.nowMs)) notRegistered(fault, i, source);
      continue;
    }
    hasForeignSource = true;
    if (!product.sourceConsents.some(({ sourceId }) => sourceId === source)) noConsent(fault, i, source);
  }
  if (hasForeignSource === product.crossRegion) return;
  fault("crossRegion", product.crossRegion, {
    zh: `条目 ${entry.id} 的数源与“是否跨区域”不一致;请改正。`,
    en: `The sources of ${entry.id} do not agree with crossRegion; correct it.`,
  });
}

function isRegistered({ registration }: CatalogEntry, nowMs: number): boolean {
  if (registration?.state !== "coded") return false;
  return typeof registration.validUntil !== "string" || chinaDateOf(nowMs) <= registration.validUntil;
}

function notRegistered(fault: Fault, i: number, source: string): void {
  fault(`sources[${i}]`, source, {
    zh: `数源 ${source} 未登记赋码或登记已过期;纳入授权运营须先登记。`,
    en: `The source ${source} has no valid registration; a resource is registered before it enters authorised operation.`,
  });
}

function noConsent(fault: Fault, i: number, source: string): void {
  fault(`sources[${i}]`, source, {
    zh: `数源 ${source} 不在本区域目录中,且没有提供单位的同意记录;请登记该数源或补充同意记录。`,
    en: `The source ${source} is not in this region's catalogue, and no consent of its provider is recorded; add one of the two.`,
  });
}

function checkAuthorisation(entry: CatalogEntry, product: Product, context: ProductContext, fault: Fault): void {
  const { authorisations, nowMs, region } = context;
  const record = authorisations.find(({ id }) => id === product.authorization);
  if (record === undefined || record.regionCode !== region) {
    fault("authorization", product.authorization, {
      zh: "找不到本区域的这份授权记录;请填写授权编号或先登记授权。",
      en: "No authorisation of this region has that number; give the right number, or record the authorisation first.",
    });
    return;
  }
  const today = chinaDateOf(nowMs);
  if (today < record.validFrom || record.validTo < today) {
    fault("authorization", product.authorization, {
      zh: `授权自 ${record.validFrom} 至 ${record.validTo},当前不在期内;不自动延期,请重新授权。`,
      en: `The authorisation runs from ${record.validFrom} to ${record.validTo} and is not in force; it has to be granted anew.`,
    });
  }
  const outside = [
    ...(record.products.includes(entry.id) ? [] : [entry.id]),
    ...product.sources.filter((source) => !record.sources.includes(source)),
    ...product.purposes.filter((purpose) => !record.purposes.includes(purpose)),
  ];
  if (outside.length === 0) return;
  fault("authorization", product.authorization, {
    zh: `超出授权范围:${outside.join("、")};请缩小产品范围或变更授权。`,
    en: `Outside the authorisation: ${outside.join(", ")}; narrow the product, or have the authorisation changed.`,
  });
}
