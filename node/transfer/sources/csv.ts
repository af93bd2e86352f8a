import { type FileHandle, open } from "node:fs/promises";
import { CsvScanner, detectDelimiter } from "../../kernel/csv.ts";
import { type Failure, ok, type Result } from "../../kernel/exchange-error.ts";
import type { Source } from "../model.ts";
import { refuseTransfer } from "../refusal.ts";
import { detectEncoding, type TextEncodingName } from "./encoding.ts";
import { fingerprintOf, unreadable } from "./fingerprint.ts";
import type { OpenedSource, SourceRow } from "./port.ts";

export type CsvLocation = Pick<Extract<Source, { kind: "csv" }>, "path" | "encoding" | "delimiter">;

const CHUNK_BYTES = 256 * 1024;

/** A CSV file as rows: UTF-8 or GB18030, any usual delimiter; the first record is the header. */
export async function openCsv(
  location: CsvLocation,
): Promise<Result<Extract<OpenedSource, { kind: "rows" }> & { readonly encoding: TextEncodingName }>> {
  let file: FileHandle | undefined;
  try {
    file = await open(location.path, "r");
    const fingerprint = await fingerprintOf(file);
    const encoding = location.encoding ?? (await detectEncoding(file));
    if (encoding === undefined) return await closing(file, unknownEncoding(location.path));
    const reader = createReader(file, encoding, location);
    const header = await reader();
    if (!header.ok) return await closing(file, header);
    const [names, ...first] = header.value ?? [];
    if (names === undefined) return await closing(file, empty(location.path));
    return ok(opened(file, fingerprint, encoding, names.cells, first, reader));
  } catch (fault) {
    await file?.close();
    return unreadable(location.path, fault);
  }
}

function opened(
  file: FileHandle,
  fingerprint: string,
  encoding: TextEncodingName,
  header: readonly string[],
  first: readonly SourceRow[],
  reader: () => Promise<Result<readonly SourceRow[] | null>>,
) {
  let pending: readonly SourceRow[] | undefined = first;
  return {
    kind: "rows" as const,
    encoding,
    fingerprint,
    header: header.map((name) => name.trim()),
    isUnchanged: async () => (await fingerprintOf(file)) === fingerprint,
    close: () => file.close(),
    rows: async () => {
      const rows = pending;
      pending = undefined;
      const next = rows === undefined || rows.length === 0 ? await reader() : ok(rows);
      return next.ok ? checkWidth(next, header.length) : next;
    },
  };
}

/** Answers some rows, at least one, or null at the end. */
function createReader(file: FileHandle, encoding: TextEncodingName, { path, delimiter }: CsvLocation) {
  const decoder = new TextDecoder(encoding, { fatal: true });
  let scanner: CsvScanner | undefined;
  let offset = 0;
  let isOver = false;
  return async (): Promise<Result<readonly SourceRow[] | null>> => {
    while (!isOver) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, offset);
      offset += bytesRead;
      isOver = bytesRead === 0;
      const text = decode(decoder, buffer.subarray(0, bytesRead), isOver);
      if (text === undefined) return notEncoded(path, encoding, offset);
      scanner ??= new CsvScanner({ delimiter: delimiter ?? detectDelimiter(text) });
      const rows = isOver ? [...scanner.push(text), ...scanner.end()] : scanner.push(text);
      if (scanner.fault !== undefined) return malformed(path, scanner.fault.line, scanner.fault.kind);
      if (rows.length > 0) return ok(rows);
    }
    return ok(null);
  };
}

function decode(decoder: InstanceType<typeof TextDecoder>, bytes: Uint8Array, isLast: boolean): string | undefined {
  try {
    return decoder.decode(bytes, { stream: !isLast });
  } catch {
    return undefined;
  }
}

/** A row with other cells than the header would put values under wrong names, perhaps past a mask. */
function checkWidth(rows: Result<readonly SourceRow[] | null>, width: number): Result<readonly SourceRow[] | null> {
  if (!rows.ok || rows.value === null) return rows;
  const wrong = rows.value.find(({ cells }) => cells.length !== width);
  if (wrong === undefined) return rows;
  return malformed("", wrong.line, `${wrong.cells.length} cells instead of ${width}`);
}

async function closing(file: FileHandle, failure: Failure): Promise<Failure> {
  await file.close();
  return failure;
}

function malformed(path: string, line: number, what: string): Failure {
  return refuseTransfer(
    "SOURCE_MALFORMED",
    "source.csv",
    {
      zh: `数据源第 ${line} 行不是合法的 CSV(${what});请修正该行后重试。`,
      en: `Line ${line} of the source is not valid CSV (${what}); correct it and try again.`,
    },
    { path, line: String(line), what },
  );
}

function notEncoded(path: string, encoding: string, offset: number): Failure {
  return refuseTransfer(
    "SOURCE_MALFORMED",
    "source.encoding",
    {
      zh: `数据源在第 ${offset} 字节之前有不属于 ${encoding} 的字节;请确认文件编码,或在数据源上写明 encoding。`,
      en: `Before byte ${offset} the source holds bytes that are not ${encoding}; check the file's encoding, or name it on the source.`,
    },
    { path, encoding },
  );
}

function unknownEncoding(path: string): Failure {
  return refuseTransfer(
    "SOURCE_MALFORMED",
    "source.encoding",
    {
      zh: "数据源既不是 UTF-8 也不是 GB18030;请转换编码后重试。",
      en: "The source is neither UTF-8 nor GB18030; convert it and try again.",
    },
    { path },
  );
}

function empty(path: string): Failure {
  return refuseTransfer(
    "SOURCE_MALFORMED",
    "source.header",
    { zh: "数据源是空文件,没有表头;请检查文件。", en: "The source is empty and has no header; check the file." },
    { path },
  );
}
