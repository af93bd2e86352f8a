import { readXlsx } from "hucre/xlsx";
import { beforeAll, describe, expect, it } from "vitest";
import { journalOf } from "../../gateway/reports/journal-model.ts";
import type { ReportModel } from "../../gateway/reports/model.ts";
import { type JournalFormat, renderJournal, renderReport } from "../../gateway/reports/render.ts";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import type { Language } from "../../node/kernel/text.ts";
import type { Statement } from "../../node/settlement/model.ts";
import type { World } from "../settlement/two-regions.ts";
import { pdfPages } from "./pdf-text.ts";
import { reportDepsOf, richModel, richWorld } from "./rich-world.ts";
import { yuanShown } from "./yuan-shown.ts";

/** One statement with all that can be in one, in every format: each total is the same fen. */
type Figures = {
  readonly parties: { readonly [partyId: string]: bigint };
  readonly gross: bigint;
  readonly deferredAtTheEnd: bigint;
  readonly disputed: bigint;
};

let world: World;
let september: ReportModel;
let october: ReportModel;
beforeAll(async () => {
  world = await richWorld();
  september = await richModel(world, "2026-09");
  october = await richModel(world, "2026-10");
});

const bytesOf = async (format: Parameters<typeof renderReport>[0], model: ReportModel) =>
  Buffer.from((await renderReport(format, model)).bytes);

async function journalBytes(format: JournalFormat, periodId: string): Promise<Buffer> {
  const model = mustSucceed(await journalOf(reportDepsOf(world, world.provider()), periodId));
  return Buffer.from(renderJournal(format, model).bytes);
}

async function inJson(model: ReportModel): Promise<Figures> {
  const { statements } = JSON.parse((await bytesOf("json", model)).toString("utf8"));
  const { result } = statements[0].statement as Statement;
  return {
    parties: Object.fromEntries(result.totals.map(({ partyId, fen }) => [partyId, BigInt(fen)])),
    gross: BigInt(result.amountFen),
    deferredAtTheEnd: BigInt(result.deferred.closingFen),
    disputed: BigInt(result.disputedFen),
  };
}

async function inCsv(model: ReportModel): Promise<Pick<Figures, "parties" | "gross">> {
  const [, ...rows] = (await bytesOf("csv", model)).toString("utf8").trimEnd().split("\r\n");
  const parties: { [partyId: string]: bigint } = {};
  const lines = new Map<string, bigint>();
  for (const row of rows.map((one) => one.split(","))) {
    const [, lineId = "", , , , , amountFen = ""] = row;
    const [partyId = "", , , fen = ""] = row.slice(11);
    parties[partyId] = (parties[partyId] ?? 0n) + BigInt(fen);
    if (amountFen !== "") lines.set(lineId, BigInt(amountFen));
  }
  return { parties, gross: [...lines.values()].reduce((a, b) => a + b, 0n) };
}

/** The stored results of its formulas; `scripts/interop/recalculate-xlsx.mjs` has them computed by LibreOffice. */
async function inXlsx(model: ReportModel): Promise<Figures> {
  const { sheets } = await readXlsx(await bytesOf("xlsx", model));
  const rows = sheets[0]?.rows.slice(1) ?? [];
  for (const row of rows.filter(([, , , fen]) => fen !== null)) {
    const [, , inYuan, fen] = row;
    expect(typeof inYuan === "number" ? BigInt(Math.round(inYuan * 100)).toString() : inYuan).toBe(
      typeof inYuan === "number" ? fen : yuanShown(String(fen)).replaceAll(",", ""),
    );
  }
  const at = (label: string) => BigInt(String(rows.find(([first]) => first === label)?.[3]));
  const parties = rows.filter(([id]) => /^\d{6}:/.test(String(id)));
  return {
    parties: Object.fromEntries(parties.map(([id, , , fen]) => [String(id), BigInt(String(fen))])),
    gross: at("应结总额"),
    deferredAtTheEnd: at("递延期末"),
    disputed: at("争议挂起"),
  };
}

const fenOf = (text: string) => BigInt(text.replace(".", ""));

