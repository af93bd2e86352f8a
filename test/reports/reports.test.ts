import { readXlsx } from "hucre/xlsx";
import { beforeAll, describe, expect, it } from "vitest";
import { moneyFlowSvg, shareBarSvg } from "../../gateway/reports/charts.ts";
import { text } from "../../gateway/reports/csv.ts";
import { type JournalModel, journalOf } from "../../gateway/reports/journal-model.ts";
import { namesOf } from "../../gateway/reports/labels.ts";
import { type ReportModel, reportModelOf } from "../../gateway/reports/model.ts";
import { bmp } from "../../gateway/reports/pdf-parts.ts";
import {
  type DocumentFormat,
  documentFormats,
  type JournalFormat,
  journalFormats,
  renderJournal,
  renderReport,
} from "../../gateway/reports/render.ts";
import { canonicalText, digestOf } from "../../node/kernel/canonical-json.ts";
import { verifyEd25519 } from "../../node/kernel/ed25519.ts";
import { err, mustSucceed, ok } from "../../node/kernel/exchange-error.ts";
import { createLedger } from "../../node/ledger/service.ts";
import { figures, storage } from "../settlement/settled-world.ts";
import {
  CONSUMER,
  finance,
  holdBoth,
  keyOf,
  OCTOBER,
  PROVIDER,
  receiptChain,
  twoRegions,
} from "../settlement/two-regions.ts";
import { pdfPages } from "./pdf-text.ts";

/** The worked example of the specification, settled by two nodes. */
async function workedExample(): Promise<{ readonly model: ReportModel; readonly ledger: JournalModel }> {
  const world = await twoRegions();
  await holdBoth(world, receiptChain("AGR-7", OCTOBER));
  const { settlements, store } = world.provider();
  mustSucceed(await settlements.close(finance(PROVIDER), "2026-10", { declarations: figures }));
  mustSucceed(await world.consumer().settlements.close(finance(CONSUMER), "2026-10", { declarations: storage }));
  await world.quiet();
  const names = new Map([[CONSUMER, "重庆市"]]);
  const deps = {
    config: { region: { id: PROVIDER, name: "成都市" } },
    trust: { region: (id: string) => (names.has(id) ? ({ name: names.get(id) } as never) : undefined) },
    settlements,
    ledger: createLedger({ store }),
    audit: { proof: async () => ok("c2sp.org/tlog-proof@v1\nindex 2\n") },
  };
  return {
    model: mustSucceed(await reportModelOf(deps, "2026-10")),
    ledger: mustSucceed(await journalOf(deps, "2026-10")),
  };
}

let model: ReportModel;
let ledger: JournalModel;
beforeAll(async () => {
  ({ model, ledger } = await workedExample());
});

const textOf = async (format: DocumentFormat) =>
  Buffer.from((await renderReport(format, model)).bytes).toString("utf8");
const journalText = (format: JournalFormat) => Buffer.from(renderJournal(format, ledger).bytes).toString("utf8");

