import { note } from "../cli/output.ts";
import type { SoakReport } from "./kills.ts";
import { simulate } from "./sim/simulate.ts";

const WEEKS_PER_SEED = 4;

/** So many simulated weeks, a few from each seed: the seed replays exactly what happened. */
export async function soakSim({ seed, n }: { readonly seed: string; readonly n: number }): Promise<SoakReport> {
  const began = performance.now();
  const failed: object[] = [];
  const sums = { weeks: 0, crashes: 0, messages: 0, events: 0 };
  const actions: { [name: string]: number } = {};
  for (let run = 1; sums.weeks < n; run++) {
    const own = `${seed}.${run}`;
    const weeks = Math.min(WEEKS_PER_SEED, n - sums.weeks);
    const done = await simulate(own, weeks);
    sums.weeks += weeks;
    for (const name of ["crashes", "messages", "events"] as const) sums[name] += done[name];
    for (const [name, count] of Object.entries(done.actions)) actions[name] = (actions[name] ?? 0) + count;
    const verdict = done.broken.length === 0 ? "ok" : "FAILED";
    note(`sim ${own}: ${weeks} weeks — ${verdict}, ${done.crashes} crashes, ${done.messages} messages`);
    for (const fault of done.broken.slice(0, 20)) note(`      ${fault}`);
    if (done.broken.length > 0) failed.push({ seed: own, week: done.weeks, broken: done.broken.slice(0, 10) });
  }
  const tookMs = Math.round(performance.now() - began);
  return { verb: "sim", seed, trials: sums.weeks, ok: failed.length === 0, failed, ...sums, actions, tookMs };
}
