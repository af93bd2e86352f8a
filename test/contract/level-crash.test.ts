import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openLevelStore } from "../../node/storage/level.ts";
import type { Store } from "../../node/storage/port.ts";

const PROGRAM = [
  process.execPath,
  "--import",
  "tsx",
  join(import.meta.dirname, "../../scripts/soak/counting-process.ts"),
];

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "heliu-crash-"));
});
afterEach(() => rm(directory, { recursive: true }));

/** What the process acknowledged per writer, and its last line where that is not a count. */
async function follow(child: ChildProcess, onCount: (counts: number) => void) {
  const acknowledged = new Map<string, number>();
  let lastWords = "";
  let counts = 0;
  if (child.stdout === null) throw new Error("the process has no output");
  for await (const line of createInterface({ input: child.stdout })) {
    const [, writer, n] = /^(\d+) (\d+) \d+$/.exec(line) ?? [];
    if (writer === undefined || n === undefined) lastWords = line;
    else acknowledged.set(writer, Math.max(Number(n), acknowledged.get(writer) ?? 0));
    onCount(++counts);
  }
  return { acknowledged, lastWords };
}

async function stored(store: Store, key: string): Promise<number> {
  return Number(Buffer.from((await store.get(key)) ?? []).toString() || "0");
}

/** Everything acknowledged is there, and every commit is there as a whole. */
async function expectWhole(acknowledged: ReadonlyMap<string, number>): Promise<void> {
  const store = await openLevelStore(directory);
  let sum = 0;
  for (const [writer, n] of acknowledged) {
    const kept = await stored(store, `count/${writer}`);
    expect(kept).toBeGreaterThanOrEqual(n);
    expect((await store.get(`filler/${writer}/${kept}`))?.length).toBe(200);
    expect(await store.get(`filler/${writer}/${kept + 1}`)).toBeUndefined();
    sum += kept;
  }
  expect(await stored(store, "total")).toBe(sum);
  await store.close();
}

describe("a Level store whose process ends badly", () => {
  it("has lost nothing acknowledged after kill -9", async () => {
    const child = spawn(PROGRAM[0] ?? "", [...PROGRAM.slice(1), directory], { stdio: ["ignore", "pipe", "inherit"] });
    const { acknowledged } = await follow(child, (counts) => counts === 3_000 && child.kill("SIGKILL"));
    expect(acknowledged.size).toBe(16);
    await expectWhole(acknowledged);
  });

  it("takes no write after the disk refused one, still reads, and is whole when opened again", async () => {
    // A limit on file size makes the kernel refuse writes of the log as a full disk does.
    const limited = `trap '' XFSZ; ulimit -f 512; exec "$@"`;
    const child = spawn("bash", ["-c", limited, "bash", ...PROGRAM, directory], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const { acknowledged, lastWords } = await follow(child, () => {});
    expect(JSON.parse(lastWords)).toEqual({ first: ["STORE_FAILED"], again: "STORE_FAILED", readable: true });
    expect(acknowledged.size).toBe(16);
    await expectWhole(acknowledged);
  });

  it("is not opened by a second process meanwhile, which learns why", async () => {
    const store = await openLevelStore(directory);
    const second = openLevelStore(directory);
    await expect(second).rejects.toMatchObject({ code: "STORE_LOCKED", message: expect.stringContaining(directory) });
    await store.close();
  });
});