describe("a report", () => {
  it("is the same bytes each time, in every format", async () => {
    for (const format of journalFormats) expect(journalText(format)).toBe(journalText(format));
    for (const format of documentFormats) {
      const [first, second] = [await renderReport(format, model), await renderReport(format, model)];
      expect(Buffer.compare(first.bytes, second.bytes), format).toBe(0);
      expect(first.filename).toMatch(/^heliu-510100-2026-10\./);
    }
  }, 60_000);

  it("in JSON carries the statement as signed: digest and both signatures hold over what is in the file", async () => {
    const { statements } = JSON.parse(await textOf("json"));
    const [{ statement, digest, signatures }] = statements;
    expect(digestOf(statement)).toBe(digest);
    const bytes = Buffer.from(`heliu.statement.v1\n${canonicalText(statement)}`, "utf8");
    expect(signatures).toHaveLength(2);
    for (const { region, keyId, signature } of signatures) {
      const key = keyOf(region, keyId) ?? new Uint8Array();
      expect(verifyEd25519(key, bytes, Buffer.from(signature, "base64"))).toBe(true);
    }
  });

  it("in CSV has a row per share that adds up, with a BOM, CRLF and the columns of the specification", async () => {
    const csv = await textOf("csv");
    expect(csv.startsWith("\uFEFFperiodId,lineId,productId,quantity,")).toBe(true);
    const rows = csv
      .trimEnd()
      .split("\r\n")
      .slice(1)
      .map((row) => row.split(","));
    expect(rows.every((row) => row.length === 15)).toBe(true);
    const shares = rows.filter((row) => row[13] !== "adjustment").reduce((sum, row) => sum + Number(row[14]), 0);
    expect(shares).toBe(200_000);
    expect(rows.filter((row) => row[13] === "adjustment").map((row) => row.slice(11))).toEqual([
      ["510100:provider", "provider", "adjustment", "-81"],
      ["500000:storage", "storage", "adjustment", "110"],
      ["510100:operator", "operator", "adjustment", "-29"],
    ]);
  });

  it("in CSV keeps a spreadsheet from taking text for a formula, and quotes what needs it", () => {
    expect(["=1+1", "@x", "a,b", 'say "x"', "plain", "-1"].map(text)).toEqual([
      "'=1+1",
      "'@x",
      '"a,b"',
      '"say ""x"""',
      "plain",
      "'-1",
    ]);
  });

  it("in XLSX has four sheets whose totals are formulas with the right results, fen as text beside yuan", async () => {
    const { bytes } = await renderReport("xlsx", model);
    const book = await readXlsx(bytes);
    expect(book.sheets.map(({ name }) => name)).toEqual(["汇总", "明细", "调整", "凭证"]);
    const [totals] = book.sheets;
    expect(totals?.rows.slice(1, 7).map((row) => row.slice(0, 7))).toEqual([
      ["500000:storage", "重庆市 存储", 122, "12200", "12200", true, "相符"],
      ["510100:fund", "成都市 调节基金", 80, "8000", "8000", true, "相符"],
      ["510100:operator", "成都市 运营机构", 694.21, "69421", "69421", true, "相符"],
      ["510100:provider", "成都市 提供方", 1103.79, "110379", "110379", true, "相符"],
      ["各方合计", "", 2000, "200000", "200000", true, "相符"],
      ["应结总额", "", 2060.36, "206036", "206036", true, "相符"],
    ]);
    expect(totals?.cells?.get("1,7")?.formula).toBe(
      "SUMIFS('明细'!$AB$2:$AB$13,'明细'!$O$2:$O$13,A2)+SUMIFS('调整'!$H$2:$H$17,'调整'!$D$2:$D$17,A2)",
    );
  });

  it("as journals balances to the ledger", () => {
    const plain = journalText("ledger");
    expect(plain).toContain("Assets:Receivable:500000:payer  0.00 CNY = 2060.36 CNY");
    expect(plain).toContain("Assets:Clearing:AGR-7  0.00 CNY = 0.00 CNY");
    expect(plain).toContain("Equity:Usage:500000:payer  0 CALL = 15003 CALL");
    expect(journalText("hledger")).toBe(plain);
    expect(journalText("beancount")).toContain("balance Liabilities:Payable:P-510100-3aprovider  -1103.79 ~ 0 CNY");
  });

  it("says what blocks it while nothing is signed", async () => {
    const world = await twoRegions();
    await holdBoth(world, receiptChain("AGR-7", OCTOBER));
    const { settlements, store } = world.provider();
    mustSucceed(await settlements.close(finance(PROVIDER), "2026-10"));
    await world.quiet();
    const deps = {
      config: { region: { id: PROVIDER, name: "成都市" } },
      trust: { region: () => undefined },
      settlements,
      ledger: createLedger({ store }),
      audit: { proof: async () => err({ kind: "not-yet", code: "AUDIT_NOT_YET", text: { zh: "", en: "" } }) },
    };
    const refused = await reportModelOf(deps, "2026-10");
    expect(refused).toMatchObject({ error: { code: "REPORT_NOTHING_SIGNED" } });
    expect(refused.ok ? "" : refused.error.text.zh).toContain("等待 500000 的财务人员关账");
  });
});

describe("the PDF", () => {
  it("has Chinese text that can be taken out again, and the digest on each page", async () => {
    const { bytes } = await renderReport("pdf", model);
    const pages = pdfPages(bytes);
    expect(pages.length).toBeGreaterThan(1);
    const whole = pages.join("");
    // Words part at spaces inside the file, so they are left out of the comparison.
    for (const part of ["应结总额2,060.36元", "成都市提供方", "elevator-1", "逐步推导", "核验码"]) {
      expect(whole.replaceAll(" ", "")).toContain(part);
    }
    expect(whole).not.toContain("\uFFFD");
    for (const page of pages) expect(page).toContain(model.statements[0]?.digest);
  }, 60_000);

  it("writes the code point of a character that no font here has", () => {
    expect(bmp("𠮷野家 A")).toBe("[U+20BB7]野家 A");
  });
});

describe("the pictures", () => {
  const pictures = () => {
    const statements = model.statements.map(({ statement }) => statement);
    const names = namesOf(model.statements, { ...model.regionNames, [PROVIDER]: '<"成都">' });
    return [shareBarSvg(statements, { names }), moneyFlowSvg(statements, { names, payer: CONSUMER })];
  };

  it("hold under a strict policy: no style, no script, names escaped", () => {
    for (const svg of pictures()) {
      expect(svg).not.toMatch(/style=|<style|<script|on\w+=|NaN/);
      expect(svg).toContain("&lt;&quot;成都&quot;&gt;");
    }
  });

  it("say shares that add up to a hundred per cent", () => {
    const shares = [...(pictures()[0] ?? "").matchAll(/ (\d+\.\d)% ·/g)].map(([, share]) => Number(share));
    expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(100, 6);
  });
});
