import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TestRunner } from "vitest";
import { createFounder, signTrustList } from "../../certs/founder.ts";
import type { CatalogEntry } from "../../node/catalog/model.ts";
import { composeNode, type HeliuNode } from "../../node/compose.ts";
import { loadConfig } from "../../node/config.ts";
import type { Freshness } from "../../node/federation/model.ts";
import type { Principal, Role, SignedTrustList, TrustedRegion, TrustList } from "../../node/identity/model.ts";
import { proposeList } from "../../node/identity/propose-list.ts";
import { trustListDigest } from "../../node/identity/trust-list.ts";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { type Logger, silentLogger } from "../../node/kernel/logger.ts";
import type { Runtime } from "../../node/kernel/runtime.ts";
import { initialiseNode, installTrustList } from "../../scripts/cli/initialise.ts";
import { type FaultProxy, startFaultProxy } from "../../scripts/soak/fault-proxy.ts";

export type HarnessOptions = {
  readonly regions: readonly string[];
  /** Clocks and randomness of their own, by region. */
  readonly runtimes?: { readonly [id: string]: Runtime };
  /** What people call them; a region's id otherwise. */
  readonly names?: { readonly [id: string]: string };
  /** Every way into a region leads through its own fault proxy. */
  readonly faults?: boolean;
  /** Settings laid over the harness's own, as in `heliu.yaml`. */
  readonly settings?: Settings;
  /** Settings of one region, laid over those. */
  readonly regionSettings?: { readonly [id: string]: Settings };
  /** Names of more nodes of a region beside `main`, with the same keys; it needs a `storage.url` that they can share. */
  readonly replicas?: { readonly [id: string]: readonly string[] };
  /** Where a region's nodes write their log; nowhere otherwise. */
  readonly logger?: (id: string, nodeName: string) => Logger;
};

type Settings = { readonly [section: string]: object };

/** One of several nodes of a region on the same database. */
export type HarnessReplica = Pick<HarnessRegion, "node" | "start" | "stop" | "composed">;

export type HarnessRegion = {
  readonly id: string;
  readonly dir: string;
  /** The running node; another one after `restart`. */
  readonly node: () => HeliuNode;
  /** The way in for other regions; only with `faults`. */
  readonly proxy: () => FaultProxy;
  /** Somebody with this one role. */
  readonly as: (role: Role) => Principal;
  /** Imports as published and confirms, as two people. */
  readonly publish: (entries: readonly CatalogEntry[]) => Promise<void>;
  /** One of `replicas`. */
  readonly replica: (name: string) => HarnessReplica;
  readonly stop: () => Promise<void>;
  readonly start: () => Promise<void>;
  /** Its main node built but not started, for what works on a stopped node; the caller stops it. */
  readonly composed: () => Promise<HeliuNode>;
};

export type Harness = {
  readonly region: (id: string) => HarnessRegion;
  /** A next trust list, signed by all founders, given to the named regions; the others have to hear of it. */
  readonly changeTrust: (change: Parameters<typeof proposeList>[1], toRegions: readonly string[]) => Promise<void>;
  readonly freshness: (at: string, of: string) => Promise<Freshness | undefined>;
  readonly stop: () => Promise<void>;
};

/** Short enough for tests to see silence, long enough for a loaded machine not to see it where there is none. */
const SETTINGS = {
  federation: { heartbeatMs: 200, staleAfterMs: 1_500 },
  audit: { checkpointMs: 1_000 },
};

/** Whole nodes of several regions in this process, each on its own folder and ports, over real mutual TLS. */
export async function startRegions(options: HarnessOptions): Promise<Harness> {
  const root = mkdtempSync(join(tmpdir(), "heliu-federation-"));
  const founders = options.regions.map((id) => ({ id, ...createFounder(id) }));
  const sign = (list: TrustList): SignedTrustList => ({
    list,
    signatures: founders.map(({ id, keyPem }) => signTrustList(list, id, keyPem)),
  });
  const made = await Promise.all(options.regions.map((id) => makeRegion(root, id, options)));
  const first = sign(
    proposeList(
      undefined,
      { regions: made.map(({ entry }) => entry), founders: founders.map((f) => f.entry) },
      Date.now(),
    ),
  );
  const file = join(root, "trust-list.json");
  writeFileSync(file, JSON.stringify(first));
  for (const { region } of made) installTrustList(region.dir, { file, digest: trustListDigest(first.list) });
  const regions = new Map(made.map(({ region }) => [region.id, region]));
  const region = (id: string): HarnessRegion => {
    const found = regions.get(id);
    if (found === undefined) throw new Error(`the harness has no region ${id}`);
    return found;
  };
  await Promise.all(made.map(({ region: one }) => one.start()));
  return {
    region,
    async changeTrust(change, toRegions) {
      const inForce = toRegions.map((id) => region(id).node().trust.current()?.list).find((list) => list !== undefined);
      const signed = sign(proposeList(inForce, change, Date.now()));
      for (const id of toRegions) mustSucceed(await region(id).node().trust.accept(signed));
    },
    async freshness(at, of) {
      return (await region(at).node().federation.freshness()).find((one) => one.region === of);
    },
    async stop() {
      await Promise.all(made.map(({ region: one }) => one.stop()));
      await Promise.all(made.map(({ close }) => close()));
      rmSync(root, { recursive: true, force: true });
    },
  };
}

