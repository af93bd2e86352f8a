import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { sha256 } from "../../../node/kernel/digest.ts";
import type { Logger } from "../../../node/kernel/logger.ts";
import type { Runtime } from "../../../node/kernel/runtime.ts";
import { createMemoryDisk, type MemoryDisk } from "../../../node/storage/memory.ts";
import { type SeededRandom, seededRandom } from "../../demo/seeded-random.ts";
import { channelsFrom, type Running } from "./channels.ts";
import { type CrashingStore, openCrashingStore, type PlantedBug } from "./crashing-store.ts";
import { createMemoryContent, type MemoryContent } from "./memory-content.ts";
import { type Incarnation, Network } from "./network.ts";
import { composeRegion, type SimRegion } from "./sim-region.ts";
import { createSimTrust } from "./sim-trust.ts";
import { VirtualTime } from "./virtual-time.ts";

const DATA = fileURLToPath(new URL("../../../data/", import.meta.url));
const readData = (name: string) => JSON.parse(readFileSync(DATA + name, "utf8"));

/** 成都 and 重庆, with the entries that each brings. */
export const REGIONS = ["510100", "500000"] as const;
const CATALOGUES: { readonly [region: string]: { readonly file: string; readonly ids: readonly string[] } } = {
  "510100": {
    file: "catalog-chengdu.json",
    ids: ["cd-scjg-0001", "cd-scjg-0004", "cd-scjg-0007", "cd-scjg-0008", "cd-scjg-0011", "cd-prod-0002"],
  },
  "500000": { file: "catalog-chongqing.json", ids: ["cq-scjg-0001", "cq-scjg-0003", "cq-scjg-0004"] },
};

/** Monday, 9 o'clock in China. */
export const START_MS = Date.parse("2026-10-05T01:00:00.000Z");

type Live = Running & { readonly store: CrashingStore };
type Site = {
  readonly region: string;
  readonly disk: MemoryDisk;
  readonly content: MemoryContent;
  readonly runtime: Runtime;
  readonly skewMs: number;
  live: Live | undefined;
};

/** Two regions on simulated disks, clocks and wires, from one seed. */
export class SimWorld {
  readonly time = new VirtualTime(START_MS);
  readonly network: Network;
  readonly random: SeededRandom;
  readonly planted: PlantedBug | undefined;
  /** What no node should ever log. */
  readonly errors: string[] = [];
  crashes = 0;
  readonly #sites = new Map<string, Site>();
  readonly #trust = createSimTrust(REGIONS);
  readonly #authorisations = readData("authorisations.json");

  constructor(seed: string, planted?: PlantedBug) {
    this.random = seededRandom(`sim/${seed}`);
    this.planted = planted;
    this.network = new Network(this.time, seededRandom(`network/${seed}`));
    for (const region of REGIONS) {
      const skewMs = this.random.between(-10_000, 10_000);
      const runtime = this.#runtimeOf(`${seed}/${region}`, skewMs);
      const site = {
        region,
        disk: createMemoryDisk(),
        content: createMemoryContent(),
        runtime,
        skewMs,
        live: undefined,
      };
      this.#sites.set(region, site);
      this.start(region);
    }
  }

  rooms(region: string): SimRegion | undefined {
    return this.#site(region).live?.rooms;
  }

  content(region: string): MemoryContent {
    return this.#site(region).content;
  }

  /** Everything on the disks, for comparing two runs of one seed. */
  digest(): string {
    const text = [...this.#sites.values()].map(({ disk }) =>
      disk.contents.keys
        .map((key) => `${key} ${sha256(disk.contents.values.get(key) ?? "").toString("hex")}`)
        .join("\n"),
    );
    return sha256(text.join("\n")).toString("hex");
  }

  catalogueOf(region: string): { readonly row: number; readonly value: unknown }[] {
    const { file = "", ids = [] } = CATALOGUES[region] ?? {};
    const { entries } = readData(file) as { entries: { id: string }[] };
    return entries.filter(({ id }) => ids.includes(id)).map((value, i) => ({ row: i + 1, value }));
  }

  start(region: string): void {
    const site = this.#site(region);
    if (site.live !== undefined) return;
    const incarnation: Incarnation = { region, isAlive: true };
    const store = openCrashingStore(site.disk, () => this.#died(site, incarnation), this.planted);
    const running = (other: string) => this.#site(other).live;
    const rooms = composeRegion({
      region,
      store: store.store,
      runtime: site.runtime,
      scheduler: {
        after: (ms, run) => this.time.after(ms, () => incarnation.isAlive && run()),
      },
      logger: this.#loggerOf(incarnation),
      content: site.content,
      trust: this.#trust,
      channels: channelsFrom(incarnation, this.network, running, this.planted),
      authorisations: this.#authorisations,
    });
    site.live = { incarnation, rooms, store };
    rooms.start();
  }

  /** The region's process dies at the commit that is so many from now, and is started again some time after. */
  crash(region: string, commits: number, when: "before" | "after"): void {
    this.#site(region).live?.store.dieAt(commits, when);
  }

  #died(site: Site, incarnation: Incarnation): void {
    this.crashes += 1;
    incarnation.isAlive = false;
    site.live = undefined;
    this.network.ended(incarnation);
    site.content.crash(this.random);
    this.time.after(this.random.between(200, 600_000), () => this.start(site.region));
  }

  #site(region: string): Site {
    const site = this.#sites.get(region);
    if (site === undefined) throw new Error(`there is no region ${region}`);
    return site;
  }

  #runtimeOf(seed: string, skewMs: number): Runtime {
    let drawn = 0;
    return {
      nowMs: () => this.time.nowMs + skewMs,
      randomBytes: (size) => {
        const blocks = Array.from({ length: Math.ceil(size / 32) }, () => sha256(`${seed}/${drawn++}`));
        return Buffer.concat(blocks).subarray(0, size);
      },
      failPoint: () => {},
    };
  }

  /** Errors of a process that has died are its last words, and mean nothing. */
  #loggerOf(incarnation: Incarnation): Logger {
    const logger: Logger = {
      debug: () => {},
      info: () => {},
      warn: () => {},
      error: (fields, message) => {
        if (incarnation.isAlive) this.errors.push(`${incarnation.region}: ${message} ${textOf(fields)}`);
      },
      child: () => logger,
    };
    return logger;
  }
}

function textOf(fields: object): string {
  const plain = (_key: string, value: unknown) => (value instanceof Error ? (value.stack ?? value.message) : value);
  return JSON.stringify(fields, plain).slice(0, 800);
}
