import { afterEach, describe, expect, it } from "vitest";
import { type Harness, startRegions } from "./harness.ts";
import { CHENGDU, CHONGQING, folderDisk, restored, sideOf, statesOf } from "./lost-day.ts";
import {
  AUTHORISATIONS,
  agreeOnProduct,
  agreeOnTable,
  bindSources,
  callProduct,
  chengduEntry,
  completed,
  PRODUCT,
  signedCalls,
  startTransfer,
  TABLE,
} from "./trade.ts";

let harness: Harness | undefined;
afterEach(async () => {
  await harness?.stop();
  harness = undefined;
});

describe.each([
  ["the provider", CHENGDU],
  ["the consumer", CHONGQING],
])("a disk of %s from before something that no checkpoint covers yet", (_who, who) => {
  it("is given back what was signed since, though no peer has seen the log grow", { timeout: 60_000 }, async () => {
    harness = await startRegions({
      regions: [CHENGDU, CHONGQING],
      // Nobody sees a checkpoint while the test lasts.
      settings: { catalog: { authorisations: AUTHORISATIONS }, audit: { checkpointMs: 3_600_000 } },
    });
    const [chengdu, chongqing] = [harness.region(CHENGDU), harness.region(CHONGQING)];
    const [provider, consumer] = [sideOf(chengdu), sideOf(chongqing)];
    const back = who === CHENGDU ? chengdu : chongqing;
    await chengdu.publish(["cd-scjg-0001", TABLE, PRODUCT].map(chengduEntry));
    await bindSources(chengdu, 30);
    const table = await agreeOnTable(provider, consumer);
    const disk = folderDisk(back);
    await back.stop();
    await disk.layAside();
    await back.start();

    const product = await agreeOnProduct(provider, consumer);
    await completed(consumer, await startTransfer(consumer, table));
    await callProduct(consumer, product, 0, 5);
    for (const side of [provider, consumer]) await signedCalls(side, product, 5);
    const ids = [table.id, product.id];
    const before = await statesOf(sideOf(back), ids);
    await back.stop();
    await disk.rollBack();

    const report = await restored(back);
    expect(report).toMatchObject({ outcome: "restored", refused: [], taken: { agreement: 1 } });
    expect((await restored(back)).outcome).toBe("current");
    await back.start();
    expect(await statesOf(sideOf(back), ids)).toEqual(before);
    // And the chain goes on where it stood, with nothing signed twice.
    await callProduct(consumer, product, 5, 2);
    for (const side of [provider, consumer]) await signedCalls(side, product, 7);
  });
});
