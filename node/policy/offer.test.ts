import { describe, expect, it } from "vitest";
import { closedEntry, conditionalEntry, openEntry, productEntry } from "../../test/fixtures/catalog-entries.ts";
import { mustSucceed } from "../kernel/exchange-error.ts";
import { offerOf, parseOfferId, usualTerms } from "./offer.ts";
import { microOf } from "./price.ts";

const NOW = Date.UTC(2026, 9, 5, 8);

describe("the offer of an entry", () => {
  it("leaves out of an unconditional one what may not leave without a person", () => {
    const { terms } = mustSucceed(offerOf(openEntry(), "510100", NOW));
    expect(terms.fields).toEqual(["uscc", "ent_name", "legal_rep", "capital"]);
    expect(terms.masks).toEqual({ legal_rep: "partial" });
    expect(terms.purposes).not.toContain("industrial");
    expect(terms.price).toBeNull();
  });

  it("offers masked S3 fields of a conditional one", () => {
    const { terms } = mustSucceed(offerOf(conditionalEntry(), "510100", NOW));
    expect(terms.fields).toContain("id_no");
    expect(terms.masks.id_no).toBe("hash");
  });

  it("is refused with its basis when the entry is not shared", () => {
    expect(offerOf(closedEntry(), "510100", NOW)).toMatchObject({
      error: { code: "OUT_OF_SCOPE", details: { rule: "policy.sharing", basis: "《个人信息保护法》第二十八条" } },
    });
  });

  it("names the outside channel when no source is connected", () => {
    expect(mustSucceed(offerOf(openEntry(), "510100", NOW, false)).terms.channel).toBe("outside:api");
  });

  it("gives a product its list price and cap in exact micro-yuan, and ends with its registration", () => {
    const { terms, offerId } = mustSucceed(offerOf(productEntry(), "510100", NOW));
    expect(terms.price?.products[0]).toMatchObject({ unitPriceMicro: "400000", capPriceMicro: "500000" });
    expect(terms.validTo).toBe("2028-06-30T16:00:00.000Z");
    expect(parseOfferId(offerId)).toEqual({ region: "510100", entryId: "cd-prod-0002", version: "1" });
  });

  it.each([
    ["a state secret", openEntry({ securityClass: "state-secret" }), "STATE_SECRET"],
    ["a work secret", openEntry({ securityClass: "work-secret" }), "WORK_SECRET"],
    ["a suspended entry", openEntry({ status: "suspended" }), "OBJECTION_FROZEN"],
    ["raw data sold as a product", rawProduct(), "RAW_DATA_PRODUCT"],
    ["a product that is not registered", productEntry({ registration: { state: "applied" } }), "NOT_REGISTERED"],
    [
      "an expired registration",
      productEntry({ registration: { state: "coded", validUntil: "2026-10-04" } }),
      "AUTH_EXPIRED",
    ],
    ["foreign sources without consent", withoutConsent(), "SHARED_IN_NO_CONSENT"],
    ["a list price above the cap", overpriced(), "PRICE_ABOVE_CAP"],
  ])("is refused for %s", (_what, entry, code) => {
    expect(offerOf(entry, "510100", NOW)).toMatchObject({ error: { code } });
  });
});

describe("usual terms", () => {
  it("carry a price for industrial use only, and the free quota otherwise", () => {
    const entry = productEntry();
    const offer = mustSucceed(offerOf(entry, "510100", NOW));
    expect(usualTerms(offer, entry, ["industrial"], NOW).price).not.toBeNull();
    const welfare = usualTerms(offer, entry, ["public-welfare"], NOW);
    expect([welfare.price, welfare.limits.freeCallsPerMonth]).toEqual([null, "10000"]);
    expect(welfare.limits.maxCallsPerMonth).toBe(null);
  });
});

it("turns decimal yuan into micro-yuan without rounding, and refuses what is not exact", () => {
  expect(microOf("8.0001")).toBe(8_000_100n);
  expect(microOf("0.000001")).toBe(1n);
  for (const text of ["0.0000001", "1e3", "-1", "01", ".5", "1."]) expect(microOf(text)).toBeUndefined();
});

function rawProduct() {
  const entry = productEntry();
  return { ...entry, product: { ...product(entry), rawDataDelivered: true } };
}
function withoutConsent() {
  const entry = productEntry();
  return { ...entry, product: { ...product(entry), crossRegion: true } };
}
function overpriced() {
  const entry = productEntry();
  return { ...entry, product: { ...product(entry), listPrice: "0.5001" } };
}
function product({ product: found }: ReturnType<typeof productEntry>) {
  if (found === undefined) throw new Error("no product");
  return found;
}
