import { note } from "../cli/output.ts";
import { seededRandom } from "../demo/seeded-random.ts";
import type { Material } from "./material.ts";
import { type Region, runTrial, type TrialResult } from "./trial.ts";

export type KillPoint = { readonly region: Region; readonly at: readonly string[] };

export type SoakReport = {
  readonly verb: string;
  readonly seed: string;
  readonly trials: number;
  readonly ok: boolean;
  readonly failed: readonly object[];
  readonly tookMs: number;
  readonly [detail: string]: unknown;
};

const regions: readonly Region[] = ["chengdu", "chongqing"];
/** A restarted node passes at least so many fail points before the story is over, unless it is nearly over. */
const LATER_POINTS = 12;

/**
 * The story once without a fault, then once for every kill point: one of the two nodes kills itself there, is started again,
 * and everything must end as it did without.
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
    const names = result.killedAt.length > 0 ? result.killedAt : ["from outside, at the end"];
    for (const name of names) places[name] = (places[name] ?? 0) + 1;
    const at = writePoint(kill);
    tellResult(`  ${i + 1}/${points.length} ${at} (${names.join(", then ")})`, result);
    if (!result.ok) failed.push({ trial: i + 1, at, names, ...summaryOf(result) });
  }
  return {
    ...{ verb: "kills", seed, trials: points.length, ok: failed.length === 0, failed, places },
    failPoints: { chengdu: calm.failPoints.chengdu.total, chongqing: calm.failPoints.chongqing.total },
    tookMs: Math.round(performance.now() - began),
  };
}

/**
 * Half of them spread evenly over the whole story; half at places by name, so that the rare ones get their turn. Every third
 * kills the restarted process too, soon after its start: recovery must bear it as well.
 */
function killPoints({ failPoints }: TrialResult, seed: string, n: number): KillPoint[] {
  const random = seededRandom(`kills/${seed}`);
  const named = regions.flatMap((region) =>
    Object.entries(failPoints[region].counts).map(([name, count]) => ({ region, name, count })),
  );
  let inTurn = random.sample(named, named.length);
  const parts = Math.ceil(n / 2);
  return Array.from({ length: n }, (_, i): KillPoint => {
    const second = i % 3 === 2 ? [String(random.between(1, LATER_POINTS))] : [];
    if (i % 2 === 0) {
      const region = regions[(i / 2) % 2] ?? "chengdu";
      const { total } = failPoints[region];
      const at = 1 + Math.floor(((i / 2 + random.next()) / parts) * total);
      return { region, at: [String(Math.min(at, total)), ...second] };
    }
    const [place, ...others] = inTurn.length > 0 ? inTurn : random.sample(named, named.length);
    inTurn = others;
    const { region, name, count } = place ?? { region: "chengdu", name: "store.before-write", count: 1 };
    return { region, at: [`${name}:${random.between(1, count)}`, ...second] };
  });
}

const POINT = /^(chengdu|chongqing)@((?:[a-z.-]+:)?[1-9][0-9]*(?:\+(?:[a-z.-]+:)?[1-9][0-9]*)*)$/;

/** `chengdu@120`, `chongqing@outbox.after-send:3`, `chengdu@120+7` (the restarted process again at its seventh). */
export function readPoint(text: string): KillPoint | undefined {
  const [, region, at] = POINT.exec(text) ?? [];
  const known = regions.find((one) => one === region);
  return known === undefined || at === undefined ? undefined : { region: known, at: at.split("+") };
}

function writePoint({ region, at }: KillPoint): string {
  return `${region}@${at.join("+")}`;
}

export function tellResult(what: string, { ok, tookMs, parts, faults, folder, acknowledged }: TrialResult): void {
  const slowest = Object.entries(parts)
    .sort(([, a], [, b]) => b - a)[0]
    ?.join(" ");
  note(`${what} — ${ok ? "ok" : "FAILED"}, ${acknowledged} writes acknowledged, ${tookMs} ms (${slowest} ms)`);
  for (const fault of faults) note(`      ${fault}`);
  if (folder !== undefined) note(`      kept: ${folder}`);
}

export function summaryOf({ faults, folder }: TrialResult): object {
  return { faults: faults.slice(0, 10), folder };
}
