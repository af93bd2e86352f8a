import type { Audit } from "../node/audit/service.ts";
import type { Catalog } from "../node/catalog/service.ts";
import type { NodeConfig } from "../node/config.ts";
import type { Evidence } from "../node/evidence/service.ts";
import type { Federation } from "../node/federation/service.ts";
import type { Identity } from "../node/identity/service.ts";
import type { Trust } from "../node/identity/trust.ts";
import type { Result } from "../node/kernel/exchange-error.ts";
import type { Logger } from "../node/kernel/logger.ts";
import type { Metrics } from "../node/kernel/metrics.ts";
import type { Runtime } from "../node/kernel/runtime.ts";
import type { FullCheck } from "../node/ledger/full-check.ts";
import type { LedgerKeeper } from "../node/ledger/keeper.ts";
import type { Ledger } from "../node/ledger/service.ts";
import type { Metering } from "../node/metering/service.ts";
import type { Negotiations } from "../node/negotiation/service.ts";
import type { Outbox } from "../node/outbox/service.ts";
import type { Rules } from "../node/rules/service.ts";
import type { Search } from "../node/search/service.ts";
import type { Settlements } from "../node/settlement/service.ts";
import type { Store } from "../node/storage/port.ts";
import type { Transfers } from "../node/transfer/service.ts";
import type { Sources } from "../node/transfer/sources/service.ts";

/** One step of reaching a peer, in order; the first that fails says which and why. */
export type PeerStep = { readonly step: string; readonly ok: boolean; readonly detail: string };

/** What the HTTP face needs of a node: its services, nothing of how they are made. */
export type GatewayDeps = {
  readonly config: NodeConfig;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly store: Store;
  readonly identity: Identity;
  readonly trust: Trust;
  readonly rules: Rules;
  readonly catalog: Catalog;
  readonly federation: Federation;
  readonly search: Search;
  readonly negotiations: Negotiations;
  readonly transfers: Transfers;
  readonly sources: Sources;
  readonly metering: Metering;
  readonly ledger: Ledger;
  readonly ledgerKeeper: Pick<LedgerKeeper, "state">;
  readonly ledgerCheck: FullCheck;
  readonly settlements: Settlements;
  readonly audit: Audit;
  readonly evidence: Evidence;
  readonly outbox: Outbox;
  readonly checkPeer: (region: string) => Promise<Result<readonly PeerStep[]>>;
  readonly metrics: Metrics;
  readonly renderMetrics: () => Promise<string>;
  readonly isReady: () => Promise<{ readonly ready: boolean; readonly reasons: readonly string[] }>;
};
