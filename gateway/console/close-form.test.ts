import { describe, expect, it } from "vitest";
import { type CloseRow, declarationsOf, figureFields, type WrittenFigure } from "./close-form.ts";
import { messagesIn, type View } from "./view.ts";

const view = {
  language: "zh",
  t: messagesIn.zh,
  region: { id: "510100", name: "成都市" },
  nameOf: (id: string) => ({ "510100": "成都市", "500000": "重庆市" })[id] ?? id,
} as unknown as View;

const row = {
  agreement: { id: "AGR-1" },
  terms: {
    agreementId: "AGR-1",
    parties: [
      { partyId: "510100:storage", role: "storage", regionId: "510100" },
      { partyId: "500000:service", role: "service", regionId: "500000" },
    ],
    products: [{ productId: "index", metric: "calls", unitPriceMicro: "400000", capPriceMicro: "500000" }],
    compensation: [{ partyId: "510100:storage", resource: "gb", rateMicro: "120000", per: null }],
    costs: [{ costId: "labelling", partyId: "500000:service", capFen: "5000" }],
    maxRevenueFen: "100000",
    scheme: { kind: "fixed", weights: [] },
  },
  known: {
    declaration: {
      resources: [{ partyId: "510100:storage", resource: "gb", quantity: "7" }],
      costs: [{ costId: "labelling", declaredFen: "1234550" }],
      maxRevenueFen: null,
      caps: [{ productId: "index", capPriceMicro: "450000" }],
      activeDays: [{ partyId: "500000:service", days: "12" }],
    },
  },
} as unknown as CloseRow;

const fields = figureFields(view, row, (partyId) => partyId);
const fieldOf = (kind: string) => {
  const found = fields.find((field) => field.kind === kind);
  if (found === undefined) throw new Error(kind);
  return found;
};
const write = (kind: string, written: string): WrittenFigure => ({
  field: fieldOf(kind),
  agreementId: "AGR-1",
  written,
});

describe("figures that no receipt holds", () => {
  it("are asked for where the terms have a use for them, by whoever's party it is", () => {
    expect(fields.map(({ kind, region }) => [kind, region])).toEqual([
      ["resources", "510100"],
      ["costs", "500000"],
      ["caps", "510100"],
      ["maxRevenueFen", "510100"],
      ["activeDays", "510100"],
      ["activeDays", "500000"],
    ]);
    const plain = { ...row, terms: { ...row.terms, compensation: null, costs: null, maxRevenueFen: null } };
    expect(figureFields(view, plain, String).map(({ kind }) => kind)).toEqual(["caps", "activeDays", "activeDays"]);
  });

  it("begin as they were declared, so that closing again does not lose them", () => {
    expect(fields.map(({ value }) => value)).toEqual(["7", "12,345.50", "0.450000", "", "", "12"]);
    const again = fields.filter(({ value }) => value !== "");
    const figures = again.map((field) => ({ field, agreementId: "AGR-1", written: field.value }));
    expect(declarationsOf(figures)).toEqual({
      "AGR-1": { ...row.known?.declaration, maxRevenueFen: undefined },
    });
  });

  it("become the declaration that closing takes: yuan as fen, prices as micro-yuan", () => {
    const written = [
      write("resources", "12"),
      write("costs", "30.5"),
      write("caps", "0.45"),
      write("maxRevenueFen", "9"),
    ];
    expect(declarationsOf(written)).toEqual({
      "AGR-1": {
        resources: [{ partyId: "510100:storage", resource: "gb", quantity: "12" }],
        costs: [{ costId: "labelling", declaredFen: "3050" }],
        caps: [{ productId: "index", capPriceMicro: "450000" }],
        maxRevenueFen: "900",
      },
    });
    expect(declarationsOf([])).toEqual({});
  });

  it("are refused where they are no such figure", () => {
    for (const [kind, text] of [
      ["resources", "1.5"],
      ["resources", "-1"],
      ["costs", "1.234"],
      ["caps", "abc"],
      ["activeDays", "十"],
    ] as const) {
      expect([kind, text, fieldOf(kind).rowOf(text)]).toEqual([kind, text, null]);
    }
  });
});
