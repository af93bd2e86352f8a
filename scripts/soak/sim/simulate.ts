import type { SeenCheckpoint } from "../story.ts";
import type { PlantedBug } from "./crashing-store.ts";
import { brokenInvariants, checkpointOf } from "./invariants.ts";
import { act, closeMonths, createMemory, type Memory, publishAll } from "./people.ts";
import { REGIONS, SimWorld } from "./sim-world.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const WEEK_MS = 7 * 24 * HOUR_MS;

export type Simulated = {
  readonly weeks: number;
  readonly broken: readonly string[];
  readonly digest: string;
  readonly crashes: number;
  readonly messages: number;
  readonly events: number;
  readonly actions: { readonly [name: string]: number };
};

/** So many weeks of two regions from one seed. Ends at the first week after which something does not hold. */
export async function simulate(seed: string, weeks: number, planted?: PlantedBug): Promise<Simulated> {
  const world = new SimWorld(seed, planted);
  const memory = createMemory();
  const checkpoints: SeenCheckpoint[] = [];
  const strays: string[] = [];
  // Last words of dead processes are thrown where nobody listens; everything else thrown there is a fault.
  const onStray = (fault: unknown) => {
    if ((fault as { code?: string }).code !== "STORE_CLOSED") strays.push(String((fault as Error).stack ?? fault));
  };
  process.on("unhandledRejection", onStray);
  let broken: string[] = [];
  let week = 0;
  try {
    await world.time.advanceTo(world.time.nowMs + MINUTE_MS);
    await Promise.all(REGIONS.map((region) => inTime(world, () => publishAll(world, region))));
    while (week < weeks && broken.length === 0) {
      week += 1;
      await playWeek(world, memory, week === weeks);
      broken = [...(await comeToRest(world)), ...strays];
      for (const region of REGIONS) {
        const rooms = world.rooms(region);
        if (rooms !== undefined) checkpoints.push(await inTime(world, () => checkpointOf(rooms)));
      }
      broken.push(...(await inTime(world, () => brokenInvariants(world, memory, checkpoints))));
    }
  } finally {
    process.off("unhandledRejection", onStray);
  }
  const { messages } = world.network;
  const { crashes, time } = world;
  return {
    weeks: week,
    broken,
    digest: world.digest(),
    crashes,
    messages,
    events: time.events,
    actions: memory.actions,
  };
}

/** Runs what may wait for messages, letting time pass until it is done. */
async function inTime<T>(world: SimWorld, run: () => Promise<T>): Promise<T> {
  let isDone = false;
  const running = run().finally(() => {
    isDone = true;
  });
  running.catch(() => {});
  for (let i = 0; !isDone && i < 100_000; i++) await world.time.advanceTo(world.time.nowMs + 100);
  return running;
}

/** People act at all hours; processes die over commits; the network is bad most of the time and away some of it. */
async function playWeek(world: SimWorld, memory: Memory, isLast: boolean): Promise<void> {
  const { random, network, time } = world;
  const end = time.nowMs + WEEK_MS;
  network.loss = random.pick([0, 0.01, 0.05, 0.2]);
  network.repetition = random.pick([0, 0.1, 0.4]);
  while (time.nowMs < end - 6 * HOUR_MS) {
    await time.advanceTo(time.nowMs + random.between(1, 6 * HOUR_MS));
    if (random.next() < 0.4) world.crash(random.pick(REGIONS), random.between(1, 25), random.pick(["before", "after"]));
    if (random.next() < 0.15) cutForAWhile(world);
    // Several at a time, so that they meet.
    for (let n = random.between(1, 4); n > 0; n--)
      void act(world, memory).catch((fault) => world.errors.push(String(fault)));
  }
  await time.advanceTo(end - 2 * HOUR_MS);
  for (let attempt = 0; attempt < 5; attempt++) {
    await inTime(world, () => closeMonths(world, memory, false));
    await time.advanceTo(time.nowMs + 10 * MINUTE_MS);
  }
  await time.advanceTo(end);
  if (!isLast) return;
  network.heal();
  await comeToRest(world);
  for (let attempt = 0; attempt < 5; attempt++) {
    await inTime(world, () => closeMonths(world, memory, true));
    await time.advanceTo(time.nowMs + 10 * MINUTE_MS);
  }
}

function cutForAWhile({ network, random, time }: SimWorld): void {
  const [a, b] = REGIONS;
  network.cut(a, b);
  const { loss, repetition } = network;
  time.after(random.between(1_000, 40 * MINUTE_MS), () => {
    network.heal();
    Object.assign(network, { loss, repetition });
  });
}

/** Longer than the longest pause before anything is tried again. */
const REST_MINUTES = 60;

/** A good network, nobody dies, and nothing is left to do. Answers what never came to its end. */
async function comeToRest(world: SimWorld): Promise<string[]> {
  const { network, time } = world;
  network.heal();
  for (const region of REGIONS) world.crash(region, Number.POSITIVE_INFINITY, "before");
  let busy: string[] = [];
  for (let minutes = 0; minutes < REST_MINUTES; minutes += 5) {
    await time.advanceTo(time.nowMs + 5 * MINUTE_MS);
    for (const region of REGIONS) world.crash(region, Number.POSITIVE_INFINITY, "before");
    busy = await inTime(world, () => underWay(world));
    if (busy.length === 0) return [];
  }
  return busy;
}

async function underWay(world: SimWorld): Promise<string[]> {
  const busy: string[] = [];
  for (const region of REGIONS) {
    const rooms = world.rooms(region);
    if (rooms === undefined) {
      busy.push(`${region} is not back yet`);
      continue;
    }
    for (const { peer, kind, attempts, lastError } of await rooms.outbox.pending())
      busy.push(`${region} still sends ${kind} to ${peer} (${attempts}, ${lastError?.code})`);
    const { items } = await rooms.transfers.list({ limit: 10_000 });
    for (const { id, state, reason } of items)
      if (state === "REQUESTED" || state === "STARTED")
        busy.push(`${region}: transfer ${id} is ${state} ${reason?.code}`);
    const receipts = await rooms.metering.receipts({ limit: 100_000 });
    for (const { core, consumerSignature } of receipts.items)
      if (consumerSignature === null) busy.push(`${region}: receipt ${core.agreementId}/${core.seq} is not signed`);
  }
  return busy;
}
