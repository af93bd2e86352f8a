import { readXlsx } from "hucre/xlsx";
import { beforeAll, describe, expect, it } from "vitest";
import { documentFormats, renderDisclosure } from "../../gateway/reports/render.ts";
import type { Disclosure } from "../../node/settlement/insight/disclosure.ts";
import { pdfPages } from "./pdf-text.ts";
import { reportDepsOf, richWorld } from "./rich-world.ts";
import { yuanShown } from "./yuan-shown.ts";

let disclosure: Disclosure;
beforeAll(async () => {
  const world = await richWorld();
  disclosure = await reportDepsOf(world, world.provider()).insight.disclosure("2026");
});

const bytesOf = async (format: (typeof documentFormats)[number], language: "zh" | "en" = "zh") =>
  Buffer.from((await renderDisclosure(format, { disclosure, language })).bytes);

describe("the yearly disclosure", () => {
  it("is the same bytes each time, in every format", async () => {
    for (const format of documentFormats) {
      expect(Buffer.compare(await bytesOf(format), await bytesOf(format)), format).toBe(0);
    }
    expect((await renderDisclosure("pdf", { disclosure, language: "zh" })).filename).toBe(
      "heliu-510100-2026-disclosure.pdf",
    );
  }, 60_000);

  it.each(["zh", "en"] as const)(
    "says the same income and use of it in the sheets and on paper, in %s",
    async (language) => {
      const distributed = disclosure.distribution.reduce((sum, { fen }) => sum + BigInt(fen), 0n).toString();
      expect(distributed).toBe("1600000000000000");
      const { sheets } = await readXlsx(await bytesOf("xlsx", language));
      const cells = sheets.flatMap(({ rows }) => rows.flat()).map(String);
      const text = pdfPages(await bytesOf("pdf", language)).join("\n");
      const fens = [
        ...[disclosure.incomeFen, disclosure.deferredClosingFen, distributed],
        ...disclosure.products.map(({ incomeFen }) => incomeFen),
        ...disclosure.distribution.map(({ fen }) => fen),
      ];
      for (const fen of fens) {
        expect(cells).toContain(fen);
        expect(text).toContain(yuanShown(fen));
      }
      for (const digest of disclosure.statementDigests) expect(text).toContain(digest);
      expect(text).not.toContain("\uFFFD");
    },
    60_000,
  );

  it("says kind, unit and metric of a product in words", async () => {
    const products = disclosure.products.map((one) => ({ ...one, productType: "data-verification", unit: "call" }));
    const { bytes } = await renderDisclosure("xlsx", { disclosure: { ...disclosure, products }, language: "zh" });
    const { sheets } = await readXlsx(Buffer.from(bytes));
    expect(sheets[1]?.rows[1]).toEqual(expect.arrayContaining(["数据核验", "次"]));
    expect(sheets[1]?.rows.flat()).not.toContain("calls");
  });

  it("adds the income up with a formula over the products, as text alone where a number would lie", async () => {
    const small = {
      ...disclosure,
      incomeFen: "25006",
      products: disclosure.products.map((one, i) => ({ ...one, incomeFen: i === 0 ? "25006" : "0" })),
    };
    const inSheet = async (of: Disclosure) => {
      const { bytes } = await renderDisclosure("xlsx", { disclosure: of, language: "zh" });
      const [summary] = (await readXlsx(bytes)).sheets;
      const row = summary?.rows.findIndex(([label]) => label === "收入合计") ?? -1;
      return { row: summary?.rows[row], formula: summary?.cells?.get(`${row},5`)?.formula };
    };
    expect(await inSheet(small)).toEqual({
      row: ["收入合计", "", 250.06, "25006", true, 25006],
      formula: `SUM('产品和服务'!$R$2:$R$${small.products.length + 1})`,
    });
    const { row, formula } = await inSheet(disclosure);
    expect([row?.[2], formula]).toEqual(["21199999999999.96", undefined]);
  });
});
