import { performance } from "node:perf_hooks";
import { say } from "../cli/output.ts";

const began = performance.now();

/** The story goes to stderr, with the time since the start; stdout belongs to the one JSON object. */
export function tell(zh: string, en: string): void {
  const seconds = ((performance.now() - began) / 1_000).toFixed(1).padStart(6);
  process.stderr.write(`${seconds}s  ${say(zh, en)}\n`);
}

export function chapter(number: number, zh: string, en: string): void {
  process.stderr.write(`\n── ${number} · ${say(zh, en)}\n`);
}

/** A step that does not hold ends the demo with what was expected and what came. */
export class StepFailed extends Error {}

export function expectThat(holds: boolean, expected: string, got: unknown): void {
  if (!holds) throw new StepFailed(`${expected}; got ${JSON.stringify(got)?.slice(0, 2_000)}`);
}

/**
 * Asks again until the answer is there; the nodes push, so this only waits for what another process is doing.
 *
 * @throws StepFailed after `limitMs`, with the last answer.
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T>,
  done: (answer: T) => boolean,
  limitMs = 20_000,
): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (done(answer)) return answer;
    if (performance.now() > deadline)
      throw new StepFailed(`${what} did not happen in ${limitMs} ms: ${JSON.stringify(answer)?.slice(0, 2_000)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export const elapsedSince = (startedMs: number): number => Math.round((performance.now() - startedMs) * 10) / 10;
