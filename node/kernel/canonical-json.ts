import { sha256Hex } from "./digest.ts";
import { type ExchangeError, err, ok, type Result, refusals } from "./exchange-error.ts";

/** What a signed document may hold: RFC 8785 without numbers (settlement.md §8). */
export type Canonical = string | boolean | null | readonly Canonical[] | { readonly [key: string]: Canonical };

const refuse = refusals({
  CANONICAL_NUMBER: "invalid-input",
  CANONICAL_LONE_SURROGATE: "invalid-input",
  CANONICAL_NOT_JSON: "invalid-input",
  CANONICAL_NOT_CANONICAL: "invalid-input",
});

class CanonicalFault extends Error {
  readonly error: ExchangeError;
  constructor(error: ExchangeError) {
    super(error.code);
    this.error = error;
  }
}

/** The canonical text of any parsed JSON value. Refuses numbers and lone surrogates. */
export function canonicalize(value: unknown): Result<string> {
  try {
    return ok(write(value));
  } catch (fault) {
    if (fault instanceof CanonicalFault) return err(fault.error);
    throw fault;
  }
}

/** For our own documents, whose type rules a refusal out. */
export function canonicalText(value: Canonical): string {
  return write(value);
}

export function canonicalBytes(value: Canonical): Buffer {
  return Buffer.from(write(value), "utf8");
}

/** `sha256:` and 64 hex digits. */
export function digestOf(value: Canonical): string {
  return `sha256:${sha256Hex(write(value))}`;
}

/** A document in its canonical form, hashed once however often it is named. */
export type DigestedDocument = { readonly digest: string; readonly text: string };

export function digested(value: Canonical): DigestedDocument {
  const text = write(value);
  return { digest: `sha256:${sha256Hex(text)}`, text };
}

/**
 * A document as a peer sent it: it must be UTF-8 without BOM, JSON, and byte for byte its own canonical form. Comparing
 * the bytes also catches duplicate keys, which an ordinary parser drops.
 */
export function parseCanonical(bytes: Uint8Array): Result<Canonical> {
  if (isTooDeep(bytes)) return err(depthFault().error);
  let text: string;
  let value: unknown;
  try {
    // ignoreBOM keeps a BOM in the text, where JSON.parse then refuses it; the default would drop it silently.
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch {
    return refuse("CANONICAL_NOT_JSON", {
      zh: "文档不是不带 BOM 的 UTF-8 JSON;请对方重新导出后发送。",
      en: "The document is not JSON in UTF-8 without a BOM; ask the sender to export it again.",
    });
  }
  const canonical = canonicalize(value);
  if (!canonical.ok) return canonical;
  if (canonical.value !== text) {
    return refuse("CANONICAL_NOT_CANONICAL", {
      zh: "文档不是规范 JSON(RFC 8785):其字节与规范形式不同,签名无法核对。",
      en: "The document is not in canonical form (RFC 8785): its bytes differ from the canonical ones, so no signature over it can be checked.",
    });
  }
  return ok(value as Canonical);
}

/** No document of ours reaches a quarter of it. */
const MAX_DEPTH = 64;
const [QUOTE, ESCAPE, OPEN, CLOSE] = [0x22, 0x5c, [0x5b, 0x7b], [0x5d, 0x7d]] as const;

/** Looked at before parsing: a few bytes a level cost the parser a hundred, and whatever walks the value its stack. */
function isTooDeep(bytes: Uint8Array): boolean {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === ESCAPE) at += 1;
    else if (byte === QUOTE) inText = !inText;
    else if (inText) continue;
    else if (byte === OPEN[0] || byte === OPEN[1]) {
      depth += 1;
      if (depth > MAX_DEPTH) return true;
    } else if (byte === CLOSE[0] || byte === CLOSE[1]) depth -= 1;
  }
  return false;
}

function write(value: unknown, depth = 0): string {
  if (typeof value === "string") return writeString(value);
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number" || typeof value === "bigint") throw numberFault();
  if (depth === MAX_DEPTH) throw depthFault();
  if (Array.isArray(value)) return `[${value.map((item) => write(item, depth + 1)).join(",")}]`;
  if (typeof value !== "object") throw new TypeError(`canonical JSON cannot hold ${typeof value}`);
  const record = value as Record<string, unknown>;
  // The default order of JavaScript strings is by UTF-16 code unit, which is what RFC 8785 §3.2.3 asks for.
  const keys = Object.keys(record).sort();
  return `{${keys.map((key) => `${writeString(key)}:${write(record[key], depth + 1)}`).join(",")}}`;
}

function writeString(value: string): string {
  if (!value.isWellFormed()) throw surrogateFault();
  // JSON.stringify escapes exactly as RFC 8785 §3.2.2.2 for well-formed strings.
  return JSON.stringify(value);
}

function depthFault(): CanonicalFault {
  const failure = refuse("CANONICAL_NOT_JSON", {
    zh: `文档嵌套超过 ${MAX_DEPTH} 层,不予处理;请对方检查生成文档的程序。`,
    en: `The document is nested deeper than ${MAX_DEPTH} levels and is not read; ask the sender to check the program that wrote it.`,
  });
  return new CanonicalFault(failure.error);
}

function numberFault(): CanonicalFault {
  const failure = refuse("CANONICAL_NUMBER", {
    zh: "规范 JSON 不含数字;请把数字写成十进制字符串。",
    en: "Canonical JSON holds no numbers here; write the number as a decimal string.",
  });
  return new CanonicalFault(failure.error);
}

function surrogateFault(): CanonicalFault {
  const failure = refuse("CANONICAL_LONE_SURROGATE", {
    zh: "文本含有不成对的代理字符,无法编码为 UTF-8;请检查来源系统的编码。",
    en: "The text holds an unpaired surrogate, which has no UTF-8 form; check the encoding of the source system.",
  });
  return new CanonicalFault(failure.error);
}
