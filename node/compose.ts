import { join } from "node:path";
import { isUnfinished } from "./audit/begin-log.ts";
import { presentSigner } from "./audit/generation.ts";
import { type Audit, createAudit } from "./audit/service.ts";
import { appendLeaf, appendLeafRefs } from "./audit/store.ts";
import { openAuthorisations } from "./authorisations.ts";
import { createCatalog } from "./catalog/service.ts";
import type { NodeConfig } from "./config.ts";
import { createEvents } from "./events/service.ts";
import { createEvidence } from "./evidence/service.ts";
import { createFederation } from "./federation/service.ts";
import { createGauges } from "./gauges.ts";
import { createIdentity } from "./identity/service.ts";
import type { Trust } from "./identity/trust.ts";
import { disclosureSources } from "./insight-sources.ts";
import type { ExchangeError, Result } from "./kernel/exchange-error.ts";
import type { Logger } from "./kernel/logger.ts";
import { type Runtime, systemRuntime } from "./kernel/runtime.ts";
import { type Scheduler, systemScheduler } from "./kernel/scheduler.ts";
import type { Worker } from "./kernel/worker.ts";
import { createFullCheck } from "./ledger/full-check.ts";
import { createLedgerKeeper, type KeeperState } from "./ledger/keeper.ts";
import { createLedger } from "./ledger/service.ts";
import { createUsagePosting } from "./ledger/usage-posting.ts";
import { meterStore } from "./metered-store.ts";
import { createMetering } from "./metering/service.ts";
import type { Agreement } from "./negotiation/model.ts";
import { createNegotiations } from "./negotiation/service.ts";
import { thirdRegionsIn } from "./negotiation/third-region-signing.ts";
import { openNodeFolder } from "./node-folder.ts";
import { createObjections } from "./objections/service.ts";
import type { PeerChannel } from "./outbox/model.ts";
import { createOutbox } from "./outbox/service.ts";
import { outsideWitnesses } from "./outside-witnesses.ts";
import { createPayments } from "./payments/service.ts";
import { periodic } from "./periodic.ts";
import { createPrometheus } from "./prometheus.ts";
import { openRegionLinks, type RegionLinks } from "./region-links.ts";
import { createBackup } from "./restore/backup.ts";
import { createHoldings } from "./restore/holdings.ts";
import { unfinished } from "./restore/refusal.ts";
import { type RestoreOptions, restoreNode } from "./restore/restore-node.ts";
import { bundledCalendar, bundledPacks } from "./rules/bundled.ts";
import { loadRules } from "./rules/service.ts";
import { createSearchIndexer } from "./search/indexer.ts";
import { openSearch } from "./search/service.ts";
import { StartFault } from "./serve.ts";
import { createInsight } from "./settlement/insight/service.ts";
import { createSettlements } from "./settlement/service.ts";
import { agreementsIn, receiptsIn } from "./settlement/sources.ts";
import { collectionNames } from "./storage/collection.ts";
import { openLevelStore } from "./storage/level.ts";
import { openLevelIndex } from "./storage/level-index.ts";
import type { Store } from "./storage/port.ts";
import { openPostgresStore } from "./storage/postgres.ts";
import { callsOfReceipt, openCalls } from "./transfer/read-calls.ts";
import { createTransfers } from "./transfer/service.ts";
import { createContentFiles } from "./transfer/sinks/content-file.ts";
import { createSources } from "./transfer/sources/service.ts";
import { openTrust } from "./trust-in-force.ts";

/** Reading shows an agreement expired at once; this only makes the end durable, with its evidence. */
const EXPIRY_EVERY_MS = 60_000;
/** How long a start waits for peers to say what they have seen of this node. */
const START_PATIENCE_MS = 3_000;
/** A fault in the books is noticed about so soon. */
const LEDGER_EVERY_MS = 5_000;
/** What only time brings about in settlements: a month that is over, a deadline that has passed. */
const SETTLEMENT_EVERY_MS = 60_000;

