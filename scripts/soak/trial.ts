import type { Material } from "./material.ts";
import { Operator, TrialFault } from "./operator.ts";
import { collectOutcome, type Outcome } from "./outcome.ts";
import type { FailPoints } from "./soak-node.ts";
import { playStory } from "./story.ts";
import { type World, withWorld } from "./world.ts";

export type Region = "chengdu" | "chongqing";

export type Trial = {
  /** Where one of the nodes kills itself: its first process, the one that was started after it, and so on. */
  readonly kill?: { readonly region: Region; readonly at: readonly string[] };
  readonly withLinks?: boolean;
  /** Makes trouble while the story is played; told of each chapter, and to stop. */
  readonly trouble?: (world: World) => { readonly onChapter: (name: string) => void; readonly stop: () => void };
};

export type TrialResult = {
  readonly ok: boolean;
  readonly tookMs: number;
  /** Milliseconds of each part, where a slow trial was slow. */
  readonly parts: { readonly [name: string]: number };
  readonly acknowledged: number;
  readonly outcome: Outcome | undefined;
  readonly faults: readonly string[];
  /** Names of the fail points that ended a process. */
  readonly killedAt: readonly string[];
  readonly failPoints: { readonly [region in Region]: FailPoints };
  /** Kept where something failed. */
  readonly folder: string | undefined;
};

const NO_TROUBLE = { onChapter: () => {}, stop: () => {} };

/** One story in two fresh regions, from the first start to the comparison with `expected`. */
export async function runTrial(material: Material, trial: Trial, expected: Outcome | undefined): Promise<TrialResult> {
  const began = performance.now();
  const faults: string[] = [];
  const watch = createStopwatch();
  const operator = new Operator();
  const options = { withLinks: trial.withLinks === true, keep: () => faults.length > 0 };
  return withWorld(options, async (world) => {
    let outcome: Outcome | undefined;
    try {
      outcome = await playAndCollect(world, operator, material, trial, { faults, onPart: watch.begin });
      if (expected !== undefined) faults.push(...deviations(expected, outcome));
    } catch (fault) {
      faults.push(fault instanceof TrialFault ? fault.message : String((fault as Error).stack ?? fault));
    }
    watch.begin("stop");
    await Promise.all([world.chengdu.stop(), world.chongqing.stop()]);
    for (const node of [world.chengdu, world.chongqing]) {
      const fault = node.fault();
      if (fault !== undefined) faults.push(fault.message);
    }
    return {
      ok: faults.length === 0,
      tookMs: Math.round(performance.now() - began),
      parts: watch.end(),
      acknowledged: operator.acknowledged,
      outcome,
      faults,
      killedAt: [...world.chengdu.killedAt(), ...world.chongqing.killedAt()],
      failPoints: { chengdu: world.chengdu.failPoints(), chongqing: world.chongqing.failPoints() },
      folder: faults.length > 0 ? world.root : undefined,
    };
  });
}

async function playAndCollect(
  world: World,
  operator: Operator,
  material: Material,
  { kill, trouble }: Trial,
  { faults, onPart }: { readonly faults: string[]; readonly onPart: (name: string) => void },
): Promise<Outcome> {
  const { chengdu, chongqing } = world;
  onPart("start");
  const pointOf = (region: Region) => (kill?.region === region ? kill.at : []);
  await Promise.all([chengdu.start(pointOf("chengdu")), chongqing.start(pointOf("chongqing"))]);
  const { onChapter, stop } = trouble?.(world) ?? NO_TROUBLE;
  try {
    const played = await playStory(operator, { chengdu, chongqing }, material, (name) => {
      onPart(name);
      onChapter(name);
    });
    onPart("comparison");
    // A point that was not reached, since no two runs are quite alike: then it is killed where it is.
    if (kill !== undefined && world[kill.region].kills === 0) await world[kill.region].kill();
    stop();
    const collected = await collectOutcome(operator, [chengdu, chongqing], played);
    faults.push(...collected.faults);
    for (const what of await operator.lost()) faults.push(`acknowledged, and not there any more: ${what}`);
    return collected.outcome;
  } finally {
    stop();
  }
}

function createStopwatch() {
  const parts: { [name: string]: number } = {};
  let name = "setup";
  let sinceMs = performance.now();
  const begin = (next: string) => {
    const nowMs = performance.now();
    parts[name] = (parts[name] ?? 0) + Math.round(nowMs - sinceMs);
    name = next;
    sinceMs = nowMs;
  };
  return {
    begin,
    end: () => {
      begin("");
      return parts;
    },
  };
}

function* deviations(expected: unknown, got: unknown, path = "outcome"): Generator<string> {
  if (isTree(expected) && isTree(got)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(got)]))
      yield* deviations(expected[key], got[key], `${path}.${key}`);
  } else if (expected !== got) {
    yield `${path}: ${JSON.stringify(got)} instead of ${JSON.stringify(expected)}`;
  }
}

function isTree(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null;
}
