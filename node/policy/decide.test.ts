import { describe, expect, it } from "vitest";
import { conditionalEntry, openEntry, productEntry } from "../../test/fixtures/catalog-entries.ts";
import type { CatalogEntry } from "../catalog/model.ts";
import { err, mustSucceed, ok } from "../kernel/exchange-error.ts";
import { type DeadlineRules, decide } from "./decide.ts";
import type { UsageTerms } from "./model.ts";
import { offerOf, usualTerms } from "./offer.ts";
import type { SettlementTerms } from "./settlement-terms.ts";

const NOW = Date.UTC(2026, 9, 5, 8);
const until = "2026-10-12T16:00:00.000Z";
const due = { until, provisional: false, rule: "agr-510100-500000@2025.11.0/share.replyDays", verified: false };
const rules: DeadlineRules = {
  deadline: (key, _at, options) =>
    key === "share.replyDays" && options?.peer === "500000"
      ? ok(due)
      : err({ kind: "unavailable", code: "RULES_MISSING", text: { zh: "", en: "" } }),
};

function ask(
  entry: CatalogEntry,
  changes: Partial<UsageTerms> = {},
  more: { round?: number; hasSource?: boolean; partners?: readonly string[] } = {},
) {
  const offer = mustSucceed(offerOf(entry, "510100", NOW, more.hasSource));
  const purposes = changes.purposes ?? ["public-governance"];
  const requested = { ...usualTerms(offer, entry, purposes, NOW), channel: "heliu", ...changes };
  return decide({
    entry,
    offer,
    requested,
    round: more.round ?? 1,
    nowMs: NOW,
    rules,
    region: "510100",
    consumer: "500000",
    ...(more.partners === undefined ? {} : { partners: more.partners }),
  });
}

describe("a request for an unconditional entry", () => {
  it("is agreed without anyone being asked", () => {
    expect(ask(openEntry())).toMatchObject({ kind: "agree", terms: { channel: "heliu" } });
  });

  it("is agreed on the outside channel when the provider serves it there", () => {
    expect(ask(openEntry(), {}, { hasSource: false })).toMatchObject({
      kind: "agree",
      terms: { channel: "outside:api" },
    });
  });

  it("is answered with the published masks when it asks for clear values", () => {
    const decision = ask(openEntry(), { masks: {} });
    expect(decision).toMatchObject({ kind: "counter", terms: { masks: { legal_rep: "partial" } } });
  });

  it("may ask for stronger masks than published", () => {
    expect(ask(openEntry(), { masks: { legal_rep: "hash" } }).kind).toBe("agree");
  });

  it("waits for a person when the data is important", () => {
    expect(ask(openEntry({ dataLevel: "CORE" })).kind).toBe("ask");
  });
});

describe("a request for a conditional entry", () => {
  it("waits for the provider's approver until the agreed day, marked as unconfirmed", () => {
    expect(ask(conditionalEntry())).toMatchObject({
      kind: "ask",
      reason: {
        code: "AWAITING_APPROVAL",
        rule: due.rule,
        until,
        verified: false,
        turn: { region: "510100", role: "approver" },
      },
    });
  });

  it("is not granted, and shows no invented date, when the rules do not answer", () => {
    const noRules: DeadlineRules = { deadline: () => rules.deadline("none", NOW) };
    const entry = conditionalEntry();
    const offer = mustSucceed(offerOf(entry, "510100", NOW));
    const requested = usualTerms(offer, entry, ["internal-duty"], NOW);
    const decision = decide({
      entry,
      offer,
      requested,
      round: 1,
      nowMs: NOW,
      rules: noRules,
      region: "510100",
      consumer: "500000",
    });
    expect(decision).toMatchObject({
      kind: "ask",
      reason: { until: null, verified: false, rule: "rules.RULES_MISSING" },
    });
  });
});

