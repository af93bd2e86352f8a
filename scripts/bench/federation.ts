import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { CatalogEntry } from "../../node/catalog/model.ts";
import { callJson } from "../cli/client.ts";
import { as } from "../demo/region.ts";
import { percentiles } from "./percentiles.ts";
import { publish, withRegions } from "./regions.ts";
import type { BenchRow } from "./row.ts";

const DATA = fileURLToPath(new URL("../../data/catalog-chengdu.json", import.meta.url));
const TARGET = { p99: 100 };
/** The first entries after a start also load the segmenter's dictionary, once, at both ends. */
const WARM_UP = 5;

/** From the call that publishes an entry to the moment the peer's own interface answers it. */
export function benchVisible({ quick }: { readonly quick: boolean }): Promise<BenchRow> {
  return withRegions(async ({ chengdu, chongqing }) => {
    const catalog = JSON.parse(readFileSync(DATA, "utf8")) as { entries: CatalogEntry[] };
    const template = catalog.entries.find((entry) => entry.id === "cd-scjg-0004");
    if (template === undefined) throw new Error("the sample catalogue lost cd-scjg-0004");
    const samples: number[] = [];
    for (let i = -WARM_UP; i < (quick ? 20 : 200); i++) {
      const number = String(i + WARM_UP).padStart(4, "0");
      const entry = {
        ...template,
        id: `cd-bench-${number}`,
        resourceCode: `313510100999/${number}`,
        name: `时延样例目录${number}`,
      };
      const began = await publish(chengdu, { ...catalog, entries: [entry] });
      const path = `/federated/entries/510100/${entry.id}`;
      for (;;) {
        const seen = await callJson<{ id?: string }>(as(chongqing, "requester"), path).catch(() => undefined);
        if (seen?.id === entry.id) break;
        if (performance.now() - began > 10_000) throw new Error(`${entry.id} was not visible at the peer in 10 s`);
      }
      if (i >= 0) samples.push(performance.now() - began);
    }
    const { p50, p99 } = percentiles(samples);
    return {
      case: "federation.visible",
      unit: "ms",
      p50,
      p99,
      n: samples.length,
      target: TARGET,
      met: p99 <= TARGET.p99,
    };
  });
}