export type NodeParts = {
  readonly logger: Logger;
  readonly runtime?: Runtime;
  readonly scheduler?: Scheduler;
  /** How Dataspace Protocol peers are reached; the gateway brings it, a headless node has none. */
  readonly dspChannel?: PeerChannel;
};

export type HeliuNode = Awaited<ReturnType<typeof composeNode>>;

/** Builds a whole node from its settings: the only place where a port meets its implementation. Opens, but does not listen. */
export async function composeNode(config: NodeConfig, parts: NodeParts) {
  const { logger } = parts;
  const runtime = parts.runtime ?? systemRuntime;
  const scheduler = parts.scheduler ?? systemScheduler;
  const region = config.region.id;
  const folder = must(await openNodeFolder(config));
  const { statement: signer, log, witness } = folder.keys;
  const metrics = createPrometheus(region);
  const authorisations = openAuthorisations(config, logger);
  const opened = await openStore(config, runtime);
  const store = meterStore(opened.store, metrics);
  const rules = loadRules(bundledPacks(region), bundledCalendar());
  const leaves = { appendLeaf, appendLeafRefs };
  const base = { store, runtime, scheduler, logger, metrics, region };
  const owner = `${region}/${config.node.name}`;
  const presentLog = await presentSigner(store, log);
  const outside = outsideWitnesses(config);

  const identity = createIdentity({ store, runtime, region, leaves });
  const trust = await openTrust({ ...base, leaves, folder, dir: config.dir });
  const links = await openRegionLinks({ ...base, config, folder, trust });
  const catalog = createCatalog({
    ...base,
    rules,
    signer,
    get authorisations() {
      return authorisations();
    },
  });
  const federation = createFederation({
    ...base,
    trust,
    catalog,
    channel: links.clients.catalog,
    heartbeatMs: config.federation.heartbeatMs,
    staleAfterMs: config.federation.staleAfterMs,
    clockSkewMs: config.limits.clockSkewMs,
  });
  const search = await openSearch({ store: await openLevelIndex(join(config.dir, "index")), logger });
  const ownEntry = async (id: string) => {
    const found = await catalog.get(id);
    return found.ok ? found.value : undefined;
  };
  const sources = createSources({
    ...{ store, runtime, region, entry: ownEntry },
    guarded: OWN_FILES.map((name) => join(config.dir, name)),
  });
  const outbox = createOutbox({
    ...base,
    channels: { grpc: links.clients.peer, dsp: parts.dspChannel ?? NO_DSP },
    owner,
  });
  const negotiations = createNegotiations({
    ...base,
    rules,
    trust,
    signer,
    ...config.negotiation,
    entries: {
      own: catalog.get,
      mirrored: federation.entry,
      hasSource: async (id) => (await sources.kindFor(id)) !== undefined,
    },
  });
  const metering = createMetering({ store });
  const ledger = createLedger({ store, runtime });
  const ledgerKeeper = createLedgerKeeper({ store, ledger, runtime, logger, metrics });
  const ledgerCheck = createFullCheck({ ledger, runtime, logger });
  const transfers = createTransfers({
    ...base,
    trust,
    signer,
    entry: ownEntry,
    sources,
    data: links.clients.data,
    content: createContentFiles(join(config.dir, "content")),
    posting: createUsagePosting(runtime),
    owner,
    ...config.transfer,
  });
  const settlements = createSettlements({
    ...base,
    ...{ trust, signer, rules, trees: links.clients.settlement },
    openCalls: (agreementId, throughPeriod) => openCalls(store, agreementId, throughPeriod),
  });
  const audit = createAudit({
    ...base,
    origin: presentLog.name,
    logSigner: presentLog,
    logVkey: log.vkey,
    generation: presentLog.generation,
    gossip: links.clients.gossip,
    witnessSigner: witness,
    peers: () => witnessesOf(trust),
    witness: outside.channel(links.clients.witness),
    witnesses: () => [...witnessesOf(trust), ...outside.peers],
    required: outside.names,
    checkpointIntervalMs: config.audit.checkpointMs,
    isParty: async (id, peer) => isPartyOf(await negotiations.agreement(id), peer),
  });
  const evidence = createEvidence({ ...base, signer, trust, audit, negotiations, metering, settlements });
  outbox.register("negotiation", negotiations.handler);
  outbox.register("transfer", transfers.handler);
  const insight = createInsight({
    ...base,
    agreements: agreementsIn(store),
    receipts: receiptsIn(store),
    disclosed: disclosureSources(config, catalog, rules, authorisations),
  });
  outbox.register("settlement", insight.withBudgets(settlements.handler));
  const payments = createPayments({ ...base, trust, signer, rules, signed: settlements.signed });
  outbox.register("netting", payments.handler);
  const objections = createObjections({ ...base, rules, agreement: negotiations.agreement });
  outbox.register("objection", objections.handler);
  const server = links.serve({
    ...{ holdings: createHoldings({ store }) },
    federation,
    outbox,
    transfers,
    settlements,
    audit,
    trust,
  });
  const indexer = createSearchIndexer({ search, catalog, federation, logger, scheduler, region });
  const expiry = periodic("agreement-expiry", EXPIRY_EVERY_MS, negotiations.expireAgreements, { scheduler, logger });
  const keeping = periodic("ledger", LEDGER_EVERY_MS, ledgerKeeper.turn, { scheduler, logger });
  const settling = periodic("settlement-tend", SETTLEMENT_EVERY_MS, settlements.tend, { scheduler, logger });
  const workers: readonly Worker[] = [
    ...links.workers,
    payments,
    ...[federation, indexer, outbox, transfers, settlements, insight, audit, expiry, keeping, settling],
  ];

  const leafCertificate = () => links.renewal.current().certificatePem;
  const gauges = createGauges({ ...base, trust, federation, outbox, leafCertificate });
  const node = { config, runtime, logger, store, identity, trust, rules, catalog, federation, search, negotiations };
  const close = async () => {
    links.clients.close();
    trust.stop();
    await search.close();
    await store.close();
  };
  return {
    ...node,
    ...{
      transfers,
      sources,
      metering,
      ledger,
      ledgerKeeper,
      ledgerCheck,
      settlements,
      insight,
      callsOfReceipt: (receiptId: string) => callsOfReceipt(store, receiptId),
      audit,
      evidence,
      outbox,
      links,
      indexer,
    },
    payments,
    checkPeer: links.checkPeer,
    metrics,
    async renderMetrics() {
      await gauges();
      return metrics.render();
    },
    isReady: () => readiness(store, trust.state(), ledgerKeeper.state()),
    backup: createBackup(base),
    objections,
    events: createEvents({ store, scheduler, origin: presentLog.name }),
    /** After a restore: signs under the new log's name, and tells the peers. */
    async announceLog(): Promise<void> {
      await audit.sequenceNow();
      await audit.checkStanding();
      await audit.sequenceNow();
    },
    /** For a node that is not started: takes back what peers hold. */
    restore: (options?: RestoreOptions) =>
      restoreNode(
        {
          ...base,
          ...{ trust, signer, log, claimAlone: opened.claimAlone },
          posting: createUsagePosting(runtime),
          rules,
          gossip: links.clients.gossip,
          holdings: links.clients.holdings,
        },
        options,
      ),
    ...lifecycle({ server, workers, logger, close, checkStart: () => checkStart(store, audit, scheduler) }),
  };
}

