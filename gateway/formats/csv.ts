import { type CsvFault, CsvScanner, detectDelimiter, withoutApostrophe, writeCsvRow } from "../../node/kernel/csv.ts";
import { type Failure, ok, type Result, refusals } from "../../node/kernel/exchange-error.ts";
import type { Text } from "../../node/kernel/text.ts";
import { decodeText } from "./encoding.ts";
import type { Table } from "./table.ts";

const refuse = refusals({
  CSV_UNCLOSED_QUOTE: "invalid-input",
  CSV_TEXT_AFTER_QUOTE: "invalid-input",
  CSV_RECORD_TOO_LONG: "too-large",
});

const SAMPLE_CHARS = 64 * 1024;

/** A whole CSV file of moderate size; bulk data goes through the data plane's own sources instead. */
export function readCsvTable(bytes: Uint8Array): Result<{ table: Table; notes: readonly Text[] }> {
  const decoded = decodeText(bytes);
  if (!decoded.ok) return decoded;
  const { text, notes } = decoded.value;
  const scanner = new CsvScanner({ delimiter: detectDelimiter(text.slice(0, SAMPLE_CHARS)) });
  const records = [...scanner.push(text), ...scanner.end()].map(({ cells }) => cells.map(withoutApostrophe));
  if (scanner.fault !== undefined) return broken(scanner.fault);
  const [headers = [], ...rows] = records;
  return ok({ table: { headers, rows }, notes });
}

/** With a byte order mark: without it spreadsheets read Chinese as something else. */
export function writeCsvTable({ headers, rows }: Table): Uint8Array {
  const lines = [headers, ...rows].map((cells) => writeCsvRow(cells, { spreadsheetSafe: true }));
  return Buffer.from(`\ufeff${lines.join("")}`, "utf8");
}

function broken({ kind, line, column }: CsvFault): Failure {
  const place = { line: String(line), column: String(column) };
  switch (kind) {
    case "unclosed-quote":
      return refuse("CSV_UNCLOSED_QUOTE", quoteText(line, column), place);
    case "text-after-quote":
      return refuse(
        "CSV_TEXT_AFTER_QUOTE",
        {
          zh: `第 ${line} 行第 ${column} 列:引号结束后还有文字;单元格中的引号须写成两个引号。`,
          en: `Line ${line}, column ${column}: text after the closing quote; a quote inside a cell is written twice.`,
        },
        place,
      );
    case "record-too-long":
      return refuse("CSV_RECORD_TOO_LONG", quoteText(line, column), place);
  }
}

function quoteText(line: number, column: number): Text {
  return {
    zh: `第 ${line} 行第 ${column} 列开始的引号没有结束,其后内容无法分行;请补上引号。`,
    en: `The quote opened on line ${line}, column ${column}, is never closed, so nothing after it can be told apart; close it.`,
  };
}
