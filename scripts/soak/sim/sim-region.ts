import { createAudit } from "../../../node/audit/service.ts";
import { appendLeaf, appendLeafRefs } from "../../../node/audit/store.ts";
import { parseAuthorisations } from "../../../node/catalog/authorisation.ts";
import { createCatalog } from "../../../node/catalog/service.ts";
import { createFederation } from "../../../node/federation/service.ts";
import type { Logger } from "../../../node/kernel/logger.ts";
import { noMetrics } from "../../../node/kernel/metrics.ts";
import type { Runtime } from "../../../node/kernel/runtime.ts";
import type { Scheduler } from "../../../node/kernel/scheduler.ts";
import type { Worker } from "../../../node/kernel/worker.ts";
import { createLedger } from "../../../node/ledger/service.ts";
import { createUsagePosting } from "../../../node/ledger/usage-posting.ts";
import { createMetering } from "../../../node/metering/service.ts";
import { createNegotiations } from "../../../node/negotiation/service.ts";
import { createOutbox } from "../../../node/outbox/service.ts";
import { bundledCalendar, bundledPacks } from "../../../node/rules/bundled.ts";
import { loadRules } from "../../../node/rules/service.ts";
import { createSettlements } from "../../../node/settlement/service.ts";
import type { Store } from "../../../node/storage/port.ts";
import { createTransfers } from "../../../node/transfer/service.ts";
import type { Channels } from "./channel-ports.ts";
import type { MemoryContent } from "./memory-content.ts";
import { createMemorySources } from "./memory-sources.ts";
import { keysOf, type SimTrust } from "./sim-trust.ts";

export type RegionParts = {
  readonly region: string;
  readonly store: Store;
  readonly runtime: Runtime;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly content: MemoryContent;
  readonly trust: SimTrust;
  readonly channels: Channels;
  readonly authorisations: unknown;
};

export type SimRegion = ReturnType<typeof composeRegion>;

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/**
 * The rooms of a node, wired as `node/compose.ts` wires them, on a simulated disk, network and clock. Heartbeats are hours
 * apart: a simulated week must not consist of them.
 */
export function composeRegion(parts: RegionParts) {
  const { region, store, runtime, scheduler, logger, channels } = parts;
  const trust = parts.trust.viewOf(region);
  const { statement: signer, log, witness } = keysOf(region);
  const base = { store, runtime, scheduler, logger, metrics: noMetrics, region };
  const rules = loadRules(bundledPacks(region), bundledCalendar());
  const authorisations = parseAuthorisations(parts.authorisations);
  const catalog = createCatalog({ ...base, rules, signer, authorisations });
  const federation = createFederation({
    ...base,
    ...{ trust, catalog, channel: channels.catalog, heartbeatMs: 4 * HOUR_MS, staleAfterMs: 9 * HOUR_MS },
    clockSkewMs: MINUTE_MS,
  });
  const ownEntry = async (id: string) => {
    const found = await catalog.get(id);
    return found.ok ? found.value : undefined;
  };
  const sources = createMemorySources(ownEntry);
  const outbox = createOutbox({ ...base, channels: { grpc: channels.peer, dsp: channels.peer }, owner: region });
  const negotiations = createNegotiations({
    ...base,
    ...{ rules, trust, signer },
    entries: {
      own: catalog.get,
      mirrored: federation.entry,
      hasSource: async (id) => (await sources.kindFor(id)) !== undefined,
    },
  });
  const metering = createMetering({ store });
  const ledger = createLedger({ store });
  const transfers = createTransfers({
    ...base,
    ...{ trust, signer, entry: ownEntry, sources, data: channels.data, content: parts.content },
    ...{ posting: createUsagePosting(runtime), owner: region, batchRows: 40, batchBytes: 65_536 },
  });
  const settlements = createSettlements({ ...base, trust, signer, trees: channels.trees });
  const audit = createAudit({
    ...base,
    ...{ origin: log.name, logSigner: log, witnessSigner: witness, witness: channels.witness },
    peers: () => parts.trust.witnessesFor(region),
    checkpointIntervalMs: HOUR_MS,
    isParty: async () => true,
  });
  outbox.register("negotiation", negotiations.handler);
  outbox.register("transfer", transfers.handler);
  outbox.register("settlement", settlements.handler);
  const workers: readonly Worker[] = [federation, outbox, transfers as Worker, settlements, audit];
  return {
    ...{ region, store, catalog, federation, negotiations, transfers, metering, ledger, settlements, audit, outbox },
    leaves: { appendLeaf, appendLeafRefs },
    content: parts.content,
    start: () => {
      for (const worker of workers) worker.start();
    },
  };
}
