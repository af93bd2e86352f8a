import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePortBase } from "../bench/ports.ts";
import { initialiseNode } from "../cli/initialise.ts";
import { foundTrust } from "../demo/trust.ts";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.ts";
import { BATCH_ROWS } from "./material.ts";
import { SoakNode } from "./soak-node.ts";

const AUTHORISATIONS = fileURLToPath(new URL("../../data/authorisations.json", import.meta.url));
const HOST = "127.0.0.1";

export type World = {
  readonly root: string;
  readonly chengdu: SoakNode;
  readonly chongqing: SoakNode;
  /** The links to 成都's and to 重庆's port, where the trial asked for them. */
  readonly links: readonly FaultProxy[];
};

export type WorldOptions = {
  /** Regions reach each other through links that can be made bad. */
  readonly withLinks?: boolean;
  /** Keep the folders of a trial that failed, to look at. */
  readonly keep: (root: string) => boolean;
};

/** Two regions with folders and ports of their own, not started yet. Whatever happens, nothing of them is left running. */
export async function withWorld<T>(options: WorldOptions, run: (world: World) => Promise<T>): Promise<T> {
  const root = mkdtempSync(join(tmpdir(), "heliu-soak-"));
  const nodes: SoakNode[] = [];
  const links: FaultProxy[] = [];
  const endAll = () => {
    for (const node of nodes) node.killNow();
    rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  };
  process.on("exit", endAll);
  try {
    const base = await freePortBase();
    nodes.push(await makeNode(root, "510100", "成都市", base), await makeNode(root, "500000", "重庆市", base + 10));
    if (options.withLinks === true) {
      for (const [i, { dir }] of nodes.entries()) {
        const link = await startFaultProxy({ host: HOST, port: base + i * 10 + 1 });
        links.push(link);
        announce(dir, link.endpoint);
      }
    }
    await foundTrust(root, nodes);
    const [chengdu, chongqing] = nodes as [SoakNode, SoakNode];
    return await run({ root, chengdu, chongqing, links });
  } finally {
    await Promise.all(nodes.map((node) => node.stop("SIGKILL")));
    await Promise.all(links.map((link) => link.close()));
    process.off("exit", endAll);
    if (!options.keep(root)) rmSync(root, { recursive: true, force: true });
  }
}

async function makeNode(root: string, id: string, name: string, base: number): Promise<SoakNode> {
  const dir = join(root, id);
  mkdirSync(dir);
  const made = await initialiseNode({
    dir,
    region: { id, name },
    nodeName: "main",
    ports: { http: base, rpc: base + 1, dsp: base + 2 },
    settings: {
      catalog: { authorisations: AUTHORISATIONS },
      audit: { checkpointMs: 500 },
      transfer: { batchRows: BATCH_ROWS },
      log: { level: "info" },
    },
  });
  return new SoakNode({ id, name, dir, api: `http://${HOST}:${base}`, adminToken: made.token });
}

/** What the trust list will say of where the region is reached. */
function announce(dir: string, endpoint: string): void {
  const file = join(dir, "trust", "region.json");
  const region = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(file, JSON.stringify({ ...region, endpoints: { ...region.endpoints, rpc: [endpoint] } }));
}
