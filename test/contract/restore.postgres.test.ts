import { afterEach, beforeEach, expect, it } from "vitest";
import { type Harness, startRegions, until } from "../federation/harness.ts";
import { CHENGDU, CHONGQING, type Disk, loseDay, restored, takenUpAgain } from "../federation/lost-day.ts";
import { AUTHORISATIONS, callProduct, signedCalls } from "../federation/trade.ts";
import { sql, urlOf } from "./database.ts";

const database = `restore_${process.pid}`;
let harness: Harness | undefined;

/** The region's database as its administrator would lay it aside, and back in its place. */
const databaseDisk: Disk = {
  layAside: () => sql(`create database ${database}_yesterday template ${database}`),
  rollBack: () => sql(`drop database ${database}`, `create database ${database} template ${database}_yesterday`),
};

beforeEach(() => sql(`create database ${database}`));
afterEach(async () => {
  await harness?.stop();
  harness = undefined;
  for (const name of [database, `${database}_yesterday`]) await sql(`drop database if exists ${name} with (force)`);
});

it.each([
  ["the provider", CHENGDU],
  ["the consumer", CHONGQING],
])(
  "%s's database of yesterday is refused by its nodes and mended by a restore",
  async (_who, who) => {
    harness = await startRegions({
      regions: [CHENGDU, CHONGQING],
      settings: { catalog: { authorisations: AUTHORISATIONS } },
      regionSettings: { [who]: { storage: { url: urlOf(database) } } },
      replicas: { [who]: ["second"] },
    });
    const lost = await loseDay(harness, who, () => databaseDisk);
    const { back, other, provider, consumer, product, states, balances } = lost;
    await expect(back.start()).rejects.toMatchObject({ error: { code: "LOG_ROLLED_BACK" } });
    await expect(back.replica("second").start()).rejects.toMatchObject({ error: { code: "LOG_ROLLED_BACK" } });

    const running = await back.replica("second").composed();
    const node = await back.composed();
    expect(await node.restore()).toMatchObject({ ok: false, error: { code: "RESTORE_NODES_RUN" } });
    await Promise.all([node.stop(), running.stop()]);

    const report = await restored(back);
    expect(report).toMatchObject({ outcome: "restored", refused: [], taken: { agreement: 1, settlement: 1 } });
    await back.start();
    expect(await takenUpAgain(lost)).toEqual({ states, balances });
    await until(async () => (await back.node().audit.head()).witnessedBy.includes(other.id));
    expect((await back.replica("second").node().audit.head()).note).toContain(`${back.id}/log-2\n`);
    expect(await back.node().ledger.check()).toMatchObject({ ok: true });
    expect(await callProduct(consumer, product, 6, 3)).toBe(3);
    for (const side of [provider, consumer]) await signedCalls(side, product, 9);
  },
  180_000,
);
