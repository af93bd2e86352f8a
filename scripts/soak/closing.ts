import { note } from "../cli/output.ts";
import { seededRandom } from "../demo/seeded-random.ts";
import { type ClosingFault, type ClosingResult, prepareClosing, runClosing } from "./closing-trial.ts";
import { buildDiskFaults, syscallModes } from "./disk-faults.ts";
import type { SoakReport } from "./kills.ts";
import type { Material } from "./material.ts";
import type { Region } from "./trial.ts";
import { withWorld } from "./world.ts";

export const faultKinds = ["kill", "error", ...syscallModes] as const;
export type FaultKind = (typeof faultKinds)[number];

export type ClosingOptions = {
  readonly seed: string;
  /** How many faults there are altogether; without, every place once. */
  readonly faults: number | undefined;
  /** So many of them in one closing: the processes that are started after a fault are killed as well. */
  readonly each: number;
  /** Every so many-th of them, for a long run in pieces. */
  readonly part: { readonly number: number; readonly of: number };
  readonly by: "commit" | "syscall";
  readonly only: FaultKind | undefined;
  /** Where the library for system calls is built. */
  readonly dir: string;
};

const REGIONS: readonly Region[] = ["chengdu", "chongqing"];

/**
 * A period closes between two regions, again and again from the same beginning: once undisturbed, then hit at one place each
 * time, by a kill or an error of the disk. Whatever happened, both regions' disks must end with the same books.
 */
export async function soakClosing(material: Material, options: ClosingOptions): Promise<SoakReport> {
  const began = performance.now();
  const library = options.by === "syscall" ? buildDiskFaults(options.dir) : undefined;
  const failed: object[] = [];
  const hits: { [place: string]: number } = {};
  let trials = 0;
  let digests: readonly string[] = [];
  let missed = 0;
  await withWorld({ keep: () => failed.length > 0 }, async (world) => {
    note(`closing: seed ${options.seed}; two regions up to the end of the month …`);
    const prepared = await prepareClosing(world, material);
    const calm = await runClosing(prepared, undefined, undefined, library);
    tell("  undisturbed", calm);
    digests = digestsOf(calm);
    const lies = calm.faults.length > 0 ? calm.faults : digests.length === 1 ? [] : ["the two regions differ"];
    if (lies.length > 0) failed.push({ trial: "undisturbed", faults: lies, folder: world.root });
    for (const fault of lies.length > 0 ? [] : placesOf(calm, options)) {
      trials++;
      const result = await runClosing(prepared, fault, calm.books, library);
      const at = nameOf(fault);
      tell(`  ${trials} ${at} (${result.hits.join(", then ")})`, result);
      if (result.hits.length === 0) missed++;
      for (const [i, hit] of result.hits.entries()) {
        const place = `${hit} ${i === 0 ? fault.mode : modeAfter(fault)}`;
        hits[place] = (hits[place] ?? 0) + 1;
      }
      if (result.faults.length > 0) failed.push({ at, hits: result.hits, faults: result.faults.slice(0, 10) });
    }
  });
  const ok = failed.length === 0;
  const tookMs = Math.round(performance.now() - began);
  const { seed, by } = options;
  return { verb: "closing", seed, by, trials, ok, failed, hits, missed, digests, tookMs };
}

function modeAfter({ by, later }: ClosingFault): string {
  return by === "commit" ? "kill" : (later[0]?.mode ?? "kill");
}

function nameOf({ region, by, at, mode, later }: ClosingFault): string {
  if (by === "commit") return `${region}@${[at, ...later].join("+")} ${mode}`;
  return `${region}@${at} ${mode}${later.map((one) => `, ${one.mode} ${one.after} after it`).join("")}`;
}

function digestsOf({ books }: ClosingResult): string[] {
  const found = REGIONS.flatMap((region) =>
    books[region].filter((line) => line.startsWith("settlement ")).map((line) => line.split(" ")[4] ?? ""),
  );
  return [...new Set(found)];
}

/** A restarted process passes at least so many fail points before the closing is over, unless it is nearly over. */
const LATER_POINTS = 8;
/** Opening the store again takes some twenty of them, among them those that rename and sync the folder. */
const LATER_CALLS = 30;

/** All places in all ways, or a seeded sample of them, spread over the two regions. */
function placesOf({ places }: ClosingResult, { seed, faults, each, by, only, part }: ClosingOptions): ClosingFault[] {
  const random = seededRandom(`closing/${seed}`);
  const later = () => Array.from({ length: each - 1 }, () => String(random.between(1, LATER_POINTS)));
  const laterCalls = () =>
    each === 1 ? [] : [{ after: random.between(1, LATER_CALLS), mode: random.pick(syscallModes) }];
  const kinds = REGIONS.flatMap((region): ClosingFault[][] => {
    const { commits, syscalls } = places[region];
    if (by === "syscall") {
      const numbers = Array.from({ length: syscalls }, (_, i) => i + 1);
      const modes = syscallModes.filter((mode) => isOfKind(mode, only));
      return [numbers.flatMap((at) => modes.map((mode) => ({ region, by, at, mode, later: laterCalls() })))];
    }
    const named = Object.entries(commits).filter(([name]) => name.includes("."));
    return named.map(([name, count]) =>
      Array.from({ length: count }, (_, i) => `${name}:${i + 1}`).flatMap((at): ClosingFault[] => [
        ...(isOfKind("kill", only) ? [{ region, by, at, mode: "kill", later: later() } as const] : []),
        ...(isOfKind("error", only) && name.startsWith("store.")
          ? [{ region, by, at, mode: "error", later: later() } as const]
          : []),
      ]),
    );
  });
  const isMine = (_: ClosingFault, i: number) => i % part.of === part.number - 1;
  // Counted from the first of its kind: how many there are differs a little from run to run, and the pieces must make a whole.
  if (faults === undefined) return kinds.flatMap((kind) => kind.filter(isMine));
  const all = kinds.flat();
  return random.sample(all, Math.min(Math.ceil(faults / each), all.length)).filter(isMine);
}

function isOfKind(mode: FaultKind, only: FaultKind | undefined): boolean {
  if (only === undefined || only === mode) return true;
  return only === (mode.startsWith("kill") ? "kill" : "error");
}

function tell(what: string, { faults, tookMs }: ClosingResult): void {
  note(`${what} — ${faults.length === 0 ? "ok" : "FAILED"}, ${tookMs} ms`);
  for (const fault of faults.slice(0, 10)) note(`      ${fault}`);
}
