import type { CatalogEntry } from "../catalog/model.ts";
import type { TrustView } from "../identity/model.ts";
import type { Signer } from "../kernel/ed25519.ts";
import type { Logger } from "../kernel/logger.ts";
import type { Metrics } from "../kernel/metrics.ts";
import type { Runtime } from "../kernel/runtime.ts";
import type { Scheduler } from "../kernel/scheduler.ts";
import type { KeyLookup } from "../metering/receipt.ts";
import type { MeteringParts, UsagePosting } from "../metering/store.ts";
import type { Store } from "../storage/port.ts";
import type { ContentFiles } from "./sinks/content-file.ts";
import type { EntrySources } from "./sources/port.ts";
import type { DataChannel } from "./wire.ts";

export type TransferDeps = {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly region: string;
  readonly trust: TrustView;
  /** Of the region's statement key. */
  readonly signer: Signer;
  /** This region's own entry; undefined when there is none. */
  readonly entry: (id: string) => Promise<CatalogEntry | undefined>;
  readonly sources: EntrySources;
  readonly data: DataChannel;
  readonly content: ContentFiles;
  /** Where usage is posted in the commit that takes a receipt into its chain; undefined: nowhere. */
  readonly posting?: UsagePosting | undefined;
  /** Stays the same over restarts of a process; differs between processes that share a database. The region's id if absent. */
  readonly owner?: string;
  readonly batchRows: number;
  readonly batchBytes: number;
};

export function meteringParts({ region, signer, posting }: TransferDeps): MeteringParts {
  return { region, signer, posting };
}

/** Keys as the trust list knows them now; a key that expired may not sign any more. Source: settlement.md §9. */
export function keysNow({ trust, runtime }: TransferDeps): KeyLookup {
  const nowMs = runtime.nowMs();
  return (region, keyId) => trust.statementKey(region, keyId, nowMs);
}
