import { note } from "../cli/output.ts";
import { seededRandom } from "../demo/seeded-random.ts";
import type { Material } from "./material.ts";
import { type Region, runTrial, type TrialResult } from "./trial.ts";

export type KillPoint = { readonly region: Region; readonly at: number };

export type SoakReport = {
  readonly verb: string;
  readonly seed: string;
  readonly trials: number;
  readonly ok: boolean;
  readonly failed: readonly object[];
  readonly tookMs: number;
  readonly [detail: string]: unknown;
};

/**
 * The story once without a fault, then once for every kill point: one of the two nodes kills itself there, is started again,
 * and everything must end as it did without. Points are spread over the whole story, one half at each node.
 */
export async function soakKills(
  material: Material,
  { seed, n, only }: { readonly seed: string; readonly n: number; readonly only: KillPoint | undefined },
): Promise<SoakReport> {
  const began = performance.now();
  note(`kills: seed ${seed}; the story without a fault …`);
  const calm = await runTrial(material, {}, undefined);
  tellResult("  uninterrupted", calm);
  const failed: object[] = calm.ok ? [] : [{ trial: "uninterrupted", faults: calm.faults, folder: calm.folder }];
  const points = !calm.ok ? [] : only === undefined ? killPoints(calm, seed, n) : [only];
  const places: { [name: string]: number } = {};
  for (const [i, kill] of points.entries()) {
    const result = await runTrial(material, { kill }, calm.outcome);
    const name = result.killed?.name ?? "from outside, at the end";
    places[name] = (places[name] ?? 0) + 1;
    tellResult(`  ${i + 1}/${points.length} ${kill.region}:${kill.at} ${name}`, result);
    if (!result.ok) failed.push({ trial: i + 1, at: `${kill.region}:${kill.at}`, name, ...summaryOf(result) });
  }
  return {
    ...{ verb: "kills", seed, trials: points.length, ok: failed.length === 0, failed, places },
    failPoints: { chengdu: calm.failPoints.chengdu.total, chongqing: calm.failPoints.chongqing.total },
    tookMs: Math.round(performance.now() - began),
  };
}

/** One in every equal part of the story, so that no part of it is left out. */
function killPoints({ failPoints }: TrialResult, seed: string, n: number): KillPoint[] {
  const random = seededRandom(`kills/${seed}`);
  return Array.from({ length: n }, (_, i) => {
    const region: Region = i % 2 === 0 ? "chengdu" : "chongqing";
    const parts = Math.ceil(n / 2);
    const { total } = failPoints[region];
    const at = 1 + Math.floor(((Math.floor(i / 2) + random.next()) / parts) * total);
    return { region, at: Math.min(at, total) };
  });
}

export function tellResult(what: string, { ok, tookMs, faults, folder, acknowledged }: TrialResult): void {
  note(`${what} — ${ok ? "ok" : "FAILED"}, ${acknowledged} writes acknowledged, ${tookMs} ms`);
  for (const fault of faults) note(`      ${fault}`);
  if (folder !== undefined) note(`      kept: ${folder}`);
}

export function summaryOf({ faults, folder }: TrialResult): object {
  return { faults: faults.slice(0, 10), folder };
}
