import { describe, expect, it } from "vitest";
import authorisationFile from "../../data/authorisations.json" with { type: "json" };
import chengdu from "../../data/catalog-chengdu.json" with { type: "json" };
import lists from "../../data/codelists.json" with { type: "json" };
import { parseAuthorisations } from "./authorisation.ts";
import { codeLists, codeOf } from "./codes.ts";
import { divisionOn } from "./divisions.ts";
import type { CatalogEntry } from "./model.ts";
import { NameIndex } from "./name-similarity.ts";
import { metadataScore } from "./quality.ts";
import { type ValidationContext, validateRows } from "./validate.ts";

const samples = chengdu.entries as unknown as CatalogEntry[];
const find = (id: string) => samples.find((entry) => entry.id === id) as CatalogEntry;
const register = find("cd-scjg-0001");
const product = find("cd-prod-0003");
const sources = ["cd-scjg-0007", "cd-scjg-0008", "cd-rs-0001", "cd-sw-0001"].map(find);

function check(values: readonly unknown[], context: Partial<ValidationContext> = {}) {
  const checked = validateRows(
    values.map((value, i) => ({ row: i + 1, value })),
    {
      region: "510100",
      nowMs: Date.parse("2025-12-01T04:00:00.000Z"),
      nameMaxLength: 50,
      abstractMaxLength: 256,
      areLimitsVerified: false,
      authorisations: parseAuthorisations(authorisationFile),
      held: () => undefined,
      idOfCode: () => undefined,
      names: new NameIndex(),
      ...context,
    },
  );
  return { ...checked, found: checked.faults.map(({ rule, level, column }) => `${rule} ${level} ${column}`) };
}

/** What is found in the register when one thing is changed, besides what is found in it anyway. */
function faultsWith(changed: object, base: CatalogEntry = register): string[] {
  const usual = check([base]).found;
  return check([{ ...base, ...changed }]).found.filter((found) => !usual.includes(found));
}

const field = (changed: object) => ({ fields: [{ ...register.fields[0], ...changed }] });

describe("an entry with a fault", () => {
  it.each<[string, object, string]>([
    ["an attribute is missing", { name: undefined }, "CAT-001 error name"],
    ["an attribute is unknown", { colour: "red" }, "CAT-001 error colour"],
    ["an attribute of a field is unknown", field({ kolour: 1 }), "CAT-001 error fields[0].kolour"],
    ["a code is not in its list", { theme: "T99" }, "CAT-001 error theme"],
    ["a format is not in its list", { formats: ["csv", "doc"] }, "CAT-001 error formats[1]"],
    ["a type is wrong", { recordCount: "14,253" }, "CAT-001 error recordCount"],
    ["the name ends with a space", { name: "登记 " }, "CAT-001 error name"],
    ["it is another region's", { regionCode: "500000" }, "CAT-001 error regionCode"],
    ["it changed before it was issued", { issued: "2025-11-30" }, "CAT-001 error modified"],
    ["it is shared without a method", { sharing: { attribute: "unconditional" } }, "CAT-001 error sharing.method"],
    ["it is a product without product information", { kind: "product" }, "CAT-001 error product"],
    ["another unit is the source and is not named", { singleSource: false }, "CAT-001 error sourceEntryId"],
    ["a text has no UTF-8 form", { abstract: "\ud800" }, "CAT-001 error "],
    ["the name is too long", { name: "梯".repeat(51) }, "CAT-003 error name"],
    [
      "the condition is blank",
      { opening: { attribute: "conditional", condition: " " } },
      "CAT-004 error opening.condition",
    ],
    ["no basis is cited", { opening: { attribute: "none" } }, "CAT-004 error opening.basis"],
    ["G2 is opened", { opening: { attribute: "unconditional" } }, "CAT-006 error opening.attribute"],
    [
      "core data is shared with everybody",
      { dataLevel: "CORE", sharing: { attribute: "unconditional", method: "api" } },
      "CAT-007 error sharing.attribute",
    ],
    [
      "the credit code is too short",
      { provider: { ...register.provider, uscc: "9151" } },
      "CAT-008 error provider.uscc",
    ],
    [
      "the check digit is wrong",
      { provider: { ...register.provider, uscc: "91350100M000100Y44" } },
      "CAT-008 warning provider.uscc",
    ],
    ["its data is late", { modified: "2025-11-28" }, "CAT-010 warning modified"],
    ["a field may never leave", field({ sensitivity: "S4" }), "CAT-012 error fields[0].sensitivity"],
    ["a division was replaced", { spatial: ["510124"] }, "CAT-013 warning spatial[0]"],
    ["it hides personal information", field({ label: "公民身份号码" }), "CAT-014 error personalInfo"],
  ])("is told that %s", (_what, changed, expected) => {
    const base = expected.startsWith("CAT-010") ? { ...register, modified: "2025-11-29" } : register;
    expect(faultsWith(changed, base)).toContain(expected);
  });

  it("counts characters as people do: a rare character is one, an accent is none", () => {
    expect(faultsWith({ name: "𠮷".repeat(50) })).toEqual([]);
    expect(faultsWith({ name: "e\u0301".repeat(50) })).toEqual([]);
  });

  it("must mask sensitive fields before it is opened, and may not share S3 fields with everybody", () => {
    const opened = { ...field({ sensitivity: "S2" }), dataLevel: "G1", opening: { attribute: "unconditional" } };
    expect(faultsWith(opened)).toEqual(["CAT-006 error fields[0].masking"]);
    expect(faultsWith({ ...opened, ...field({ sensitivity: "S2", masking: "partial" }) })).toEqual([]);
    const shared = {
      ...field({ sensitivity: "S3", masking: "drop" }),
      sharing: { attribute: "unconditional", method: "api" },
    };
    expect(faultsWith(shared)).toEqual(["CAT-001 error fields[0].shareable"]);
  });

  it("names the cell, with the header the file uses, and what stands in it", () => {
    const [fault] = check([{ ...register, theme: "T99" }], { headers: { theme: "领域" } }).faults;
    expect(fault).toMatchObject({ row: 1, column: "领域", value: "T99", text: { zh: expect.stringContaining("T99") } });
  });
});

