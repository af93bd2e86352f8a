import { runningSha256 } from "../../../node/kernel/digest.ts";
import type { ContentFiles } from "../../../node/transfer/sinks/content-file.ts";
import type { SeededRandom } from "../../demo/seeded-random.ts";

type File = { bytes: Buffer; synced: number; isWhole: boolean };

/** Received content as a disk keeps it: what was not synced may be gone after a crash, or half of it. */
export type MemoryContent = ContentFiles & {
  readonly crash: (random: SeededRandom) => void;
  readonly bytesOf: (id: string) => Buffer | undefined;
};

export function createMemoryContent(): MemoryContent {
  const files = new Map<string, File>();
  return {
    async open(id, durableBytes) {
      const file = files.get(id) ?? { bytes: Buffer.alloc(0), synced: 0, isWhole: false };
      files.set(id, file);
      const durable = Number(durableBytes);
      if (file.bytes.length < durable) return undefined;
      file.bytes = file.bytes.subarray(0, durable);
      file.synced = durable;
      file.isWhole = false;
      const digest = runningSha256();
      digest.update(file.bytes);
      return {
        digest,
        append: (bytes) => {
          file.bytes = Buffer.concat([file.bytes, bytes]);
        },
        sync: async () => {
          file.synced = file.bytes.length;
        },
        finish: async () => {
          file.synced = file.bytes.length;
          file.isWhole = true;
        },
        close: async () => {},
      };
    },
    async locate(id) {
      const file = files.get(id);
      return file && { path: id, bytes: file.bytes.length, isComplete: file.isWhole };
    },
    crash(random) {
      for (const file of files.values()) {
        const kept = random.between(file.synced, file.bytes.length);
        file.bytes = file.bytes.subarray(0, kept);
        file.synced = kept;
      }
    },
    bytesOf: (id) => files.get(id)?.bytes,
  };
}
