import { type FileHandle, mkdir, open, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { type RunningSha256, runningSha256 } from "../../kernel/digest.ts";
import { BufferPool } from "../buffer-pool.ts";

/** Where received content lands: `<directory>/<transfer>.part`, renamed once its digest is confirmed. */
export type ContentFiles = {
  /** Cuts the file to what is durable and reads it once for the running digest; undefined when less is there. */
  readonly open: (id: string, durableBytes: bigint) => Promise<OpenContent | undefined>;
  readonly locate: (id: string) => Promise<{ path: string; bytes: number; isComplete: boolean } | undefined>;
};

export type OpenContent = {
  /** Over what was durable when the file was opened; the reader goes on with what comes in. */
  readonly digest: RunningSha256;
  /**
   * Copied, and written in the order given in the background. The copy pays: arrays of a frame's size that live until the
   * batch is durable outlive the young generation, and collecting them costs many times as much.
   */
  readonly append: (bytes: Uint8Array) => void;
  /** Everything appended survives a power cut when this resolves. Throws what a write failed of. */
  readonly sync: () => Promise<void>;
  /** Takes the final name, durably. */
  readonly finish: () => Promise<void>;
  readonly close: () => Promise<void>;
};

const READ_BYTES = 4 * 1024 * 1024;
/** What is gathered before it is given to the disk, and how large the buffers are that are used again. */
const WRITE_BYTES = 256 * 1024;
/** Two batches: what a slow disk may be behind before the buffers are no longer used again. */
const MAX_POOLED = 128;

export function createContentFiles(directory: string): ContentFiles {
  const partOf = (id: string) => join(directory, `${nameOf(id)}.part`);
  const wholeOf = (id: string) => join(directory, nameOf(id));
  return {
    open: async (id, durableBytes) => {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const part = partOf(id);
      // A crash between the rename and the commit that says so leaves the whole file under its final name.
      if (durableBytes > 0n && (await sizeOf(part)) === undefined && (await sizeOf(wholeOf(id))) !== undefined) {
        await rename(wholeOf(id), part);
      }
      const file = await open(part, "a+", 0o600);
      const { size } = await file.stat({ bigint: true });
      if (size < durableBytes) {
        await file.close();
        return undefined;
      }
      await file.truncate(Number(durableBytes));
      const digest = await digestOfPrefix(file, Number(durableBytes));
      return openedContent(file, digest, async () => {
        await rename(part, wholeOf(id));
        await syncDirectory(directory);
      });
    },
    locate: async (id) => {
      const whole = await sizeOf(wholeOf(id));
      if (whole !== undefined) return { path: wholeOf(id), bytes: whole, isComplete: true };
      const part = await sizeOf(partOf(id));
      return part === undefined ? undefined : { path: partOf(id), bytes: part, isComplete: false };
    },
  };
}

function openedContent(file: FileHandle, digest: RunningSha256, takeName: () => Promise<void>): OpenContent {
  const buffers = new BufferPool(MAX_POOLED);
  let buffer = buffers.take(WRITE_BYTES);
  let filled = 0;
  /** Full and not given to the disk yet. */
  let waiting: Filled[] = [];
  let writing: Promise<void> = Promise.resolve();
  const drain = async () => {
    const taken = waiting;
    waiting = [];
    if (taken.length === 0) return;
    await writeAll(file, taken);
    for (const { place } of taken) buffers.give(place);
  };
  const write = () => {
    waiting.push({ place: buffer, bytes: buffer.subarray(0, filled) });
    buffer = buffers.take(WRITE_BYTES);
    filled = 0;
    // All that has gathered goes at once: the end of a write is heard only between two turns of the event loop, and while much
    // comes in a turn takes so long that a write for each buffer fell half a batch behind (sync 60 ms instead of 10).
    writing = writing.then(drain);
    // Told to whoever syncs; until then nobody waits for it.
    writing.catch(() => {});
  };
  return {
    digest,
    append: (bytes) => {
      for (let at = 0; at < bytes.length; ) {
        const part = bytes.subarray(at, at + WRITE_BYTES - filled);
        buffer.set(part, filled);
        filled += part.length;
        at += part.length;
        if (filled === WRITE_BYTES) write();
      }
    },
    sync: async () => {
      write();
      await writing;
      await file.datasync();
    },
    finish: async () => {
      await file.sync();
      await takeName();
    },
    close: async () => {
      await writing.catch(() => {});
      await file.close();
    },
  };
}

type Filled = { readonly place: Uint8Array; readonly bytes: Uint8Array };

/** The file was opened for appending, so a short write goes on where it stopped. */
async function writeAll(file: FileHandle, filled: readonly Filled[]): Promise<void> {
  let left = filled.map(({ bytes }) => bytes).filter(({ length }) => length > 0);
  while (left.length > 0) {
    const { bytesWritten } = await file.writev(left);
    left = after(left, bytesWritten);
  }
}

/** What is left of some buffers when so many bytes of them are written. */
function after(buffers: readonly Uint8Array[], written: number): Uint8Array[] {
  let done = written;
  return buffers.flatMap((bytes) => {
    const part = bytes.subarray(Math.min(done, bytes.length));
    done -= bytes.length - part.length;
    return part.length > 0 ? [part] : [];
  });
}

async function digestOfPrefix(file: FileHandle, length: number): Promise<RunningSha256> {
  const digest = runningSha256();
  const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, length));
  for (let offset = 0; offset < length; ) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, length - offset), offset);
    digest.update(buffer.subarray(0, bytesRead));
    offset += bytesRead;
  }
  return digest;
}

/** Without it a power cut may bring back the old name. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch {
    return undefined;
  }
}

/** Our own pids hold colons, which not every file system takes; anything else odd becomes a hyphen as well. */
function nameOf(id: string): string {
  return id.replace(/[^A-Za-z0-9._-]/g, "-");
}
