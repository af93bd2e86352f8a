/** One record. `line` is the line of the file on which it begins, counting from 1. Blank lines are no records. */
export type CsvRow = { readonly line: number; readonly cells: string[] };

/** Why scanning stopped, and where: for a quote its own line, and the cell's number in its record, both from 1. */
export type CsvFault = {
  readonly kind: "unclosed-quote" | "text-after-quote" | "record-too-long";
  readonly line: number;
  readonly column: number;
};

export type CsvScannerOptions = { readonly delimiter?: string };

const QUOTE = 34;
const LF = 10;
const CR = 13;
const BOM = 0xfeff;

/**
 * A record may not grow beyond this many characters. Without a limit one unclosed quote near the top of a file would
 * gather the whole rest of it in memory before anybody is told.
 */
const MAX_RECORD_CHARS = 8 * 1024 * 1024;

/**
 * Reads comma-separated text (RFC 4180) from decoded chunks cut anywhere. After `push` and `end` ask `fault`: a faulty
 * scanner has given every record before the fault and gives none after it. A quote inside an unquoted cell is text.
 */
export class CsvScanner {
  readonly #delimiter: string;
  readonly #delimiterCode: number;
  #state: "cell" | "plain" | "quoted" | "closing" = "cell";
  #cells: string[] = [];
  #text = "";
  #line = 1;
  #recordLine = 1;
  #quoteLine = 1;
  #started = false;
  #afterCr = false;
  #heldChars = 0;
  #fault: CsvFault | undefined;
  // Positions of the next quote and CR in the chunk at hand; looked up anew only once passed, else a chunk without
  // any would be searched to its end for every record.
  #quoteAt = -1;
  #crAt = -1;

  constructor(options: CsvScannerOptions = {}) {
    this.#delimiter = options.delimiter ?? ",";
    this.#delimiterCode = this.#delimiter.charCodeAt(0);
  }

  get fault(): CsvFault | undefined {
    return this.#fault;
  }

