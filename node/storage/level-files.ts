import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { isLogRotten } from "./level-log.ts";
import { isTableFinished, isTableRotten } from "./level-table.ts";
import { StoreFault } from "./port.ts";

/** Read in about a tenth of a second; what a store has beyond it is checked while it is in use. */
const BEFORE_OPENING_BYTES = 64 * 2 ** 20;

export type FileCheck = {
  /** Of the tables that LevelDB says are in use: those that could not be judged before it opened, and then the rest. */
  readonly afterOpening: (tablesInUse: string) => Promise<void>;
  /** Resolves with the fault, if there is one; ends early when `isClosed` says so. */
  readonly inBackground: (isClosed: () => boolean) => Promise<StoreFault | undefined>;
};

/**
 * Checks the files of a Level store before LevelDB sees them, since it opens rotten ones in silence: all logs, which it is
 * about to replay and delete, and tables up to a limit.
 *
 * @throws StoreFault `STORE_CORRUPT`, naming the file
 */
export async function checkFiles(directory: string, limit: number = BEFORE_OPENING_BYTES): Promise<FileCheck> {
  const names = await readdir(directory).catch(() => []);
  for (const name of names) if (name.endsWith(".log")) await throwIfRotten(directory, name, isLogRotten);
  let rest = names.filter((name) => name.endsWith(".ldb"));
  const unfinished: string[] = [];
  for (let left = limit; left > 0 && rest.length > 0; rest = rest.slice(1)) {
    const [name = ""] = rest;
    left -= await sizeOf(join(directory, name));
    // A process that was killed while it wrote a table leaves one without an end, which LevelDB does not use.
    await throwIfRotten(directory, name, (table) => {
      if (isTableFinished(table)) return isTableRotten(table);
      unfinished.push(name);
      return false;
    });
  }
  return {
    async afterOpening(tablesInUse) {
      const used = new Set(
        [...tablesInUse.matchAll(/^ (\d+):/gm)].map(([, number = ""]) => `${number.padStart(6, "0")}.ldb`),
      );
      rest = rest.filter((name) => used.has(name));
      for (const name of unfinished) if (used.has(name)) await throwIfRotten(directory, name, isTableRotten);
    },
    async inBackground(isClosed) {
      for (const name of rest) {
        if (isClosed()) return undefined;
        const fault = await faultOf(directory, name, isTableRotten);
        if (fault !== undefined) return fault;
      }
      return undefined;
    },
  };
}

async function throwIfRotten(directory: string, name: string, isRotten: (bytes: Buffer) => boolean): Promise<void> {
  const fault = await faultOf(directory, name, isRotten);
  if (fault !== undefined) throw fault;
}

async function faultOf(
  directory: string,
  name: string,
  isRotten: (bytes: Buffer) => boolean,
): Promise<StoreFault | undefined> {
  const path = join(directory, name);
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    // LevelDB removes a table once it has merged it into others.
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    return new StoreFault("STORE_FAILED", `the store's file ${path} cannot be read: ${String(cause)}`, { cause });
  }
  if (!isRotten(bytes)) return undefined;
  const message = `the store's file ${path} does not match its checksums; restore this node from a backup or from its peers`;
  return new StoreFault("STORE_CORRUPT", message);
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
