import type { FileHandle } from "node:fs/promises";

export type TextEncodingName = "utf-8" | "gb18030";

const SAMPLE_BYTES = 1024 * 1024;

/**
 * BOM, else strict UTF-8, else strict GB18030, else undefined: statistical guessers call a short GBK file Shift_JIS. The
 * sample may cut a character, so it is decoded as a stream whose end is not required.
 */
export function encodingOf(sample: Uint8Array): TextEncodingName | undefined {
  return (["utf-8", "gb18030"] as const).find((name) => decodes(sample, name));
}

/**
 * Reads on while everything so far is ASCII: the first Chinese character decides, wherever in the file it is. A sample
 * after nothing but ASCII begins on a character.
 */
export async function detectEncoding(file: FileHandle): Promise<TextEncodingName | undefined> {
  for (let offset = 0; ; offset += SAMPLE_BYTES) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(SAMPLE_BYTES), 0, SAMPLE_BYTES, offset);
    const sample = buffer.subarray(0, bytesRead);
    if (sample.some((byte) => byte > 0x7f)) return encodingOf(sample);
    if (bytesRead < SAMPLE_BYTES) return "utf-8";
  }
}

function decodes(sample: Uint8Array, name: TextEncodingName): boolean {
  try {
    new TextDecoder(name, { fatal: true }).decode(sample, { stream: true });
    return true;
  } catch {
    return false;
  }
}
