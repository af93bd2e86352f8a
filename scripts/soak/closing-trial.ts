import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Agreement } from "../../node/negotiation/model.ts";
import { type ClosingBooks, differencesOf, readClosingBooks } from "./closing-books.ts";
import { type DiskFaults, type LaterCall, openDiskFaults, type SyscallMode } from "./disk-faults.ts";
import type { Material } from "./material.ts";
import { Operator, TrialFault } from "./operator.ts";
import { playSettlement } from "./play-settlement.ts";
import type { SoakNode } from "./soak-node.ts";
import { playUsage } from "./story.ts";
import type { Region } from "./trial.ts";
import type { World } from "./world.ts";

/** Where one of the two nodes is hit while the period closes. */
export type ClosingFault = { readonly region: Region } & (
  | {
      readonly by: "commit";
      readonly at: string;
      readonly mode: "kill" | "error";
      /** Where the processes that are started after it are killed. */
      readonly later: readonly string[];
    }
  | { readonly by: "syscall"; readonly at: number; readonly mode: SyscallMode; readonly later: readonly LaterCall[] }
);

/** Two regions that have used and metered, and stopped; every trial closes a copy of them. */
export type Prepared = { readonly world: World; readonly agreement: Agreement; readonly kept: string };

export type ClosingResult = {
  readonly faults: readonly string[];
  readonly tookMs: number;
  /** What was hit, by name; nothing when the closing was over before. */
  readonly hits: readonly string[];
  readonly books: { readonly [region in Region]: ClosingBooks };
  /** How many places to fail the closing had. */
  readonly places: { readonly [region in Region]: { readonly commits: Counts; readonly syscalls: number } };
};
type Counts = { readonly [name: string]: number };

const REGIONS = ["chengdu", "chongqing"] as const;

export async function prepareClosing(world: World, material: Material): Promise<Prepared> {
  const { chengdu, chongqing } = world;
  await Promise.all([chengdu.start(), chongqing.start()]);
  const { product } = await playUsage(new Operator(), { chengdu, chongqing }, material);
  await Promise.all([chengdu.stop(), chongqing.stop()]);
  const kept = join(world.root, "kept");
  for (const { dir, id } of [chengdu, chongqing]) cpSync(dir, join(kept, id), { recursive: true });
  return { world, agreement: product, kept };
}

/** One closing from the same beginning, hit at most once, compared with `expected`. `library` is needed for system calls. */
export async function runClosing(
  { world, agreement, kept }: Prepared,
  fault: ClosingFault | undefined,
  expected: ClosingResult["books"] | undefined,
  library: string | undefined,
): Promise<ClosingResult> {
  const began = performance.now();
  const { chengdu, chongqing } = world;
  const disks = new Map<Region, DiskFaults>();
  for (const region of REGIONS) {
    const { dir, id } = world[region];
    rmSync(dir, { recursive: true, force: true });
    cpSync(join(kept, id), dir, { recursive: true });
    for (const name of ["killed-at", "fail-points.json"]) rmSync(join(dir, name), { force: true });
    const watched = library !== undefined && (fault === undefined || fault.by === "syscall");
    if (watched) disks.set(region, openDiskFaults(library, join(dir, "store"), join(world.root, `control-${id}`)));
    world[region].env = disks.get(region)?.env ?? {};
  }
  await Promise.all([chengdu.start(), chongqing.start()]);
  arm(world, disks, fault);
  const faults: string[] = [];
  const done = { isOver: false };
  const repairing = fault === undefined ? Promise.resolve() : repairWhenFailed(world[fault.region], disks, fault, done);
  try {
    await playSettlement({ operator: new Operator(), chengdu, chongqing }, agreement);
  } catch (thrown) {
    faults.push(thrown instanceof TrialFault ? thrown.message : String((thrown as Error).stack ?? thrown));
  }
  const syscalls = REGIONS.map((region) => disks.get(region)?.counted() ?? 0);
  const hits = fault === undefined ? [] : hitsOf(world[fault.region], disks, fault);
  // A place that was not reached this time: then it is killed where it is, and has to come back.
  if (fault !== undefined && hits.length === 0) await world[fault.region].kill();
  await Promise.all([chengdu.ready(), chongqing.ready()]).catch((thrown) => faults.push(String(thrown)));
  done.isOver = true;
  await repairing;
  await Promise.all([chengdu.stop(), chongqing.stop()]);
  for (const node of [chengdu, chongqing]) {
    const ended = node.fault();
    if (ended !== undefined) faults.push(ended.message);
  }
  const books = { chengdu: await readClosingBooks(chengdu.dir), chongqing: await readClosingBooks(chongqing.dir) };
  for (const region of expected === undefined ? [] : REGIONS) {
    faults.push(...differencesOf(region, expected?.[region] ?? [], books[region]));
  }
  const placesOf = (region: Region, i: number) => ({
    commits: world[region].failPoints().counts,
    syscalls: syscalls[i] ?? 0,
  });
  const places = { chengdu: placesOf("chengdu", 0), chongqing: placesOf("chongqing", 1) };
  return { faults, tookMs: Math.round(performance.now() - began), hits, books, places };
}

function arm(world: World, disks: ReadonlyMap<Region, DiskFaults>, fault: ClosingFault | undefined): void {
  for (const region of REGIONS) {
    const isHit = fault?.region === region;
    if (isHit && fault.by === "commit") world[region].arm(fault.at, fault.mode, fault.later);
    else world[region].arm("0", "kill");
    disks.get(region)?.arm(isHit && fault.by === "syscall" ? fault.at : 0, "kill-before");
    if (isHit && fault.by === "syscall") disks.get(region)?.arm(fault.at, fault.mode, fault.later[0]);
  }
}

/** A node whose disk failed says so and takes no write; whoever runs it mends the disk and starts it again. */
async function repairWhenFailed(
  node: SoakNode,
  disks: ReadonlyMap<Region, DiskFaults>,
  { region }: ClosingFault,
  done: { readonly isOver: boolean },
): Promise<void> {
  const repair = () => disks.get(region)?.repair();
  // A disk that fails while the node starts ends the process.
  node.beforeNextStart = repair;
  while (!done.isOver) {
    const answer = await fetch(`${node.api}/readyz`).catch(() => undefined);
    if (answer?.status === 503 && (await answer.text()).includes("STORE_FAILED")) {
      repair();
      await node.restart();
    }
    await delay(20);
  }
  node.beforeNextStart = undefined;
}

function hitsOf(node: SoakNode, disks: ReadonlyMap<Region, DiskFaults>, { by, region }: ClosingFault): string[] {
  if (by === "commit") return node.killedAt();
  return disks.get(region)?.hits() ?? [];
}
