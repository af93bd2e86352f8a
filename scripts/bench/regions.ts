import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { callJson } from "../cli/client.ts";
import { addPeople, as, type DemoRegion, makeRegion, startRegion, stopRegion } from "../demo/region.ts";
import { foundTrust } from "../demo/trust.ts";
import { freePortBase } from "./ports.ts";

const DATA = fileURLToPath(new URL("../../data/", import.meta.url));

export type BenchRegions = { readonly chengdu: DemoRegion; readonly chongqing: DemoRegion; readonly root: string };

/** Two nodes of the built program, each its own process, with 成都's catalogue published; ended whatever happens. */
export async function withRegions<T>(run: (regions: BenchRegions) => Promise<T>): Promise<T> {
  const root = mkdtempSync(join(tmpdir(), "heliu-bench-"));
  const regions: DemoRegion[] = [];
  try {
    const base = await freePortBase();
    regions.push(
      await makeRegion(root, "510100", "成都市", base),
      await makeRegion(root, "500000", "重庆市", base + 10),
    );
    const [chengdu, chongqing] = regions as [DemoRegion, DemoRegion];
    await foundTrust(root, regions);
    await Promise.all(regions.map(startRegion));
    await Promise.all(regions.map(addPeople));
    await publish(chengdu, JSON.parse(readFileSync(`${DATA}catalog-chengdu.json`, "utf8")));
    return await run({ chengdu, chongqing, root });
  } finally {
    await Promise.all(regions.map((region) => stopRegion(region)));
    rmSync(root, { recursive: true, force: true });
  }
}

/** Imported by one person, confirmed by another. Answers the confirming call's start. */
export async function publish(region: DemoRegion, catalog: object): Promise<number> {
  const file = Buffer.from(JSON.stringify(catalog), "utf8");
  const imported = await callJson<{ importId: string }>(
    as(region, "publisher"),
    "/catalog/import?filename=catalog.json&asPublished=true",
    { file },
  );
  const confirmedAt = performance.now();
  await callJson(as(region, "approver"), `/catalog/imports/${imported.importId}/confirm`, { method: "POST" });
  return confirmedAt;
}
