import type { CatalogEntry, DataItem } from "../catalog/model.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { chinaDateOf, chinaMidnight, endOfChinaDate, instantOf, msOf } from "../kernel/instant.ts";
import type { Offer, Purpose, UsageTerms } from "./model.ts";
import { listPriceOf } from "./price.ts";
import { type Breach, denied } from "./refusal.ts";

const DAY_MS = 86_400_000;
/** The longest an agreement may be asked for, and what is asked for when nobody says: our own choice, no rule names one. */
const LONGEST_DAYS = 1_096;
const USUAL_DAYS = 365;

const SHARING_PURPOSES: readonly Purpose[] = ["public-governance", "public-welfare", "internal-duty"];

/**
 * What can be had of an entry, by what was published about it. A mirror does not know whether its owner has a source
 * connected and leaves `hasSource` out; the owner's own answer then names the channel.
 */
export function offerOf(entry: CatalogEntry, region: string, nowMs: number, hasSource = true): Result<Offer> {
  const barred = barOf(entry, nowMs);
  if (barred !== undefined) return denied(barred);
  const fields = entry.fields.filter((field) => isOffered(field, entry));
  if (fields.length === 0) return denied(noFields(entry));
  const price = entry.kind === "product" ? listPriceOf(entry, region) : ok(null);
  if (!price.ok) return price;
  const terms: UsageTerms = {
    purposes: [...(entry.product?.purposes ?? SHARING_PURPOSES)],
    legalBasis: null,
    fields: fields.map((field) => field.name),
    rows: [],
    masks: Object.fromEntries(fields.flatMap(({ name, masking }) => (masking === undefined ? [] : [[name, masking]]))),
    limits: { maxRows: null, maxBytes: null, maxCallsPerMonth: null, rowsPerSecond: null },
    validFrom: chinaMidnight(entry.issued),
    validTo: lastInstant(entry, nowMs),
    channel: hasSource ? "heliu" : outsideChannel(entry),
    price: price.value,
  };
  return ok({ offerId: offerIdOf(region, entry.id, entry.version), terms });
}

/** Where no source of this node serves the entry, data goes the way its owner published, outside Heliu. */
export function outsideChannel(entry: CatalogEntry): string {
  return `outside:${entry.sharing.method ?? "operator"}`;
}

export function offerIdOf(region: string, entryId: string, version: number): string {
  return `urn:heliu:offer:${region}:${entryId}:${version}`;
}

/** Entry ids may hold colons, so the version is what follows the last one. */
export function parseOfferId(offerId: string): { region: string; entryId: string; version: string } | undefined {
  const match = /^urn:heliu:offer:([1-9][0-9]{5}):(.{1,128}):([1-9][0-9]{0,8})$/.exec(offerId);
  if (match === null) return undefined;
  return { region: match[1] ?? "", entryId: match[2] ?? "", version: match[3] ?? "" };
}

/** What a requester asks for when only purposes are named: the whole offer for a year, at the list price if industrial. */
export function usualTerms(offer: Offer, entry: CatalogEntry, purposes: readonly Purpose[], nowMs: number): UsageTerms {
  const from = chinaMidnight(chinaDateOf(nowMs));
  const to = Math.min(msOf(from) + USUAL_DAYS * DAY_MS, msOf(offer.terms.validTo));
  const isPriced = purposes.includes("industrial");
  const quota = entry.product?.freeQuota;
  const isFree = quota !== undefined && quota !== null && purposes.some((p) => p === quota.purpose);
  return {
    ...offer.terms,
    purposes: [...purposes],
    limits: { ...offer.terms.limits, ...(isFree && { freeCallsPerMonth: String(quota.perMonth) }) },
    validFrom: msOf(from) < msOf(offer.terms.validFrom) ? offer.terms.validFrom : from,
    validTo: instantOf(to),
    price: isPriced ? offer.terms.price : null,
  };
}

/** S4 never leaves; S3 not without a person; S2 and S3 not without the mask the catalogue must give them. Source: domain.md §4.3. */
function isOffered(field: DataItem, entry: CatalogEntry): boolean {
  if (field.shareable === false || field.sensitivity === "S4" || field.masking === "drop") return false;
  if (field.sensitivity === "S3" && entry.sharing.attribute === "unconditional") return false;
  const mustBeMasked = field.sensitivity === "S2" || field.sensitivity === "S3";
  return !mustBeMasked || field.masking !== undefined;
}

