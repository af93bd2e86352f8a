import { spawn, spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openLevelStore } from "../../node/storage/level.ts";
import { note } from "../cli/output.ts";
import { seededRandom } from "../demo/seeded-random.ts";
import type { SoakReport } from "./kills.ts";

const WRITER = fileURLToPath(new URL("./counting-process.js", import.meta.url));
const SOURCE = fileURLToPath(new URL("./power-cut.c", import.meta.url));
const SIZE = "256M";

type Ack = { readonly writer: string; readonly n: number; readonly at: bigint };
type Cut = { readonly acks: readonly Ack[]; readonly beganAt: bigint; readonly endedAt: bigint };

/**
 * A store on an ext4 of its own, whose power is cut while sixteen writers write. What was acknowledged before the cut began must
 * be there after the next mount. What is acknowledged while the cut is under way proves nothing: with the power really off
 * nobody would have read it, and the kernel lets a sync that was under way return without having reached the disk. Such
 * acknowledgements are counted apart.
 */
export async function soakPowerCut({ seed, n, dir }: { seed: string; n: number; dir: string }): Promise<SoakReport> {
  const began = performance.now();
  const random = seededRandom(`power-cut/${seed}`);
  const tool = buildTool(dir);
  const sums = { acknowledged: 0, lost: 0, duringTheCut: 0, lostOfThose: 0 };
  const failed: object[] = [];
  for (let trial = 1; trial <= n; trial++) {
    const disk = makeDisk(join(dir, `trial-${trial}`));
    try {
      const cut = await writeUntilCut(disk.mounted, tool, random.between(300, 2_500));
      disk.remount();
      const found = await compare(join(disk.mounted, "store"), cut);
      for (const key of Object.keys(sums) as (keyof typeof sums)[]) sums[key] += found[key];
      if (found.lost > 0 || found.faults.length > 0) failed.push({ trial, ...found });
      const outcome = found.lost === 0 && found.faults.length === 0 ? "ok" : "FAILED";
      note(
        `  ${trial}/${n} — ${outcome}, ${found.acknowledged} acknowledged before, ${found.duringTheCut} during the cut`,
      );
    } finally {
      disk.remove();
    }
  }
  const tookMs = Math.round(performance.now() - began);
  return { verb: "power-cut", seed, trials: n, ok: failed.length === 0, failed, ...sums, tookMs };
}

function run(program: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
  if (error === undefined && status === 0) return stdout;
  throw new Error(
    `cutting the power needs Linux, root, cc, mkfs.ext4 and a free loop device: ${program}: ${error?.message ?? stderr}`,
  );
}

function buildTool(dir: string): string {
  const tool = join(dir, "power-cut");
  run("cc", "-O2", "-o", tool, SOURCE);
  return tool;
}

function makeDisk(place: string) {
  const [image, mounted] = [`${place}.img`, place];
  mkdirSync(mounted);
  run("truncate", "-s", SIZE, image);
  run("mkfs.ext4", "-q", image);
  const mount = () => run("mount", "-o", "loop", image, mounted);
  mount();
  return {
    mounted,
    remount: () => {
      run("umount", mounted);
      mount();
    },
    remove: () => {
      spawnSync("umount", [mounted]);
      spawnSync("rm", ["-f", image]);
    },
  };
}

async function writeUntilCut(mounted: string, tool: string, afterMs: number): Promise<Cut> {
  const writer = spawn(process.execPath, [WRITER, join(mounted, "store")], { stdio: ["ignore", "pipe", "inherit"] });
  const acks: Ack[] = [];
  const ended = new Promise((resolve) => writer.once("exit", resolve));
  const reading = (async () => {
    for await (const line of createInterface({ input: writer.stdout })) {
      const [, writer = "", n = "", at = ""] = /^(\d+) (\d+) (\d+)$/.exec(line) ?? [];
      if (at !== "") acks.push({ writer, n: Number(n), at: BigInt(at) });
    }
  })();
  while (acks.length === 0 && writer.exitCode === null) await delay(5);
  await delay(afterMs);
  const [beganAt = 0n, endedAt = 0n] = run(tool, mounted).trim().split(" ").map(BigInt);
  // Its next commit fails; one that hangs in the dead file system is ended.
  await Promise.race([ended, delay(5_000)]);
  writer.kill("SIGKILL");
  await Promise.all([ended, reading]);
  return { acks, beganAt, endedAt };
}

async function compare(directory: string, { acks, beganAt }: Cut) {
  const store = await openLevelStore(directory);
  const number = async (key: string) => Number(Buffer.from((await store.get(key)) ?? []).toString() || "0");
  const faults: string[] = [];
  const kept = new Map<string, number>();
  let sum = 0;
  for (const writer of new Set(acks.map((ack) => ack.writer))) {
    const count = await number(`count/${writer}`);
    kept.set(writer, count);
    sum += count;
    if (count > 0 && (await store.get(`filler/${writer}/${count}`)) === undefined)
      faults.push(`${writer}: half a commit`);
    if ((await store.get(`filler/${writer}/${count + 1}`)) !== undefined)
      faults.push(`${writer}: a commit out of order`);
  }
  const total = await number("total");
  if (kept.size === 16 && total !== sum) faults.push(`the total is ${total}, the writers counted ${sum}`);
  await store.close();
  const isLost = ({ writer, n }: Ack) => n > (kept.get(writer) ?? 0);
  const before = acks.filter(({ at }) => at < beganAt);
  const during = acks.filter(({ at }) => at >= beganAt);
  return {
    ...{ acknowledged: before.length, lost: before.filter(isLost).length },
    /** How long before the cut the lost ones were acknowledged. */
    lostMs: before.filter(isLost).map(({ at }) => Number((beganAt - at) / 1_000n) / 1_000),
    ...{ duringTheCut: during.length, lostOfThose: during.filter(isLost).length, faults },
  };
}
