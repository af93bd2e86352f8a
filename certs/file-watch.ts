import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "../node/kernel/logger.ts";
import type { Scheduler } from "../node/kernel/scheduler.ts";
import type { Worker } from "../node/kernel/worker.ts";
import { type NodeFile, nodeFiles } from "./files.ts";

/** A revocation has to close live streams within a second, so the file is looked at twice in it. Source: trust.md §3. */
const EVERY_MS = 400;

/**
 * Sees when another process (`heliu certs revoke`, `heliu certs renew`) wrote one of the node's files. Polled, since
 * notifications of the file system get lost on network mounts and a `stat` twice a second costs nothing.
 */
export function watchNodeFile(deps: {
  readonly dir: string;
  readonly file: NodeFile;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly onChange: () => Promise<void>;
}): Worker {
  const path = join(deps.dir, nodeFiles[deps.file]);
  let cancel = () => {};
  let stopped = false;
  let seen: string | undefined;
  let underWay: Promise<void> = Promise.resolve();

  const look = async () => {
    try {
      const mark = await markOf(path);
      if (seen !== undefined && mark !== seen) await deps.onChange();
      seen = mark;
    } catch (fault) {
      deps.logger.error({ err: fault, path }, "a changed file could not be taken up; trying again");
    }
    if (!stopped) cancel = deps.scheduler.after(EVERY_MS, arm);
  };
  const arm = () => {
    underWay = look();
  };
  return {
    name: `watch-${deps.file}`,
    start: arm,
    stop: async () => {
      stopped = true;
      cancel();
      await underWay;
    },
  };
}

/** Files are replaced as a whole, so a change is always another inode or time. */
async function markOf(path: string): Promise<string> {
  try {
    const { ino, mtimeMs, size } = await stat(path);
    return `${ino} ${mtimeMs} ${size}`;
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === "ENOENT") return "absent";
    throw fault;
  }
}