async function makeRegion(root: string, id: string, options: HarnessOptions) {
  const dir = join(root, id);
  const target = { host: "127.0.0.1", port: 0 };
  const proxy = options.faults === true ? await startFaultProxy(target) : undefined;
  // Behind a proxy the node takes any port: the trust list names the proxy's.
  const rpc = proxy === undefined ? await freePort() : Number(proxy.endpoint.split(":")[1]);
  await initialiseNode({
    dir,
    region: { id, name: options.names?.[id] ?? id },
    nodeName: "main",
    ports: { http: 0, rpc, dsp: 1 },
  });
  const entry = JSON.parse(readFileSync(join(dir, "trust", "region.json"), "utf8")) as TrustedRegion;
  const flags = { ...SETTINGS, ...options.settings, ...options.regionSettings?.[id] };
  const logger = (name: string) => options.logger?.(id, name) ?? silentLogger;
  const config = mustSucceed(loadConfig({ dir, flags: { ...flags, rpc: { port: proxy === undefined ? rpc : 0 } } }));
  const main = startable(
    `${id}/main`,
    async () => {
      const runtime = options.runtimes?.[id];
      return composeNode(config, { logger: logger("main"), ...(runtime === undefined ? {} : { runtime }) });
    },
    (port) => {
      target.port = port;
    },
  );
  const others = new Map<string, HarnessReplica>();
  for (const name of options.replicas?.[id] ?? []) {
    const port = await freePort();
    entry.endpoints.rpc.push(`127.0.0.1:${port}`);
    const own = { ...flags, node: { name }, rpc: { port } };
    others.set(name, makeReplica(`${id}/${name}`, { from: dir, to: join(root, `${id}-${name}`) }, own, logger(name)));
  }
  const all = [main, ...others.values()];
  const as = (role: Role): Principal => ({ userId: `${id}-${role}`, name: role, roles: [role], region: id });
  const region: HarnessRegion = {
    ...{ id, dir, node: main.node, composed: main.composed, as },
    proxy: () => {
      if (proxy === undefined) throw new Error("start the regions with faults: true");
      return proxy;
    },
    replica(name) {
      const found = name === "main" ? main : others.get(name);
      if (found === undefined) throw new Error(`region ${id} has no node ${name}`);
      return found;
    },
    async publish(entries) {
      const rows = entries.map((value, index) => ({ row: index + 1, value }));
      const { catalog } = main.node();
      const report = mustSucceed(
        await catalog.importEntries(as("publisher"), rows, { partial: false, asPublished: true }),
      );
      if (report.importId === null) throw new Error(`import was not taken: ${JSON.stringify(report.faults)}`);
      mustSucceed(await catalog.confirmImport(as("approver"), report.importId));
    },
    async start() {
      for (const one of all) await one.start();
    },
    async stop() {
      for (const one of all) await one.stop();
    },
  };
  return { region, entry, close: async () => proxy?.close() };
}

function startable(
  name: string,
  composed: () => Promise<HeliuNode>,
  listens: (rpcPort: number) => void = () => {},
): HarnessReplica {
  let running: HeliuNode | undefined;
  return {
    node: () => {
      if (running === undefined) throw new Error(`the node ${name} does not run`);
      return running;
    },
    composed,
    async start() {
      const node = await composed();
      listens((await node.start()).rpcPort);
      running = node;
    },
    async stop() {
      await running?.stop();
      running = undefined;
    },
  };
}

/** A copy of the folder's settings, certificates and keys, under another node name and port; it shares nothing but the database. */
function makeReplica(
  name: string,
  folder: { readonly from: string; readonly to: string },
  flags: Settings,
  logger: Logger,
): HarnessReplica {
  return startable(name, async () => {
    const own = (path: string) => !/[\\/](store|index|content)$/.test(path);
    cpSync(folder.from, folder.to, { recursive: true, force: false, filter: own });
    return composeNode(mustSucceed(loadConfig({ dir: folder.to, flags })), { logger });
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Entries of the illustrative catalogue of a region, ready to be published. */
export function sampleEntries(region: "510100" | "500000"): CatalogEntry[] {
  const name = region === "510100" ? "chengdu" : "chongqing";
  const file = new URL(`../../data/catalog-${name}.json`, import.meta.url);
  const { entries } = JSON.parse(readFileSync(file, "utf8")) as { entries: CatalogEntry[] };
  return entries.filter((entry) => entry.kind === "dataset" && entry.mustRefuse !== true);
}

/**
 * Looks until `probe` answers something. Just before the test's own time is over it fails instead, and says what it waited for: a
 * test that only "timed out" tells nothing.
 */
export async function until<T>(probe: () => Promise<T | undefined | false>): Promise<T> {
  // Made here for its stack, which names the line that waits.
  const late = new Error(`waited in vain for ${String(probe)}`);
  let cancel: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_resolve, reject) => {
    cancel = setTimeout(() => reject(late), leftOfTest());
  });
  try {
    for (;;) {
      const found = await Promise.race([over, probe()]);
      if (found !== undefined && found !== false) return found;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  } finally {
    clearTimeout(cancel);
  }
}

/** Enough to report it before the runner gives up. */
const MARGIN_MS = 500;
/** In a hook, where nobody says how long it may take. */
const HOOK_MS = 60_000;

function leftOfTest(): number {
  const test = TestRunner.getCurrentTest();
  const startedMs = test?.result?.startTime;
  if (test === undefined || startedMs === undefined) return HOOK_MS;
  return Math.max(0, startedMs + test.timeout - MARGIN_MS - Date.now());
}
