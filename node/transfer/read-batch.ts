import type { DataItem } from "../catalog/model.ts";
import { runningSha256 } from "../kernel/digest.ts";
import { type Failure, ok, type Result } from "../kernel/exchange-error.ts";
import type { ReadPlan } from "../policy/enforce.ts";
import { compileMasks } from "../policy/masking.ts";
import { compileRowFilter } from "../policy/row-filter.ts";
import { BufferPool } from "./buffer-pool.ts";
import { csvLine } from "./csv-line.ts";
import { refuseTransfer } from "./refusal.ts";
import type { OpenedSource, SourceRow } from "./sources/port.ts";
import { MAX_FRAME_BYTES } from "./wire.ts";

/** One batch as it will leave: already projected, filtered, masked, and hashed. */
export type ReadBatch = {
  readonly kind: "batch";
  readonly pieces: readonly Uint8Array[];
  readonly rows: bigint;
  readonly bytes: bigint;
  /** Of the transfer's content from its first byte to the last of this batch (docs/adr/0010). */
  readonly sha256: string;
  /** To be called when the bytes are needed no more: the consumer has signed for them. */
  readonly release: () => void;
  /** Where the source stands after it, in the source's own measure; with it the same bytes can be made again. */
  readonly end: string;
};

/** `exceeds`: the source has more, but the agreement's volume does not. */
export type ReadOutcome =
  | ReadBatch
  | { readonly kind: "end" }
  | { readonly kind: "exceeds"; readonly limit: "maxRows" | "maxBytes" };

export type BatchLimits = {
  readonly maxRows: number;
  readonly maxBytes: number;
  /** A slow source is cut here, so that a receipt never covers much more than a second. */
  readonly deadlineMs: number;
  /** Left of the agreement's volume; null: no limit. */
  readonly rowsLeft: bigint | null;
  readonly bytesLeft: bigint | null;
};

export type BatchReader = {
  readonly next: (limits: BatchLimits) => Promise<Result<ReadOutcome>>;
  /** The batch that ended at `end`, made again. */
  readonly again: (end: string) => Promise<Result<ReadOutcome>>;
  /** Over every byte given so far. */
  readonly sha256: () => string;
};

const PIECE_BYTES = MAX_FRAME_BYTES;
/** One being read, one on its way, two that wait for their signatures. */
const MAX_POOLED = 4;
/** Asking the clock at every row would cost as much as the row. */
const CLOCK_ROWS = 256;
const UNLIMITED: Omit<BatchLimits, "rowsLeft" | "bytesLeft"> = {
  maxRows: Number.MAX_SAFE_INTEGER,
  maxBytes: Number.MAX_SAFE_INTEGER,
  deadlineMs: Number.POSITIVE_INFINITY,
};

/** How a source is read under a plan: nothing outside the plan gets into a batch. */
export function createBatchReader(
  source: OpenedSource,
  plan: ReadPlan,
  fields: readonly DataItem[],
  nowMs: () => number,
): Result<BatchReader> {
  return source.kind === "rows" ? rowReader(source, plan, fields, nowMs) : byteReader(source, plan, fields);
}

type Rows = Extract<OpenedSource, { kind: "rows" }>;
type Bytes = Extract<OpenedSource, { kind: "bytes" }>;

