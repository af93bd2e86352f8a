import { type Failure, ok, type Result, refusals } from "../../node/kernel/exchange-error.ts";
import type { Text } from "../../node/kernel/text.ts";

const refuse = refusals({ ENCODING_UNKNOWN: "invalid-input" });

export type DecodedText = { readonly text: string; readonly notes: readonly Text[] };

const MARKS: readonly (readonly [string, readonly number[]])[] = [
  ["utf-8", [0xef, 0xbb, 0xbf]],
  ["utf-16le", [0xff, 0xfe]],
  ["utf-16be", [0xfe, 0xff]],
];

/**
 * Text of a file whose encoding nobody states: by its byte order mark, else UTF-8 if it is valid, else GB18030 if it is
 * valid, else refused. Guessing by letter frequency is wrong for short Chinese files. The mark itself is dropped.
 */
export function decodeText(bytes: Uint8Array): Result<DecodedText> {
  const marked = MARKS.find(([, mark]) => mark.every((byte, i) => bytes[i] === byte))?.[0];
  for (const encoding of marked === undefined ? ["utf-8", "gb18030"] : [marked]) {
    const text = decodeAs(encoding, bytes);
    // No text holds NUL; GB18030 would take most binary files for text.
    if (text === undefined || text.includes("\u0000")) continue;
    return ok({ text, notes: encoding === "utf-8" ? [] : [converted(encoding)] });
  }
  return unknownEncoding();
}

function decodeAs(encoding: string, bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function converted(encoding: string): Text {
  const name = encoding.toUpperCase();
  return {
    zh: `文件编码为 ${name},已转换为 UTF-8;请抽查生僻字。`,
    en: `The file was in ${name} and was converted to UTF-8; look at a few rare characters.`,
  };
}

function unknownEncoding(): Failure {
  return refuse("ENCODING_UNKNOWN", {
    zh: "无法识别文件编码(既不是 UTF-8 也不是 GB18030);请另存为 UTF-8 后重新上传。",
    en: "The file is neither UTF-8 nor GB18030 text; save it as UTF-8 and send it again.",
  });
}
