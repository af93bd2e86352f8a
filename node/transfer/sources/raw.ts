import { type FileHandle, open } from "node:fs/promises";
import { ok, type Result } from "../../kernel/exchange-error.ts";
import { fingerprintOf, unreadable } from "./fingerprint.ts";
import type { OpenedSource } from "./port.ts";

/** A file whose bytes pass through as they are, without row work. */
export async function openRaw(path: string): Promise<Result<OpenedSource>> {
  let file: FileHandle | undefined;
  try {
    const opened = await open(path, "r");
    file = opened;
    const fingerprint = await fingerprintOf(opened);
    const { size } = await opened.stat({ bigint: true });
    return ok({
      kind: "bytes",
      size,
      fingerprint,
      isUnchanged: async () => (await fingerprintOf(opened)) === fingerprint,
      close: () => opened.close(),
      read: (offset, into) => readFully(opened, offset, into),
    });
  } catch (fault) {
    await file?.close();
    return unreadable(path, fault);
  }
}

/** A system call may stop anywhere. */
async function readFully(file: FileHandle, offset: bigint, into: Uint8Array): Promise<number> {
  let filled = 0;
  while (filled < into.length) {
    const { bytesRead } = await file.read(into, filled, into.length - filled, Number(offset) + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}