function rowReader(
  source: Rows,
  plan: ReadPlan,
  fields: readonly DataItem[],
  nowMs: () => number,
): Result<BatchReader> {
  const places = plan.columns.map((column) => source.header.indexOf(column));
  const absent = plan.columns.filter((_, i) => places[i] === -1);
  if (absent.length > 0) return noColumns(absent);
  const filter = compileRowFilter(plan.rows, source.header, fields);
  if (!filter.ok) return filter;
  const masked = compileMasks(plan.columns, plan.masks, plan.maskKey, fields);
  const lineOf = (row: SourceRow) => csvLine(masked(places.map((place) => row.cells[place] ?? "")));
  const cursor = createCursor(source);
  const digest = runningSha256();
  let isBegun = false;

  const read = async (limits: BatchLimits, until: number): Promise<Result<ReadOutcome>> => {
    const batch = new BatchText(isBegun ? "" : csvLine(plan.columns));
    for (;;) {
      if (cursor.taken >= until || batch.isFull(limits)) break;
      if (batch.rows > 0 && cursor.taken % CLOCK_ROWS === 0 && nowMs() >= limits.deadlineMs) break;
      const looked = cursor.peek();
      const row = looked instanceof Promise ? await looked : looked;
      if (!row.ok) return row;
      if (row.value === undefined) break;
      if (filter.value(row.value.cells)) {
        const line = lineOf(row.value);
        const lineBytes = Buffer.byteLength(line);
        const over = batch.exceeds(lineBytes, limits);
        if (over !== undefined && batch.rows === 0) return ok({ kind: "exceeds", limit: over });
        if (batch.rows > 0 && (over !== undefined || batch.bytes + lineBytes > limits.maxBytes)) break;
        batch.append(line, lineBytes);
        batch.rows += 1;
      }
      cursor.take();
    }
    if (batch.bytes === 0) return ok({ kind: "end" });
    isBegun = true;
    const pieces = batch.finish();
    for (const piece of pieces) digest.update(piece);
    return ok({
      kind: "batch",
      pieces,
      rows: BigInt(batch.rows),
      bytes: BigInt(batch.bytes),
      sha256: digest.hex(),
      release: () => {},
      end: String(cursor.taken),
    });
  };
  return ok({
    next: (limits) => read(limits, Number.POSITIVE_INFINITY),
    again: (end) => read({ ...UNLIMITED, rowsLeft: null, bytesLeft: null }, Number(end)),
    sha256: digest.hex,
  });
}

/** Rows one by one over the chunks that a source gives; `taken` counts rows of the source, also those filtered out. */
function createCursor(source: Rows) {
  let rows: readonly SourceRow[] = [];
  let at = 0;
  const cursor = {
    taken: 0,
    isOver: false,
    /** Answers at once while the chunk lasts: a promise per row would cost more than the row. */
    peek(): Promise<Result<SourceRow | undefined>> | Result<SourceRow | undefined> {
      const row = rows[at];
      return row === undefined ? cursor.refill() : ok(row);
    },
    async refill(): Promise<Result<SourceRow | undefined>> {
      if (cursor.isOver) return ok(undefined);
      const next = await source.rows();
      if (!next.ok) return next;
      rows = next.value ?? [];
      at = 0;
      cursor.isOver = next.value === null;
      return ok(rows[0]);
    },
    take() {
      at += 1;
      cursor.taken += 1;
    },
  };
  return cursor;
}

/** Lines gathered into pieces of a frame's size. */
class BatchText {
  rows = 0;
  bytes = 0;
  #text: string[] = [];
  #textBytes = 0;
  #pieces: Uint8Array[] = [];

  constructor(header: string) {
    if (header !== "") this.append(header, Buffer.byteLength(header));
  }

  isFull({ maxRows, maxBytes }: BatchLimits): boolean {
    return this.rows >= maxRows || this.bytes >= maxBytes;
  }

  exceeds(lineBytes: number, { rowsLeft, bytesLeft }: BatchLimits): "maxRows" | "maxBytes" | undefined {
    if (rowsLeft !== null && this.rows >= rowsLeft) return "maxRows";
    if (bytesLeft !== null && this.bytes + lineBytes > bytesLeft) return "maxBytes";
    return undefined;
  }

  finish(): readonly Uint8Array[] {
    this.#flush();
    return this.#pieces;
  }

