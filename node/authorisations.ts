import { readFileSync, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { type Authorisation, parseAuthorisations } from "./catalog/authorisation.ts";
import type { NodeConfig } from "./config.ts";
import { refusals } from "./kernel/exchange-error.ts";
import type { Logger } from "./kernel/logger.ts";
import { StartFault } from "./serve.ts";

const refuse = refusals({ AUTHORISATIONS_MALFORMED: "invalid-input" });

/**
 * The authorisation records of the node's folder; without a file no product passes CAT-011. Read again whenever the file
 * changed. A file that cannot be read keeps a node from starting; one that becomes unreadable leaves the last good records.
 */
export function openAuthorisations({ dir, catalog }: NodeConfig, logger: Logger): () => readonly Authorisation[] {
  const path = isAbsolute(catalog.authorisations) ? catalog.authorisations : join(dir, catalog.authorisations);
  let seen = "";
  let records: readonly Authorisation[] = [];
  const look = () => {
    const stats = statSync(path, { throwIfNoEntry: false });
    const now = stats === undefined ? "" : `${stats.mtimeMs}/${stats.size}/${stats.ino}`;
    if (now === seen) return;
    seen = now;
    records = stats === undefined ? [] : parseAuthorisations(JSON.parse(readFileSync(path, "utf8")));
  };
  try {
    look();
  } catch (fault) {
    throw new StartFault(malformed(path, fault as Error));
  }
  return () => {
    try {
      look();
    } catch (fault) {
      logger.error({ path, why: (fault as Error).message }, "authorisation records cannot be read; the last ones stay");
    }
    return records;
  };
}

function malformed(path: string, { message }: Error) {
  const why = message.replace(/\s+/g, " ").slice(0, 200);
  return refuse("AUTHORISATIONS_MALFORMED", {
    zh: `授权记录文件 ${path} 不能使用(${why});请改正,或在 catalog.authorisations 指定另一份文件。`,
    en: `The authorisation records ${path} cannot be used (${why}); correct them, or name another file in catalog.authorisations.`,
  }).error;
}