/** Balances that the journals assert: of the ledger so far, so that a month is the difference of two. */
async function inJournal(format: "ledger" | "beancount", periodId: string): Promise<Map<string, bigint>> {
  const text = (await journalBytes(format, periodId)).toString("utf8");
  const plain = /^ {4}(\S+) {2}0\.00 CNY = (-?[\d.]+) CNY$/gm;
  const beans = /^\S+ balance (\S+) {2}(-?[\d.]+) ~ 0 CNY$/gm;
  const found = [...text.matchAll(format === "ledger" ? plain : beans)];
  return new Map(
    found.map(([, name = "", amount = ""]) => [
      name.replace("P-", "").replace(/-3a/g, ":").replace(/-2d/g, "-"),
      fenOf(amount),
    ]),
  );
}

async function monthIn(format: "ledger" | "beancount"): Promise<Figures> {
  const [before, after] = [await inJournal(format, "2026-09"), await inJournal(format, "2026-10")];
  const moved = (name: string) => (after.get(name) ?? 0n) - (before.get(name) ?? 0n);
  const payables = [...after.keys()].filter((name) => name.startsWith("Liabilities:Payable:"));
  const disputed = -moved("Liabilities:Dispute:AGR-7");
  return {
    parties: Object.fromEntries(payables.map((name) => [name.replace("Liabilities:Payable:", ""), -moved(name)])),
    gross: moved("Assets:Receivable:500000:payer") - disputed,
    deferredAtTheEnd: -(after.get("Liabilities:Deferred:AGR-7") ?? 0n),
    disputed,
  };
}

describe("one statement in every format", () => {
  it("has in it what can be hard: deferral, dispute, guarantee, VAT, a third region, 10^15 fen and less than nothing", () => {
    const result = october.statements[0]?.statement.result;
    expect(result?.lines.map(({ amountFen }) => amountFen)).toEqual([
      "-480000000000000",
      "399999999999996",
      "1000000000000000",
      "0",
    ]);
    expect(result).toMatchObject({ disputedFen: "50000", deferred: { openingFen: "600000000000000" } });
    expect(result?.adjustments).toHaveLength(3);
    expect(result?.totals[0]).toEqual({ partyId: "440100:fund", fen: "-23999999992000" });
    expect(october.statements[0]?.signatures.map(({ region }) => region)).toEqual(["440100", "500000", "510100"]);
    expect(october.disputes).toMatchObject([{ state: "open", reason: "行数与日志不符" }]);
  });

  it("says the same fen in JSON, CSV, XLSX and both kinds of journals", async () => {
    const figures = await inJson(october);
    expect(await inXlsx(october)).toEqual(figures);
    const { parties, gross } = figures;
    expect(await inCsv(october)).toEqual({ parties, gross });
    expect(await monthIn("ledger")).toEqual(figures);
    expect(await monthIn("beancount")).toEqual(figures);
    expect(await journalBytes("hledger", "2026-10")).toEqual(await journalBytes("ledger", "2026-10"));
  });

  it.each(["zh", "en"] as const)(
    "says the same yuan in the PDF, in %s",
    async (language: Language) => {
      const model = { ...october, language };
      const { parties, gross, deferredAtTheEnd, disputed } = await inJson(model);
      const pages = pdfPages(await bytesOf("pdf", model));
      const whole = pages.join("\n");
      for (const fen of [...Object.values(parties), gross, deferredAtTheEnd, disputed])
        expect(whole).toContain(yuanShown(fen));
      for (const line of october.statements[0]?.statement.result.lines ?? []) {
        for (const fen of [line.amountFen, line.taxFen, line.keptFen]) expect(whole).toContain(yuanShown(fen));
      }
      for (const page of pages) expect(page).toContain(october.statements[0]?.digest);
      expect(whole).not.toContain("\uFFFD");
    },
    60_000,
  );

  it("gives text instead of a formula where a spreadsheet would only pretend, and says so", async () => {
    expect((await inJson(september)).gross).toBe(1_200_000_000_000_000n);
    expect(await inXlsx(september)).toEqual(await inJson(september));
    const { sheets } = await readXlsx(await bytesOf("xlsx", september));
    const totals = sheets[0];
    const gross = totals?.rows.findIndex(([label]) => label === "应结总额") ?? -1;
    expect(totals?.rows[gross]?.slice(0, 7)).toEqual([
      ...["应结总额", "", "12000000000000.00", "1200000000000000", "1200000000000000", null],
      "超出电子表格的 15 位精度,按文本给出,未在表内重算",
    ]);
    expect(
      [...(totals?.cells?.keys() ?? [])].filter((at) => at.startsWith(`${gross},`) && totals?.cells?.get(at)?.formula),
    ).toEqual([]);
  });
});

