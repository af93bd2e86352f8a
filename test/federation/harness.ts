import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFounder, signTrustList } from "../../certs/founder.ts";
import type { CatalogEntry } from "../../node/catalog/model.ts";
import { composeNode, type HeliuNode } from "../../node/compose.ts";
import { loadConfig } from "../../node/config.ts";
import type { Freshness } from "../../node/federation/model.ts";
import type { Principal, Role, SignedTrustList, TrustedRegion, TrustList } from "../../node/identity/model.ts";
import { proposeList } from "../../node/identity/propose-list.ts";
import { trustListDigest } from "../../node/identity/trust-list.ts";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { silentLogger } from "../../node/kernel/logger.ts";
import { initialiseNode, installTrustList } from "../../scripts/cli/initialise.ts";
import { type FaultProxy, startFaultProxy } from "../../scripts/soak/fault-proxy.ts";

export type HarnessOptions = {
  readonly regions: readonly string[];
  /** What people call them; a region's id otherwise. */
  readonly names?: { readonly [id: string]: string };
  /** Every way into a region leads through its own fault proxy. */
  readonly faults?: boolean;
  /** Settings laid over the harness's own, as in `heliu.yaml`. */
  readonly settings?: { readonly [section: string]: object };
};

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
  readonly stop: () => Promise<void>;
  readonly start: () => Promise<void>;
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
  await initialiseNode({ dir, region: { id, name: options.names?.[id] ?? id }, nodeName: "main", ports: { http: 0, rpc, dsp: 1 } });
  const entry = JSON.parse(readFileSync(join(dir, "trust", "region.json"), "utf8")) as TrustedRegion;
  const flags = { ...SETTINGS, ...options.settings, rpc: { port: proxy === undefined ? rpc : 0 } };
  const config = mustSucceed(loadConfig({ dir, flags }));
  let running: HeliuNode | undefined;
  const node = () => {
    if (running === undefined) throw new Error(`the node of region ${id} does not run`);
    return running;
  };
  const as = (role: Role): Principal => ({ userId: `${id}-${role}`, name: role, roles: [role], region: id });
  const region: HarnessRegion = {
    ...{ id, dir, node, as },
    proxy: () => {
      if (proxy === undefined) throw new Error("start the regions with faults: true");
      return proxy;
    },
    async publish(entries) {
      const rows = entries.map((value, index) => ({ row: index + 1, value }));
      const { catalog } = node();
      const report = mustSucceed(
        await catalog.importEntries(as("publisher"), rows, { partial: false, asPublished: true }),
      );
      if (report.importId === null) throw new Error(`import was not taken: ${JSON.stringify(report.faults)}`);
      mustSucceed(await catalog.confirmImport(as("approver"), report.importId));
    },
    async start() {
      running = await composeNode(config, { logger: silentLogger });
      target.port = (await running.start()).rpcPort;
    },
    async stop() {
      await running?.stop();
      running = undefined;
    },
  };
  return { region, entry, close: async () => proxy?.close() };
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

/** Looks until `probe` answers something; the test's own time limit is the longest it may take. */
export async function until<T>(probe: () => Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const found = await probe();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
