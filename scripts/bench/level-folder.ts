import { mkdir, mkdtemp, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const TMPFS = 0x01021994;

/** Where the temporary folder lies in memory, a sync costs nothing and would be compared with nothing. */
export async function diskFolder(): Promise<string> {
  if ((await statfs(tmpdir())).type !== TMPFS) return tmpdir();
  const folder = resolve(".heliu");
  await mkdir(folder, { recursive: true });
  return folder;
}

/** A folder on a disk that syncs, gone afterwards. */
export async function withFolder<T>(run: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(await diskFolder(), "heliu-bench-"));
  try {
    return await run(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
