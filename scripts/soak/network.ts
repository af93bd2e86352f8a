import { note } from "../cli/output.ts";
import { type SeededRandom, seededRandom } from "../demo/seeded-random.ts";
import type { FaultProxy } from "./fault-proxy.ts";
import { type SoakReport, summaryOf, tellResult } from "./kills.ts";
import type { Material } from "./material.ts";
import { runTrial } from "./trial.ts";

type Fault = { readonly name: string; readonly begin: (link: FaultProxy) => void };

const FAULTS: readonly Fault[] = [
  { name: "cut", begin: (link) => link.cut() },
  { name: "half-open", begin: (link) => link.halfOpen() },
  { name: "delay", begin: (link) => link.delay(120) },
  { name: "throttle", begin: (link) => link.throttle(40_000) },
];

/** The story over links that fail again and again, each trial with its own seeded sequence of faults. */
export async function soakNetwork(
  material: Material,
  { seed, n }: { readonly seed: string; readonly n: number },
): Promise<SoakReport> {
  const began = performance.now();
  note(`network: seed ${seed}; the story over good links …`);
  const calm = await runTrial(material, { withLinks: true }, undefined);
  tellResult("  uninterrupted", calm);
  const failed: object[] = calm.ok ? [] : [{ trial: "uninterrupted", ...summaryOf(calm) }];
  const trials = calm.ok ? n : 0;
  for (let i = 1; i <= trials; i++) {
    const counts: { [fault: string]: number } = {};
    const random = seededRandom(`network/${seed}/${i}`);
    const result = await runTrial(
      material,
      { withLinks: true, trouble: ({ links }) => makeTrouble(links, random, counts) },
      calm.outcome,
    );
    tellResult(`  ${i}/${trials} ${JSON.stringify(counts)}`, result);
    if (!result.ok) failed.push({ trial: i, counts, ...summaryOf(result) });
  }
  const tookMs = Math.round(performance.now() - began);
  return { verb: "network", seed, trials, ok: failed.length === 0, failed, tookMs };
}

/** Good for a while, bad for a while, one link or both; ends with good links, or nothing could come to its end. */
function makeTrouble(links: readonly FaultProxy[], random: SeededRandom, counts: { [fault: string]: number }) {
  let timer: NodeJS.Timeout | undefined;
  const begin = () => {
    const fault = random.pick(FAULTS);
    const hit = random.next() < 0.5 ? links : [random.pick(links)];
    counts[fault.name] = (counts[fault.name] ?? 0) + 1;
    for (const link of hit) fault.begin(link);
    timer = setTimeout(
      () => {
        for (const link of links) link.resume();
        timer = setTimeout(begin, random.between(50, 600));
      },
      random.between(20, 900),
    );
  };
  return {
    onChapter: () => {
      // Every chapter gets at least one fault at its very beginning.
      clearTimeout(timer);
      for (const link of links) link.resume();
      begin();
    },
    stop: () => {
      clearTimeout(timer);
      for (const link of links) link.resume();
    },
  };
}