/** Listens before the workers start, and lets calls finish before the stores close. */
function lifecycle(parts: {
  readonly server: ReturnType<RegionLinks["serve"]>;
  readonly workers: readonly Worker[];
  readonly logger: Logger;
  readonly close: () => Promise<void>;
  readonly checkStart: () => Promise<Result<true>>;
}) {
  const { server, workers, logger } = parts;
  let stopping: Promise<void> | undefined;
  const stop = async () => {
    await Promise.all(workers.toReversed().map((worker) => worker.stop()));
    await server.stop();
    await parts.close();
  };
  return {
    /** Answers the port on which regions reach this node. */
    async start(): Promise<{ readonly rpcPort: number }> {
      const rpcPort = await server.listen();
      // After listening, so that peers can look; before the workers, which write and sign.
      const standing = await parts.checkStart();
      if (!standing.ok) {
        await this.stop();
        throw new StartFault(standing.error);
      }
      for (const worker of workers) worker.start();
      logger.info({ rpcPort }, "node started");
      return { rpcPort };
    },
    stop(): Promise<void> {
      stopping ??= stop();
      return stopping;
    },
  };
}

/** A disk of an earlier day is noticed before it writes anything; whoever is away is compared with later. */
async function checkStart(store: Store, audit: Audit, scheduler: Scheduler): Promise<Result<true>> {
  if (await isUnfinished(store)) return unfinished();
  let cancel = () => {};
  const patience = new Promise<void>((resolve) => {
    cancel = scheduler.after(START_PATIENCE_MS, resolve);
  });
  await Promise.race([audit.checkStanding(), patience]);
  cancel();
  // What this log knows of itself by now does not depend on who else was patient.
  return audit.standing();
}