function lastInstant(entry: CatalogEntry, nowMs: number): string {
  const longest = msOf(chinaMidnight(chinaDateOf(nowMs))) + LONGEST_DAYS * DAY_MS;
  const registeredUntil = entry.kind === "product" ? entry.registration?.validUntil : undefined;
  if (registeredUntil === undefined || registeredUntil === null) return instantOf(longest);
  return instantOf(Math.min(longest, msOf(endOfChinaDate(registeredUntil))));
}

/** Why nothing at all can be had, or undefined. Secrets first, so that nothing else about such an entry is told. */
function barOf(entry: CatalogEntry, nowMs: number): Breach | undefined {
  if (entry.securityClass !== undefined && entry.securityClass !== "none") return secret(entry.securityClass);
  if (entry.status !== "published") return notPublished(entry);
  if (entry.kind === "product") return barOfProduct(entry, nowMs);
  if (entry.sharing.attribute === "none") return notShared(entry);
  return undefined;
}

function barOfProduct(entry: CatalogEntry, nowMs: number): Breach | undefined {
  const { product, registration } = entry;
  if (product === undefined) return noFields(entry);
  if (product.rawDataDelivered) return rawData();
  if (product.crossRegion && product.sourceConsents.length === 0) return noConsent();
  if (registration?.state !== "coded") return notRegistered();
  const { validUntil } = registration;
  if (validUntil !== undefined && validUntil !== null && msOf(endOfChinaDate(validUntil)) <= nowMs)
    return expired(validUntil);
  return undefined;
}

function secret(securityClass: string): Breach {
  return {
    code: securityClass === "work-secret" ? "WORK_SECRET" : "STATE_SECRET",
    rule: "policy.secret",
    text: {
      zh: "涉密资源不共享、不开放、不运营(INV-06)。",
      en: "Secret resources are neither shared, opened nor operated (INV-06).",
    },
  };
}

function notPublished({ id, status }: CatalogEntry): Breach {
  return {
    code: status === "suspended" ? "OBJECTION_FROZEN" : "OUT_OF_SCOPE",
    rule: "policy.status",
    text: {
      zh: `条目 ${id} 当前状态为 ${status},不能申请;请等待其重新发布。`,
      en: `Entry ${id} is ${status} and cannot be asked for; wait until it is published again.`,
    },
    details: { status },
  };
}

function notShared({ id, sharing }: CatalogEntry): Breach {
  const basis = sharing.basis ?? "";
  return {
    code: "OUT_OF_SCOPE",
    rule: "policy.sharing",
    text: {
      zh: `条目 ${id} 不予共享,目录载明:${basis}。如有异议,请走属性复核程序。`,
      en: `Entry ${id} is not shared; basis: ${basis}. To contest it, ask for a review of the attribute.`,
    },
    details: { basis },
  };
}

function noFields({ id }: CatalogEntry): Breach {
  return {
    code: "OUT_OF_SCOPE",
    rule: "policy.fields",
    text: {
      zh: `条目 ${id} 没有可共享的数据项。`,
      en: `Entry ${id} has no field that may be shared.`,
    },
  };
}

function rawData(): Breach {
  return {
    code: "RAW_DATA_PRODUCT",
    rule: "policy.raw-data",
    text: {
      zh: "未依法开放的原始数据不得作为产品提供(INV-01)。",
      en: "Raw data that was not lawfully opened is not delivered as a product (INV-01).",
    },
  };
}

function noConsent(): Breach {
  return {
    code: "SHARED_IN_NO_CONSENT",
    rule: "policy.consent",
    text: {
      zh: "该产品使用了其他地区的数据,但没有登记提供单位的同意(INV-08)。",
      en: "The product uses another region's data, but no consent of its provider is recorded (INV-08).",
    },
  };
}

function notRegistered(): Breach {
  return {
    code: "NOT_REGISTERED",
    rule: "policy.registration",
    text: {
      zh: "该产品尚未完成登记赋码,不能运营(INV-09)。",
      en: "The product has no registration code yet and may not be operated (INV-09).",
    },
  };
}

function expired(validUntil: string): Breach {
  return {
    code: "AUTH_EXPIRED",
    rule: "policy.registration",
    text: {
      zh: `该产品的登记已于 ${validUntil} 到期;请提供方续期。`,
      en: `The registration of the product ended on ${validUntil}; the provider must renew it.`,
    },
    details: { validUntil },
  };
}
