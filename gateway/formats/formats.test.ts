import { readFileSync } from "node:fs";
import { strFromU8, unzipSync, zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import chengdu from "../../data/catalog-chengdu.json" with { type: "json" };
import chongqing from "../../data/catalog-chongqing.json" with { type: "json" };
import { type CatalogEntry, catalogEntrySchema } from "../../node/catalog/model.ts";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { entryColumns, fieldColumns } from "./catalog-columns.ts";
import { exportCatalog } from "./export-catalog.ts";
import { readCatalog } from "./read-catalog.ts";

const REGION = { id: "510100", name: "成都市" };
const entries: CatalogEntry[] = [...chengdu.entries, ...chongqing.entries]
  .filter((entry) => !("securityClass" in entry))
  .map((entry) => catalogEntrySchema.parse(entry));
const awkward: CatalogEntry = {
  ...(entries[0] as CatalogEntry),
  id: "cd-awkward-1",
  name: "=1+1 不是公式",
  keywords: ["含;分号", "空 格", "'=撇号"],
  temporal: { from: "2020-01-01", to: null },
  registration: { state: "coded", validUntil: null },
  quality: { completeness: 0.95, accuracy: 1, timeliness: 0.5 },
  contact: { role: "-5", phone: "028-00000000" },
};

const utf8 = (text: string) => new TextEncoder().encode(text);

describe("a catalogue as a file", () => {
  it.each(["json", "csv", "xlsx"] as const)("comes back from %s as the same entries", async (format) => {
    const all = [...entries, awkward];
    const { bytes, filename } = await exportCatalog(format, REGION, all);
    const file = mustSucceed(await readCatalog(bytes, filename));
    expect(file.faults).toEqual([]);
    expect(file.rows.map(({ value }) => value)).toEqual(all);
  });

  it("is the same bytes every time", async () => {
    const [first, second] = [
      await exportCatalog("xlsx", REGION, entries),
      await exportCatalog("xlsx", REGION, entries),
    ];
    expect(Buffer.compare(first.bytes, second.bytes)).toBe(0);
  });

  it("goes to public DCAT without what is not opened, and comes back exactly", async () => {
    const { bytes, filename } = await exportCatalog("dcat", REGION, entries);
    const opened = entries.filter(({ opening }) => opening.attribute !== "none");
    const file = mustSucceed(await readCatalog(bytes, filename));
    const byId = (a: CatalogEntry, b: CatalogEntry) => (a.id < b.id ? -1 : 1);
    expect(file.rows.map(({ value }) => value as CatalogEntry).sort(byId)).toEqual([...opened].sort(byId));
    expect(opened.length).toBeLessThan(entries.length);
    const first = JSON.parse(Buffer.from(bytes).toString("utf8"))["dcat:dataset"][0];
    expect(first).toMatchObject({ "dct:identifier": "cd-scjg-0001", "dct:description": [{ "@language": "zh" }] });
  });
});

describe("reading a table", () => {
  it("takes Chinese or English headers in any order, and labels for codes", async () => {
    const csv = "名称,共享属性\n";
    const text = "sharing.attribute;ＩＤ;资源格式;是否含个人信息;数据量\n有条件共享;cd-1;CSV、电子表格;否;12,5\n";
    const file = mustSucceed(await readCatalog(utf8(text), "a.csv"));
    expect(file.rows).toEqual([
      {
        row: 1,
        value: {
          id: "cd-1",
          sharing: { attribute: "conditional" },
          formats: ["csv", "xlsx"],
          personalInfo: false,
          recordCount: "12,5",
        },
      },
    ]);
    expect(file.headers).toMatchObject({ formats: "资源格式" });
    expect(await readCatalog(utf8(csv), "a.csv")).toMatchObject({ error: { code: "CATALOG_NO_HEADER" } });
  });

  it("converts GB18030 and says so", async () => {
    const gb18030 =
      "ccf5c4bfb1eacab62cd7cad4b4c3fbb3c62cb9d8bcfcb4ca0a63642d782d303030312cccd8d6d6c9e8b1b88139ef312cb5e7ccdda1a2b9f8c2af0a";
    const file = mustSucceed(await readCatalog(Buffer.from(gb18030, "hex"), "a.csv"));
    // 㐂 takes four bytes there.
    const value = { id: "cd-x-0001", name: "特种设备㐂", keywords: ["电梯", "锅炉"] };
    expect(file.rows).toEqual([{ row: 1, value }]);
    expect(file.notes[0]?.en).toContain("GB18030");
    expect(await readCatalog(Buffer.from("ff2c0a80", "hex"), "a.csv")).toMatchObject({
      error: { code: "ENCODING_UNKNOWN" },
    });
  });

  it("names unknown columns, cells beyond the header and unclosed quotes by place", async () => {
    const file = mustSucceed(await readCatalog(utf8("id,备注\n1,2,3\n"), "a.csv"));
    expect(file.faults.map(({ row, column, value }) => [row, column, value])).toEqual([
      [0, "备注", "备注"],
      [1, "3", "3"],
    ]);
    expect(await readCatalog(utf8('id,name\n1,"x\n2,y\n'), "a.csv")).toMatchObject({
      error: { code: "CSV_UNCLOSED_QUOTE", details: { line: "2", column: "2" } },
    });
    expect(await readCatalog(utf8('{"entries":[\n {"id" 1}]}'), "a.json")).toMatchObject({
      error: { code: "JSON_INVALID", details: { line: "2" } },
    });
  });
});

it("documents every column under both of its names", () => {
  const page = readFileSync(new URL("../../docs/catalogue-files.md", import.meta.url), "utf8");
  for (const { path, header } of [...entryColumns, ...fieldColumns])
    expect(page).toContain(`| ${header} | \`${path}\` |`);
});

describe("reading a spreadsheet", () => {
  it("takes dates and numbers that people typed as such, and numbers rows as they see them", async () => {
    const { writeXlsx } = await import("hucre/xlsx");
    const rows = [
      ["条目标识", "发布日期", "数据量", "内部单位编码"],
      [],
      ["cd-1", new Date("2025-07-17"), 14253, 510100],
    ];
    const bytes = await writeXlsx({ sheets: [{ name: "Sheet1", rows }] });
    const file = mustSucceed(await readCatalog(bytes, "a.xlsx"));
    const value = { id: "cd-1", issued: "2025-07-17", recordCount: 14253, provider: { orgCode: "510100" } };
    expect(file.rows).toEqual([{ row: 2, value }]);
  });

  it("gives each field to its entry, and names a field without one", async () => {
    const { writeXlsx } = await import("hucre/xlsx");
    const fields = [
      ["条目标识", "字段名", "敏感级别", "主键"],
      ["cd-1", "a", "公开", "是"],
      ["cd-2", "b", "S1", "否"],
    ];
    const bytes = await writeXlsx({
      sheets: [
        { name: "entries", rows: [["id"], ["cd-1"]] },
        { name: "fields", rows: fields },
      ],
    });
    const file = mustSucceed(await readCatalog(bytes, "a.xlsx"));
    expect(file.rows).toEqual([
      { row: 1, value: { id: "cd-1", fields: [{ name: "a", sensitivity: "S0", key: true }] } },
    ]);
    expect(file.faults).toMatchObject([{ row: 2, column: "数据项!条目标识", value: "cd-2" }]);
  });
});

describe("a spreadsheet that would unpack to gigabytes", () => {
  /** Sets what the central directory claims a part unpacks to; it is the first record after the local files. */
  function claiming(zip: Uint8Array, bytes: number): Uint8Array {
    const patched = Buffer.from(zip);
    patched.writeUInt32LE(bytes, patched.indexOf(Buffer.from("504b0102", "hex")) + 24);
    return patched;
  }

  it("is refused by its claim, and by the reader when the claim is a lie", async () => {
    const { bytes } = await exportCatalog("xlsx", REGION, entries.slice(0, 1));
    const honest = await readCatalog(claiming(bytes, 2_000_000_000), "a.xlsx");
    expect(honest).toMatchObject({ error: { code: "XLSX_TOO_LARGE" } });

    const parts = unzipSync(bytes);
    const sheet = Object.keys(parts).find((name) => /worksheets\/sheet1/.test(name)) ?? "";
    const { [sheet]: content = new Uint8Array(), ...rest } = parts;
    const padded = utf8(strFromU8(content).replace("<sheetData>", `${" ".repeat(1_000_000)}<sheetData>`));
    const truthful = zipSync({ [sheet]: padded, ...rest });
    expect(await readCatalog(truthful, "a.xlsx")).toMatchObject({ ok: true });
    expect(await readCatalog(claiming(truthful, 10), "a.xlsx")).toMatchObject({ error: { code: "XLSX_INVALID" } });
  });
});