function witnessesOf(trust: Trust) {
  return trust
    .peers()
    .map(({ id, logKey, witnessKeys }) => ({ region: id, logVkey: logKey, witnessVkeys: witnessKeys }));
}

function isPartyOf(agreement: Result<Agreement>, region: string): boolean {
  if (!agreement.ok) return false;
  const { provider, consumer } = agreement.value;
  return [provider, consumer, ...thirdRegionsIn(agreement.value)].includes(region);
}

type OpenedStore = { readonly store: Store; readonly claimAlone: () => Promise<boolean> };

async function openStore({ storage, dir }: NodeConfig, { failPoint }: Runtime): Promise<OpenedStore> {
  if (/^postgres(ql)?:\/\//.test(storage.url)) {
    const store = await openPostgresStore(storage.url, { failPoint });
    await store.createCollectionViews(collectionNames());
    return { store, claimAlone: store.claimAlone };
  }
  // A folder is open in one process at a time anyway.
  return { store: await openLevelStore(join(dir, "store"), { failPoint }), claimAlone: async () => true };
}

async function readiness(store: Store, trust: "ok" | "warn" | "expired", books: KeeperState) {
  const reasons = books.faults.slice(0, 3).map((fault) => `LEDGER_UNBALANCED: ${fault}`);
  if (trust === "expired") reasons.push("trust.expired: no trust list in force, so no peer can be trusted");
  // An empty commit costs no write, and is refused once a write has failed or a file was found damaged.
  const nothing = { put: new Map(), remove: new Set<string>(), result: true };
  const fault = await store
    .commit([], () => nothing)
    .then(() => store.get("ready").then(() => undefined, asError), asError);
  if (fault !== undefined) reasons.push(`${fault.code ?? "store"}: ${fault.message}`);
  return { ready: reasons.length === 0, reasons };
}

const asError = (fault: unknown) => fault as Error & { readonly code?: string };

/** What of the node's folder must never become data of an entry. */
const OWN_FILES = ["keys", "certs", "trust", "store", "index", "token", "heliu.yaml"];

const NO_DSP: PeerChannel = { deliver: async () => ({ ok: false, error: HEADLESS }) };
const HEADLESS: ExchangeError = {
  kind: "unavailable",
  code: "DSP_NOT_SERVED",
  text: {
    zh: "无界面节点不提供 DSP 接口;请用 heliu serve 运行完整节点。",
    en: "A headless node does not speak DSP; run the whole node with heliu serve.",
  },
};

function must<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new StartFault(result.error);
}
