import { spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SOURCE = fileURLToPath(new URL("./disk-faults.c", import.meta.url));

export const syscallModes = ["kill-before", "kill-after", "io-error", "disk-full"] as const;
export type SyscallMode = (typeof syscallModes)[number];
const CALLS = ["none", "write", "pwrite64", "fsync", "fdatasync", "rename"];

/** Eight 32-bit words that the harness and the node's process share; see disk-faults.c. */
const BYTES = 32;
const [ARMED, AT, MODE, COUNT, HIT, , LATER, LATER_MODE] = [0, 4, 8, 12, 16, 20, 24, 28] as const;

export type LaterCall = { readonly after: number; readonly mode: SyscallMode };

export type DiskFaults = {
  /** For the environment of the node whose folder it is. */
  readonly env: { readonly [name: string]: string };
  /** Counts from now on, and strikes at the given call, and at another one so many after it; at none with 0. */
  readonly arm: (at: number, mode: SyscallMode, later?: LaterCall) => void;
  /** The disk is good again. */
  readonly repair: () => void;
  readonly counted: () => number;
  /** Which system calls were hit, in order. */
  readonly hits: () => string[];
};

/** Compiles the library that is preloaded; says what is missing where that cannot be done. */
export function buildDiskFaults(dir: string): string {
  const library = join(dir, "disk-faults.so");
  if (process.platform !== "linux") throw new Error("faults in system calls need Linux; use --by commit here");
  const args = ["-shared", "-fPIC", "-O2", "-o", library, SOURCE, "-ldl"];
  const built = spawnSync("cc", args, { encoding: "utf8" });
  if (built.status === 0) return library;
  const why = built.error === undefined ? built.stderr : "there is no C compiler (cc)";
  throw new Error(`faults in system calls need a C compiler: ${why}; install gcc, or use --by commit`);
}

export function openDiskFaults(library: string, folder: string, controlFile: string): DiskFaults {
  writeFileSync(controlFile, Buffer.alloc(BYTES));
  const set = (words: readonly number[]) => {
    const bytes = Buffer.alloc(BYTES);
    for (const [i, word] of words.entries()) bytes.writeUInt32LE(word, i * 4);
    const file = openSync(controlFile, "r+");
    writeSync(file, bytes, 0, BYTES, 0);
    closeSync(file);
  };
  const word = (at: number) => readFileSync(controlFile).readUInt32LE(at);
  return {
    env: { LD_PRELOAD: library, HELIU_FAULT_DIR: folder, HELIU_FAULT_CONTROL: controlFile },
    arm: (at, mode, later) => {
      const more = later === undefined ? [] : [0, 0, 0, later.after, numberOf(later.mode)];
      set(at === 0 ? [1] : [1, at, numberOf(mode), ...more]);
    },
    repair: () => set([1, word(AT), word(MODE), word(COUNT), word(HIT), 0, word(LATER), word(LATER_MODE)]),
    counted: () => (word(ARMED) === 0 ? 0 : word(COUNT)),
    hits: () => (word(HIT) === 0 ? [] : [...word(HIT).toString(16)].map((digit) => CALLS[Number(digit)] ?? digit)),
  };
}

function numberOf(mode: SyscallMode): number {
  return syscallModes.indexOf(mode) + 1;
}
