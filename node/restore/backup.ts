import { appendLeaf, appendLeafRefs } from "../audit/store.ts";
import { digestOf } from "../kernel/canonical-json.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import type { Runtime } from "../kernel/runtime.ts";
import { dumpStore } from "../storage/dump.ts";
import type { Store } from "../storage/port.ts";
import { transact } from "../storage/transact.ts";

export type Backup = {
  /** Every record of one moment, while the node goes on. Keys are in the node's folder and not among them. */
  readonly records: (actor: string) => Promise<Result<AsyncIterable<Uint8Array>>>;
};

export function createBackup(deps: {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly region: string;
}): Backup {
  const { store, runtime, region } = deps;
  return {
    async records(actor) {
      // That a copy of everything left the node is evidence like anything else; the copy holds it, too.
      const detail = { what: "store" };
      const recorded = await transact(store, appendLeafRefs(), (tx) => {
        const about = { atMs: runtime.nowMs(), subject: region, actor, digest: digestOf(detail), detail };
        appendLeaf(tx, region, { kind: "backup.taken", ...about });
        return ok(true);
      });
      return recorded.ok ? ok(dumpStore(store)) : recorded;
    },
  };
}