it.each<[string, CatalogEntry, Partial<UsageTerms>, string, string]>([
  [
    "an industrial purpose of shared data",
    conditionalEntry(),
    { purposes: ["industrial"] },
    "PURPOSE_NOT_ALLOWED",
    "policy.purpose",
  ],
  ["an S4 field", conditionalEntry(), { fields: ["uscc", "secret_note"] }, "OUT_OF_SCOPE", "policy.fields"],
  ["an S3 field of an unconditional entry", openEntry(), { fields: ["id_no"] }, "OUT_OF_SCOPE", "policy.fields"],
  ["dates that are over", openEntry(), { validTo: "2026-10-05T08:00:00.000Z" }, "OUT_OF_SCOPE", "policy.dates"],
  ["dates nobody can read", openEntry(), { validTo: "tomorrow" }, "OUT_OF_SCOPE", "policy.dates"],
  [
    "a price on shared data",
    conditionalEntry(),
    { price: priceOf("cd-scjg-0001", "1") },
    "PRICE_NOT_ALLOWED",
    "policy.price",
  ],
  [
    "industrial use without a price",
    productEntry(),
    { purposes: ["industrial"], price: null },
    "PRICE_NOT_ALLOWED",
    "policy.price",
  ],
  [
    "a price above the cap",
    productEntry(),
    { purposes: ["industrial"], price: priceOf("cd-prod-0002", "500001") },
    "PRICE_ABOVE_CAP",
    "policy.price-cap",
  ],
  [
    "a price for welfare",
    productEntry(),
    { purposes: ["public-welfare"], price: priceOf("cd-prod-0002", "1") },
    "PRICE_NOT_ALLOWED",
    "policy.price",
  ],
  [
    "a party of a third region",
    productEntry(),
    { purposes: ["industrial"], price: priceOf("cd-prod-0002", "1", "440100") },
    "OUT_OF_SCOPE",
    "policy.parties",
  ],
  ["a channel nobody published", openEntry(), { channel: "outside:fax" }, "OUT_OF_SCOPE", "policy.channel"],
])("refuses %s and names the rule", (_what, entry, changes, code, rule) => {
  expect(ask(entry, changes)).toMatchObject({ kind: "refuse", reason: { code, rule, turn: null, until: null } });
});

it("asks a person about every product, and compares prices per unit exactly", () => {
  const atCap = { ...priceOf("cd-prod-0002", "1500000"), products: [line("cd-prod-0002", "1500000", "3", "1500000")] };
  expect(ask(productEntry(), { purposes: ["industrial"], price: atCap }).kind).toBe("ask");
  const above = { ...atCap, products: [line("cd-prod-0002", "1500001", "3", "1500000")] };
  expect(ask(productEntry(), { purposes: ["industrial"], price: above })).toMatchObject({
    reason: { code: "PRICE_ABOVE_CAP" },
  });
});

it("asks about a party of a third region that can sign, and takes no party under another region's name", () => {
  const partners = ["440100"];
  const third = priceOf("cd-prod-0002", "1", "440100");
  expect(ask(productEntry(), { purposes: ["industrial"], price: third }, { partners }).kind).toBe("ask");
  const mixed = { ...third, parties: [{ ...third.parties[0], partyId: "500000:provider" }] } as SettlementTerms;
  const funded = { ...third, fund: { partyId: "national-fund", rateBp: "100", capFen: null } };
  for (const price of [mixed, funded]) {
    expect(ask(productEntry(), { purposes: ["industrial"], price }, { partners })).toMatchObject({
      kind: "refuse",
      reason: { rule: "policy.parties" },
    });
  }
});

it("lets governments agree compensation for a service, but not a price", () => {
  const service = {
    ...priceOf("cd-scjg-0001:service", "1000000"),
    parties: [{ partyId: "510100:service", role: "service" as const, regionId: "510100" }],
  };
  expect(ask(conditionalEntry(), { price: service }).kind).toBe("ask");
});

it("ends a negotiation that goes round and round", () => {
  expect(ask(openEntry(), {}, { round: 13 })).toMatchObject({ kind: "refuse", reason: { rule: "policy.rounds" } });
});

function line(productId: string, unitPriceMicro: string, per: string, capPriceMicro: string) {
  return { productId, metric: "calls", unitPriceMicro, per, capPriceMicro };
}

function priceOf(productId: string, unitPriceMicro: string, regionId = "510100"): SettlementTerms {
  return {
    agreementId: "",
    parties: [{ partyId: `${regionId}:provider`, role: "provider", regionId }],
    products: [line(productId, unitPriceMicro, "1", "500000")],
    scheme: { kind: "fixed", weights: [{ partyId: `${regionId}:provider`, weight: "1" }] },
  };
}
