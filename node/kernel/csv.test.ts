import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CsvScanner, detectDelimiter, withoutApostrophe, writeCsvRow } from "./csv.ts";

function readAll(text: string, delimiter = ",", cuts: readonly number[] = []) {
  const scanner = new CsvScanner({ delimiter });
  const edges = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length];
  const rows = edges.slice(1).flatMap((end, i) => scanner.push(text.slice(edges[i], end)));
  rows.push(...scanner.end());
  return { rows, fault: scanner.fault };
}

const cell = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.string({ unit: fc.constantFrom('"', ",", "\r", "\n", "，", "电", "a", "\ufeff", " "), maxLength: 8 }),
);

describe("a CSV scanner", () => {
  it("looks at every character once, however many quotes a record without line breaks has", () => {
    const quotes = 4_000_000;
    const { rows, fault } = readAll(`"${'""'.repeat(quotes / 2)}"`);
    expect(fault).toBeUndefined();
    expect(rows[0]?.cells[0]?.length).toBe(quotes / 2);
  });

  it("reads back any table that was written, for any chunking and delimiter", () => {
    const table = fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { maxLength: 6 });
    const cuts = fc.array(fc.nat(200), { maxLength: 8 });
    fc.assert(
      fc.property(table, cuts, fc.constantFrom(",", ";", "\t", "，", "|"), (records, at, delimiter) => {
        const text = records.map((cells) => writeCsvRow(cells, { delimiter })).join("");
        const read = readAll(text, delimiter, at);
        expect(read.fault).toBeUndefined();
        expect(read.rows.map((row) => row.cells)).toEqual(records);
      }),
      { numRuns: 500 },
    );
  });

  it("takes LF, CRLF and CR for line ends, skips blank lines and a BOM, and needs no last line end", () => {
    expect(readAll("\ufeffa,b\r\n\r\n1,2\r3,\n\n4,5", ",", [5, 6, 7, 11, 12]).rows).toEqual([
      { line: 1, cells: ["a", "b"] },
      { line: 3, cells: ["1", "2"] },
      { line: 4, cells: ["3", ""] },
      { line: 6, cells: ["4", "5"] },
    ]);
  });

  it("numbers records by the line on which they begin, also after line breaks in cells", () => {
    expect(readAll('a\n"x\ny\r\nz"\nb\n').rows.map((row) => row.line)).toEqual([1, 2, 5]);
  });

  it("names the line of an unclosed quote and gives every record before it", () => {
    const read = readAll('a,b\n1,2\n3,"never\nclosed\n4,5\n', ",", [10, 20]);
    expect(read.rows.map((row) => row.cells)).toEqual([
      ["a", "b"],
      ["1", "2"],
    ]);
    expect(read.fault).toEqual({ kind: "unclosed-quote", line: 3, column: 2 });
  });

  it("refuses text after a closing quote, and a record without end", () => {
    expect(readAll('a\n"1"2\n').fault).toEqual({ kind: "text-after-quote", line: 2, column: 1 });
    const scanner = new CsvScanner();
    scanner.push('a\nb,"');
    for (let i = 0; i < 9; i++) scanner.push("x".repeat(1024 * 1024));
    expect(scanner.fault).toEqual({ kind: "record-too-long", line: 2, column: 2 });
  });
});

describe("detecting a delimiter", () => {
  it("takes the one that cuts all records alike, and not commas inside text", () => {
    expect(detectDelimiter("a;b,c\n1;2\n3,1;4\n")).toBe(";");
    expect(detectDelimiter("名称，代码\n甲，1\n")).toBe("，");
    expect(detectDelimiter('a\tb\n"1\t1"\t2\n')).toBe("\t");
    expect(detectDelimiter("only one column\nx\n")).toBe(",");
  });
});

describe("writing for spreadsheets", () => {
  it("disarms formulas and leaves negative numbers alone", () => {
    expect(writeCsvRow(["=1+1", "-12.5", "@x", "甲"], { spreadsheetSafe: true })).toBe("'=1+1,-12.5,'@x,甲\r\n");
    for (const cell of ["=1", "'=1", "-5", "＝A1", "'", "x"]) {
      const written = writeCsvRow([cell], { spreadsheetSafe: true });
      expect(withoutApostrophe(readAll(written).rows[0]?.cells[0] ?? "")).toBe(cell);
    }
  });
});