describe("the sheets", () => {
  it.each(["zh", "en"] as const)("hold every check, with headings that stay in sight, in %s", async (language) => {
    const { sheets } = await readXlsx(await bytesOf("xlsx", { ...october, language }));
    const names = { zh: ["汇总", "明细", "调整", "凭证"], en: ["Totals", "Lines", "Adjustments", "Evidence"] };
    expect(sheets.map(({ name }) => name)).toEqual(names[language]);
    for (const one of sheets) expect(one.freezePane).toMatchObject({ rows: 1 });
    const checks = sheets[0]?.rows.slice(1).map((row) => row[5]) ?? [];
    expect(checks).toHaveLength(24);
    expect(checks.every((one) => one === true)).toBe(true);
    const formulas = sheets.flatMap(({ cells }) => [...(cells?.values() ?? [])].filter(({ formula }) => formula));
    expect(formulas.length).toBeGreaterThan(150);
    const last = sheets[1]?.rows.map((row) => row.at(-1)).filter((cell) => cell !== null);
    expect(last?.slice(1)).toEqual([true, true, true, true]);
  });

  it("store what each working column and each amount in yuan comes to, from the text beside it", async () => {
    const { sheets } = await readXlsx(await bytesOf("xlsx", october));
    const totals = sheets[0]?.rows.slice(1).filter(([, , , fen]) => fen !== null) ?? [];
    for (const [, , inYuan, fen, , , , working] of totals) {
      expect([working, inYuan]).toEqual([Number(fen), Number(yuanShown(String(fen)).replaceAll(",", ""))]);
    }
    let seen = 0;
    for (const { rows, cells } of sheets.slice(1)) {
      const column = (letters: string) => [...letters].reduce((at, c) => at * 26 + c.charCodeAt(0) - 64, 0) - 1;
      for (const [at, { formula = "" }] of cells ?? []) {
        const [, of, letters = "", row = ""] = /^(VALUE|ROUND)\(([A-Z]+)(\d+)/.exec(formula) ?? [];
        if (of === undefined) continue;
        const source = String(rows[Number(row) - 1]?.[column(letters)]);
        const [r = 0, c = 0] = at.split(",").map(Number);
        const shown = of === "VALUE" ? source : yuanShown(source).replaceAll(",", "");
        expect(rows[r]?.[c]).toBe(Number(shown));
        seen++;
      }
    }
    expect(seen).toBeGreaterThan(80);
  });

  it.each(["zh", "en"] as const)("and pages tell every time by the clock in China: %s", async (language) => {
    const deadline = { rule: "settlement.dispute", until: "2026-11-29T16:00:00.000Z", verified: true };
    const model = { ...october, language, disputes: october.disputes.map((one) => ({ ...one, deadline })) };
    const { sheets } = await readXlsx(await bytesOf("xlsx", model));
    const pages = pdfPages(await bytesOf("pdf", model));
    for (const text of [sheets.flatMap(({ rows }) => rows.flat()).join("\n"), pages.join("\n")]) {
      expect(text).toContain("2026-11-30 00:00 UTC+8");
      expect(text.match(/2026-\d\d-\d\d \d\d:\d\d UTC\+8/g)?.length).toBeGreaterThan(1);
      expect(text).not.toMatch(/:\d\d\.\d{3}Z/);
    }
  });

  it("speak one language: no Chinese in English sheets but names of regions and entries, and what people wrote", async () => {
    const { sheets } = await readXlsx(await bytesOf("xlsx", { ...october, language: "en" }));
    const cells = sheets.flatMap(({ rows }) => rows.flat()).filter((cell) => typeof cell === "string");
    const strange = cells.map((cell) => cell.replace(/成都市|重庆市|广州市|电梯安全评价指数|行数与日志不符/g, ""));
    expect(strange.filter((cell) => /\p{Script=Han}/u.test(cell))).toEqual([]);
  });
});
