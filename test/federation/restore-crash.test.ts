import { afterEach, expect, it } from "vitest";
import type { AuditLeaf } from "../../node/audit/model.ts";
import { splitNote } from "../../node/audit/note.ts";
import { leafBytes } from "../../node/audit/store.ts";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { type Runtime, systemRuntime } from "../../node/kernel/runtime.ts";
import type { Store } from "../../node/storage/port.ts";
import { type Harness, startRegions } from "./harness.ts";
import { CHENGDU, CHONGQING, folderDisk, type LostDay, loseDay, sideOf, takenUpAgain } from "./lost-day.ts";
import { AUTHORISATIONS, callProduct, signedCalls } from "./trade.ts";

let harness: Harness | undefined;
afterEach(async () => {
  await harness?.stop();
  harness = undefined;
});

/** A node whose clock and dice stand still while it is restored, so that two restores differ only if they did differently. */
function stoppedTime() {
  let places: string[] = [];
  let failAt = Number.POSITIVE_INFINITY;
  let stoodAt: number | undefined;
  const runtime: Runtime = {
    nowMs: () => stoodAt ?? systemRuntime.nowMs(),
    randomBytes: (size) => (stoodAt === undefined ? systemRuntime.randomBytes(size) : new Uint8Array(size).fill(7)),
    failPoint: (name) => {
      places.push(name);
      if (places.length === failAt) throw Object.assign(new Error("EIO: i/o error, write"), { code: "EIO" });
    },
  };
  return {
    runtime,
    stand: (atMs: number | undefined) => {
      stoodAt = atMs;
    },
    /** Fails there, counted from now; answers what was passed since the last time. */
    arm(at: number): readonly string[] {
      const passed = places;
      [places, failAt] = [[], at];
      return passed;
    },
  };
}

/** Every record, but for the peer's cosignature in the new log's first leaf: it says when it was asked. */
async function contentsOf(store: Store): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const [key, value] of store.range({ from: "", to: "\u{10ffff}" })) {
    const text = Buffer.from(value).toString("utf8");
    lines.push(`${key} ${key === leafBytes.at(0n).key ? withoutCosignature(text) : text}`);
  }
  return lines;
}

function withoutCosignature(leaf: string): string {
  const { digest, detail, ...rest } = JSON.parse(leaf) as AuditLeaf;
  const { checkpoint = "", ...about } = detail;
  const parts = mustSucceed(splitNote(checkpoint));
  return JSON.stringify({ ...rest, ...about, checkpoint: parts.text });
}

type Time = ReturnType<typeof stoppedTime>;

/** One process of `heliu restore`: it ends at the place, or with the records as they then are. */
async function restoreOnce({ back }: LostDay, time: Time, failAt = Number.POSITIVE_INFINITY) {
  const node = await back.composed();
  time.arm(failAt);
  try {
    const report = mustSucceed(await node.restore());
    return { report, contents: await contentsOf(node.store) };
  } catch (fault) {
    if ((fault as { code?: string }).code !== "STORE_FAILED") throw fault;
    return undefined;
  } finally {
    await node.stop();
  }
}

/** Signing under the new log's name and telling the peers, which follows a restore; false when it failed there. */
async function announceOnce({ back }: LostDay, time: Time, failAt: number): Promise<boolean> {
  const node = await back.composed();
  time.arm(failAt);
  return node
    .announceLog()
    .then(
      () => time.arm(Number.POSITIVE_INFINITY).length < failAt,
      () => false,
    )
    .finally(() => node.stop());
}

it.each([
  ["the provider", CHENGDU],
  ["the consumer", CHONGQING],
])(
  "%s's restore that breaks off anywhere ends, run again, as one that did not",
  async (_who, who) => {
    const time = stoppedTime();
    harness = await startRegions({
      regions: [CHENGDU, CHONGQING],
      settings: { catalog: { authorisations: AUTHORISATIONS } },
      runtimes: { [who]: time.runtime },
    });
    const lost = await loseDay(harness, who, folderDisk);
    const { back } = lost;
    await expect(back.start()).rejects.toMatchObject({ error: { code: "LOG_ROLLED_BACK" } });
    const halted = folderDisk(back, "halted");
    await halted.layAside();

    time.stand(Date.now());
    const calm = await restoreOnce(lost, time);
    const places = time.arm(Number.POSITIVE_INFINITY);
    expect(calm?.report).toMatchObject({ outcome: "restored", refused: [] });
    expect(places.filter((name) => name === "store.before-write").length).toBeGreaterThanOrEqual(8);
    // Failing before a commit leaves on the disk what dying after the one before it leaves there.
    const tried = places.flatMap((name, i) => (name === "store.after-write" && i < places.length - 1 ? [] : [i + 1]));
    for (const at of tried) {
      await halted.rollBack();
      expect(await restoreOnce(lost, time, at), `${at} ${places[at - 1]}`).toBeUndefined();
      // Half of it is nothing that a node may start on, unless the last commit was made.
      const isWhole = at === places.length;
      if (!isWhole)
        await expect(back.start(), `${at}`).rejects.toMatchObject({
          error: { code: expect.stringMatching(/^(LOG_ROLLED_BACK|RESTORE_UNFINISHED)$/) },
        });
      const again = await restoreOnce(lost, time);
      expect(again?.report.outcome).toBe(isWhole ? "current" : "restored");
      expect(again?.contents, `${at} ${places[at - 1]}`).toEqual(calm?.contents);
    }

    time.stand(undefined);
    for (let at = 1; !(await announceOnce(lost, time, at)); at++) {
      expect(at).toBeLessThan(30);
      expect((await restoreOnce(lost, time))?.report.outcome).toBe("current");
    }
    await back.start();
    const { states, balances, provider, consumer, product } = lost;
    expect(await takenUpAgain(lost)).toEqual({ states, balances });
    expect(await callProduct(consumer, product, 6, 3)).toBe(3);
    for (const side of [provider, consumer]) await signedCalls(side, product, 9);
    expect(mustSucceed(await sideOf(back).node().audit.standing())).toBe(true);
  },
  240_000,
);
