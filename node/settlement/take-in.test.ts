import { beforeEach, describe, expect, it } from "vitest";
import { recordsOf } from "../../test/fixtures/records-of.ts";
import {
  CONSUMER,
  hold,
  keyOf,
  OCTOBER,
  PROVIDER,
  receiptChain,
  signerOf,
  twoRegions,
  type World,
} from "../../test/settlement/two-regions.ts";
import { instantOf } from "../kernel/instant.ts";
import { silentLogger } from "../kernel/logger.ts";
import type { HeldReceipt } from "../metering/model.ts";
import type { ProcessDeps } from "./process.ts";
import { takeInReceipts } from "./take-in.ts";

const about = { agreementId: "AGR-7", provider: PROVIDER, consumer: CONSUMER, peer: PROVIDER };

let world: World;
beforeEach(async () => {
  world = await twoRegions();
});

/** The consumer holds all of a chain but the second, asks for that, and is handed `given`. */
async function filled(chain: readonly HeldReceipt[], given = chain[1]) {
  if (given === undefined || given.consumerSignature === null) throw new Error("both have signed it");
  const { core, providerSignature, consumerSignature } = given;
  const { store, disk } = world.consumer();
  await hold(
    world.consumer(),
    chain.filter((_, i) => i !== 1),
  );
  const runtime = { nowMs: () => world.clock.nowMs };
  const trees = {
    async *receipts() {
      yield { core, providerSignature, consumerSignature };
    },
  };
  // All that taking receipts in uses of the process.
  const common = { store, runtime, trees, region: CONSUMER, signer: signerOf(CONSUMER), logger: silentLogger };
  const deps = { ...common, trust: { statementKey: keyOf } } as unknown as ProcessDeps;
  const before = recordsOf(disk);
  const taken = await takeInReceipts(deps, about, [chain[1]?.core.receiptId ?? ""]);
  return { taken, isUnchanged: JSON.stringify(recordsOf(disk)) === JSON.stringify(before) };
}

/** The second of three ends so long after now; the third names it as the one before. */
function endingIn(ms: number): HeldReceipt[] {
  const at = instantOf(world.clock.nowMs + ms);
  return receiptChain(
    "AGR-7",
    OCTOBER.map((used, i) => (i === 1 ? { ...used, at } : used)),
  );
}

describe("a receipt that fills a hole", () => {
  it("is taken in when it ends within a minute of now", async () => {
    expect(await filled(endingIn(60_000))).toEqual({ taken: { taken: 1, refused: [] }, isUnchanged: false });
  });

  it("is refused when it ends later, even where the next one names it: it would count in a month to come", async () => {
    const chain = endingIn(60_001);
    const refused = [{ receiptId: chain[1]?.core.receiptId, code: "RECEIPT_FUTURE" }];
    expect(await filled(chain)).toEqual({ taken: { taken: 0, refused }, isUnchanged: true });
  });

  it("is refused when nobody asked for it, though both signed it: it would be a second version of what stands", async () => {
    const [other] = receiptChain("AGR-7", [
      { ...OCTOBER[1], at: "2026-10-05T08:00:00.000Z" } as (typeof OCTOBER)[number],
    ]);
    const refused = [{ receiptId: other?.core.receiptId, code: "RECEIPT_FOREIGN" }];
    expect(await filled(receiptChain("AGR-7", OCTOBER), other)).toEqual({
      taken: { taken: 0, refused },
      isUnchanged: true,
    });
  });
});