  push(chunk: string): CsvRow[] {
    const rows: CsvRow[] = [];
    let at = this.#begin(chunk);
    this.#quoteAt = -1;
    this.#crAt = -1;
    while (at < chunk.length && this.#fault === undefined) {
      if (this.#isBetweenRecords()) at = this.#plainLines(chunk, at, rows);
      if (at < chunk.length) at = this.#step(chunk, at, rows);
    }
    this.#heldChars = rows.length > 0 || this.#isBetweenRecords() ? 0 : this.#heldChars + chunk.length;
    if (this.#heldChars > MAX_RECORD_CHARS) this.#fail("record-too-long", this.#recordLine);
    return rows;
  }

  /** The last record, when the text does not end with a line break. */
  end(): CsvRow[] {
    const rows: CsvRow[] = [];
    if (this.#fault !== undefined || this.#isBetweenRecords()) return rows;
    if (this.#state === "quoted") this.#fail("unclosed-quote", this.#quoteLine);
    else this.#closeRecord(rows);
    return rows;
  }

  #isBetweenRecords(): boolean {
    return this.#state === "cell" && this.#cells.length === 0;
  }

  #begin(chunk: string): number {
    if (chunk === "") return 0;
    let at = 0;
    if (!this.#started && chunk.charCodeAt(0) === BOM) at = 1;
    this.#started = true;
    if (this.#afterCr && at < chunk.length) {
      this.#afterCr = false;
      if (chunk.charCodeAt(at) === LF) at += 1;
    }
    return at;
  }

  /** Takes whole lines that hold neither quotes nor a lone CR: the common case, at the speed of `split`. */
  #plainLines(chunk: string, from: number, rows: CsvRow[]): number {
    let at = from;
    for (;;) {
      const end = chunk.indexOf("\n", at);
      if (end === -1) return at;
      if (this.#quoteAt < at) this.#quoteAt = positionOf(chunk, '"', at);
      if (this.#crAt < at) this.#crAt = positionOf(chunk, "\r", at);
      if (this.#quoteAt < end || this.#crAt < end - 1) return at;
      const stop = this.#crAt === end - 1 ? end - 1 : end;
      if (stop > at) rows.push({ line: this.#line, cells: chunk.slice(at, stop).split(this.#delimiter) });
      this.#line += 1;
      at = end + 1;
    }
  }

  #step(chunk: string, at: number, rows: CsvRow[]): number {
    switch (this.#state) {
      case "cell":
        if (this.#cells.length === 0) this.#recordLine = this.#line;
        if (chunk.charCodeAt(at) !== QUOTE) {
          this.#state = "plain";
          return at;
        }
        this.#state = "quoted";
        this.#quoteLine = this.#line;
        return at + 1;
      case "plain":
        return this.#plain(chunk, at, rows);
      case "quoted":
        return this.#quoted(chunk, at);
      case "closing":
        return this.#closing(chunk, at, rows);
    }
  }

  #plain(chunk: string, at: number, rows: CsvRow[]): number {
    let end = at;
    while (end < chunk.length) {
      const code = chunk.charCodeAt(end);
      if (code === this.#delimiterCode || code === LF || code === CR) break;
      end += 1;
    }
    this.#text += chunk.slice(at, end);
    return end === chunk.length ? end : this.#closeCell(chunk, end, rows);
  }

  #quoted(chunk: string, at: number): number {
    const stop = positionOf(chunk, '"', at);
    const text = chunk.slice(at, stop);
    this.#text += text;
    // Not in the chunk: one without line breaks would be searched to its end for every quote.
    for (let lf = text.indexOf("\n"); lf !== -1; lf = text.indexOf("\n", lf + 1)) this.#line += 1;
    if (stop === chunk.length) return stop;
    this.#state = "closing";
    return stop + 1;
  }

  #closing(chunk: string, at: number, rows: CsvRow[]): number {
    const code = chunk.charCodeAt(at);
    if (code === QUOTE) {
      this.#text += '"';
      this.#state = "quoted";
      return at + 1;
    }
    if (code === this.#delimiterCode || code === LF || code === CR) return this.#closeCell(chunk, at, rows);
    this.#fail("text-after-quote", this.#line);
    return chunk.length;
  }

  #closeCell(chunk: string, at: number, rows: CsvRow[]): number {
    const code = chunk.charCodeAt(at);
    if (code === this.#delimiterCode) {
      this.#cells.push(this.#text);
      this.#text = "";
      this.#state = "cell";
      return at + 1;
    }
    this.#closeRecord(rows);
    this.#line += 1;
    if (code === LF) return at + 1;
    this.#afterCr = at + 1 === chunk.length;
    return chunk.charCodeAt(at + 1) === LF ? at + 2 : at + 1;
  }

  #closeRecord(rows: CsvRow[]): void {
    const isBlank = this.#state === "plain" && this.#cells.length === 0 && this.#text === "";
    this.#cells.push(this.#text);
    if (!isBlank) rows.push({ line: this.#recordLine, cells: this.#cells });
    this.#cells = [];
    this.#text = "";
    this.#state = "cell";
  }

  #fail(kind: CsvFault["kind"], line: number): void {
    this.#fault = { kind, line, column: this.#cells.length + 1 };
    this.#cells = [];
    this.#text = "";
  }
}

function positionOf(chunk: string, character: string, from: number): number {
  const position = chunk.indexOf(character, from);
  return position === -1 ? chunk.length : position;
}

const DELIMITERS = [",", ";", "\t", "，", "；", "|"];
const RECORDS_LOOKED_AT = 10;

/** The delimiter that gives every one of the first ten records the same number of cells, more than one; else the header's most frequent. */
export function detectDelimiter(sample: string): string {
  const counts = DELIMITERS.map((delimiter) => ({ delimiter, cells: firstCounts(sample, delimiter) }));
  const byWidth = counts
    .map(({ delimiter, cells }) => ({ delimiter, width: cells[0] ?? 1, isEven: cells.every((n) => n === cells[0]) }))
    .filter(({ width }) => width > 1)
    .sort((a, b) => Number(b.isEven) - Number(a.isEven) || b.width - a.width);
  return byWidth[0]?.delimiter ?? ",";
}

function firstCounts(sample: string, delimiter: string): number[] {
  const scanner = new CsvScanner({ delimiter });
  const whole = scanner.push(sample);
  // The last record of a sample may be cut off, so it counts only when it is the only one.
  const rows = whole.length > 0 ? whole : scanner.end();
  return rows.slice(0, RECORDS_LOOKED_AT).map(({ cells }) => cells.length);
}

export type CsvWriteOptions = {
  readonly delimiter?: string;
  /** For files that people open in a spreadsheet: a cell that would be taken for a formula is led by an apostrophe. */
  readonly spreadsheetSafe?: boolean;
};

/** One record with its line break (CRLF, RFC 4180 §2). */
export function writeCsvRow(cells: readonly string[], options: CsvWriteOptions = {}): string {
  const delimiter = options.delimiter ?? ",";
  const written = cells.map((cell) => writeCell(options.spreadsheetSafe ? spreadsheetSafe(cell) : cell, delimiter));
  // One empty cell would be a blank line, which is no record.
  const line = written.length === 1 && written[0] === "" ? '""' : written.join(delimiter);
  return `${line}\r\n`;
}

function writeCell(cell: string, delimiter: string): string {
  const needsQuotes = cell.includes(delimiter) || /["\r\n\ufeff]/.test(cell);
  return needsQuotes ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/**
 * Spreadsheets take these first characters for a formula; a plain number stays a number. A cell that looks disarmed
 * already is disarmed once more, so that `withoutApostrophe` undoes exactly one. Source: OWASP, CSV injection.
 */
function spreadsheetSafe(cell: string): string {
  if (!/^'?[=+\-@\t\r＝＋－＠]/.test(cell) || /^[+-]?[0-9]+(\.[0-9]+)?$/.test(cell)) return cell;
  return `'${cell}`;
}

/** Undoes `spreadsheetSafe` on a cell that was read back. */
export function withoutApostrophe(cell: string): string {
  return /^''?[=+\-@\t\r＝＋－＠]/.test(cell) ? cell.slice(1) : cell;
}
