import type { FileHandle } from "node:fs/promises";
import type { Failure } from "../../kernel/exchange-error.ts";
import { refuseTransfer } from "../refusal.ts";

/**
 * What says that a file is still the same one, unchanged: inode, size, time of change in nanoseconds. A changed file
 * that kept all three is found by the digest of the batch it makes.
 */
export async function fingerprintOf(file: FileHandle): Promise<string> {
  const { ino, size, mtimeNs } = await file.stat({ bigint: true });
  return `${ino}:${size}:${mtimeNs}`;
}

/** The system's code says why (ENOENT, EACCES); the path stays with the operator and goes to no peer. */
export function unreadable(path: string, fault: unknown): Failure {
  const code = fault instanceof Error && "code" in fault ? String(fault.code) : "UNKNOWN";
  return refuseTransfer(
    "SOURCE_UNREADABLE",
    "source.open",
    {
      zh: `数据源暂时读不到(${code});请提供方检查文件与权限,传输会自动重试。`,
      en: `The source cannot be read now (${code}); the provider must check the file and its permissions. The transfer tries again by itself.`,
    },
    { path, system: code },
  );
}