describe("entries of one file", () => {
  it("have different ids and resource codes, and nearly equal names of one unit are noticed", () => {
    const twin = { ...register, name: `${register.name}表` };
    const { found, accepted } = check([register, twin, { ...twin, id: "cd-scjg-9999", resourceCode: "x/2" }]);
    expect(found).toEqual(
      expect.arrayContaining(["CAT-002 error id", "CAT-002 error resourceCode", "CAT-009 warning name"]),
    );
    expect(accepted.map(({ row }) => row)).toEqual([1, 3]);
  });

  it.each([
    ["state-secret", "STATE_SECRET"],
    ["工作秘密", "WORK_SECRET"],
    ["something else", "STATE_SECRET"],
    [7, "STATE_SECRET"],
  ])("are refused with the class %s, whatever else is wrong with them", (securityClass, code) => {
    const { refused, faults } = check([{ id: "cd-1", securityClass, nonsense: true }]);
    expect([refused, faults]).toEqual([[{ row: 1, id: "cd-1", code }], []]);
  });

  it("are not refused with the class none", () => {
    expect(check([{ ...register, securityClass: "none" }]).refused).toEqual([]);
  });
});

describe("a product", () => {
  const faultsOf = (changed: object, context: Partial<ValidationContext> = {}) => {
    const { found } = check([...sources, { ...product, product: { ...product.product, ...changed } }], context);
    return found.filter((fault) => fault.includes("CAT-011"));
  };

  it("passes as it is, with the price at the cap, and not one ten-thousandth above", () => {
    expect(faultsOf({})).toEqual([]);
    expect(faultsOf({ listPrice: "8.0001" })).toEqual(["CAT-011 error product.listPrice"]);
    expect(faultsOf({ listPrice: "1e3" })).toEqual(["CAT-011 error product.listPrice"]);
  });

  it.each<[string, object, string]>([
    ["delivers raw data", { rawDataDelivered: true }, "product.rawDataDelivered"],
    ["has no consent for another region's source", { sourceConsents: [] }, "product.sources[4]"],
    ["says it stays within the region and does not", { crossRegion: false }, "product.crossRegion"],
    ["has no authorisation", { authorization: "AUTH-X" }, "product.authorization"],
    ["has the authorisation of another product", { authorization: "AUTH-CD-2025-0003" }, "product.authorization"],
    ["has another region's authorisation", { authorization: "AUTH-CQ-2025-0011" }, "product.authorization"],
    [
      "serves a purpose beyond its authorisation",
      { purposes: ["industrial", "public-welfare"] },
      "product.authorization",
    ],
  ])("is refused when it %s", (_what, changed, column) => {
    expect(faultsOf(changed)).toContain(`CAT-011 error ${column}`);
  });

  it("is refused when its authorisation has ended, and with it the registration of its sources", () => {
    const found = faultsOf({}, { nowMs: Date.parse("2028-08-31T16:00:00.000Z") });
    expect(found).toContain("CAT-011 error product.authorization");
    expect(found).toContain("CAT-011 error product.sources[0]");
    expect(faultsOf({}, { nowMs: Date.parse("2028-06-30T15:59:59.000Z") })).toEqual([]);
  });
});

describe("the score of an entry's description", () => {
  it("is the share of recommended attributes that are filled, and names the others", () => {
    const { temporal: _temporal, ...bare } = { ...register, temporal: undefined };
    const before = metadataScore(bare);
    expect(before.missing).toContain("temporal");
    const after = metadataScore({ ...bare, temporal: { from: "2020-01-01", to: null } });
    expect([after.filled, after.missing.includes("temporal")]).toEqual([before.filled + 1, false]);
    expect(Number(after.score)).toBeCloseTo(after.filled / after.of, 2);
  });
});

describe("code lists and divisions", () => {
  it("are those of the published lists", () => {
    for (const [name, codes] of Object.entries(codeLists)) {
      const published = lists.lists[name as keyof typeof codeLists];
      expect(Object.entries(codes), name).toEqual(published.map(({ code, label }) => [code, label]));
    }
    expect(codeOf("sharingAttribute", " 有条件共享 ")).toBe("conditional");
  });

  it("know what replaced a division, and since when", () => {
    expect(divisionOn("510124", "2016-05-01")).toEqual({ kind: "valid" });
    expect(divisionOn("510124", "2017-01-01")).toEqual({ kind: "replaced", by: "510117", year: 2016 });
    expect(divisionOn("510117", "2015-01-01")).toEqual({ kind: "not-yet", year: 2016 });
    expect(divisionOn("510199", "2020-01-01")).toEqual({ kind: "unknown" });
    expect(divisionOn("440100", "2020-01-01")).toEqual({ kind: "valid" });
  });
});