  append(line: string, bytes: number): void {
    this.#text.push(line);
    this.bytes += bytes;
    this.#textBytes += bytes;
    if (this.#textBytes >= PIECE_BYTES) this.#flush();
  }

  #flush(): void {
    const text = Buffer.from(this.#text.join(""), "utf8");
    for (let at = 0; at < text.length; at += PIECE_BYTES) this.#pieces.push(text.subarray(at, at + PIECE_BYTES));
    this.#text = [];
    this.#textBytes = 0;
  }
}

/** Bytes pass as they are, so only an agreement that grants the entry whole, and in clear, may be served from them. */
function byteReader(source: Bytes, plan: ReadPlan, fields: readonly DataItem[]): Result<BatchReader> {
  const isWhole = fields.every(({ name }) => plan.columns.includes(name));
  if (!isWhole || plan.rows.length > 0 || Object.keys(plan.masks).length > 0) return notWhole();
  const digest = runningSha256();
  const buffers = new BufferPool(MAX_POOLED);
  let offset = 0n;

  const read = async (length: bigint): Promise<Result<ReadOutcome>> => {
    if (offset >= source.size) return ok({ kind: "end" });
    const places = placesIn(buffers, Number(length));
    const pieces: Uint8Array[] = [];
    let bytes = 0n;
    // One at a time, so that hashing never holds up the frames of the batch before for long; the disk is a piece ahead.
    const ask = (i: number) => {
      const place = places.pieces[i];
      return place === undefined ? undefined : { place, filled: source.read(offset + BigInt(i * PIECE_BYTES), place) };
    };
    for (let i = 0, asked = ask(0); asked !== undefined; i++) {
      const { place } = asked;
      const filled = await asked.filled;
      // A source may end earlier than it said.
      asked = filled === place.length ? ask(i + 1) : undefined;
      const piece = place.subarray(0, filled);
      bytes += BigInt(filled);
      digest.update(piece);
      if (filled > 0) pieces.push(piece);
    }
    offset += bytes;
    const { release } = places;
    return ok({
      kind: "batch",
      pieces,
      rows: 0n,
      bytes,
      sha256: digest.hex(),
      release,
      end: String(offset),
    });
  };
  return ok({
    next: ({ maxBytes, bytesLeft }) => {
      if (bytesLeft === 0n && offset < source.size) return Promise.resolve(ok({ kind: "exceeds", limit: "maxBytes" }));
      return read(smallest(BigInt(maxBytes), source.size - offset, bytesLeft));
    },
    again: (end) => read(BigInt(end) - offset),
    sha256: digest.hex,
  });
}

/** Pieces of a frame's size in one buffer. */
function placesIn(buffers: BufferPool, length: number) {
  const buffer = buffers.take(length);
  const pieces = Array.from({ length: Math.ceil(length / PIECE_BYTES) }, (_, i) =>
    buffer.subarray(i * PIECE_BYTES, Math.min(length, (i + 1) * PIECE_BYTES)),
  );
  return { pieces, release: () => buffers.give(buffer) };
}

function smallest(a: bigint, b: bigint, c: bigint | null): bigint {
  const least = a < b ? a : b;
  return c !== null && c < least ? c : least;
}

function noColumns(columns: readonly string[]): Failure {
  return refuseTransfer(
    "SOURCE_MALFORMED",
    "source.columns",
    {
      zh: `数据源缺少协议约定的列 ${columns.join("、")};请提供方补齐数据源。`,
      en: `The source lacks the agreed column ${columns.join(", ")}; the provider must complete it.`,
    },
    { columns: columns.join(",") },
  );
}

function notWhole(): Failure {
  return refuseTransfer("RAW_NOT_WHOLE", "policy.raw", {
    zh: "该条目的数据源为原始文件,只能整份、明文提供;协议限定了字段、行或脱敏,因此不能传输。请提供方改用 CSV 数据源。",
    en: "The entry's source is a raw file, which passes whole and in clear only, but the agreement limits fields or rows or masks some; the provider must connect a CSV source instead.",
  });
}
