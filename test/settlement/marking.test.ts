import { expect, it } from "vitest";
import { receipts } from "../../node/metering/store.ts";
import { page } from "../../node/storage/transact.ts";
import { closeBoth, statementOf, viewOf } from "./settled-world.ts";
import { holdBoth, PROVIDER, type Region, receiptChain, twoRegions } from "./two-regions.ts";

/** More than one commit marks. */
const MANY = 2_100;

async function unmarked({ store }: Region): Promise<number> {
  const held = await page(store, receipts, ["AGR-7"], {});
  expect(held).toHaveLength(MANY);
  return held.filter(({ settledIn }) => settledIn === null).length;
}

it("a large statement is marked to its end by a node that died meanwhile, and the ledger is closed only then", async () => {
  const world = await twoRegions();
  const used = { productId: "elevator-1", usage: { calls: "1" }, at: "2026-10-05T08:00:00.000Z" };
  await holdBoth(
    world,
    receiptChain(
      "AGR-7",
      Array.from({ length: MANY }, () => used),
    ),
  );
  const { store, disk } = world.provider();
  const { commit } = store;
  store.commit = (keys, decide) =>
    commit.call(store, keys, (found) => {
      const decision = decide(found);
      const written = [...decision.put.keys()];
      const isMarkingOnly = written.length > 0 && written.every((key) => key.startsWith(receipts.prefix));
      if (isMarkingOnly) throw new Error("the power goes");
      return decision;
    }) as ReturnType<typeof commit<never>>;
  await closeBoth(world);
  expect((await statementOf(world.provider())).matched).toBe(true);
  expect(await unmarked(world.provider())).toBeGreaterThan(0);
  expect((await viewOf(world.provider())).ledger).toEqual({ closed: false, reason: "unsettled" });
  await store.close();
  const again = await world.open(PROVIDER, disk);
  await world.quiet();
  expect(await unmarked(again)).toBe(0);
  expect((await viewOf(again)).ledger).toEqual({ closed: true, reason: null });
});
