import { afterEach, describe, expect, it } from "vitest";
import { readBundle, verifyBundle } from "../../node/evidence/verify-bundle.ts";
import { type Canonical, canonicalText } from "../../node/kernel/canonical-json.ts";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { type Harness, startRegions, until } from "./harness.ts";
import { CHENGDU, CHONGQING, folderDisk, loseDay, restored, sideOf, takenUpAgain } from "./lost-day.ts";
import { AUTHORISATIONS, callProduct, type Side, signedCalls } from "./trade.ts";

let harness: Harness | undefined;
afterEach(async () => {
  await harness?.stop();
  harness = undefined;
});

async function evidenceOf(side: Side, agreementId: string): Promise<Uint8Array> {
  const { audit, evidence } = side.node();
  mustSucceed(await audit.fixAgreement(agreementId, "auditor"));
  return until(async () => {
    await audit.sequenceNow();
    const found = await evidence.bundle({ agreementId });
    return found.ok && found.value.includes("/witness ") ? Buffer.from(found.value) : undefined;
  });
}

async function expectSoundEvidence(side: Side, agreementId: string, earlier?: Uint8Array): Promise<void> {
  const bytes = await evidenceOf(side, agreementId);
  const anchor = side.node().trust.signed();
  const { faults, report } = verifyBundle(bytes, { anchor, earlier });
  expect(faults).toEqual([]);
  expect(report?.log.origin).toBe(`main/${side.region.id}/log-2`);
  const bundle = mustSucceed(readBundle(bytes));
  delete bundle.log.succession;
  const without = Buffer.from(canonicalText(bundle as unknown as Canonical));
  expect(verifyBundle(without, { anchor }).faults.map(({ code }) => code)).toContain("BUNDLE_SUCCESSION");
}

describe.each([
  ["the provider", CHENGDU],
  ["the consumer", CHONGQING],
])("%s's disk of yesterday", (_who, who) => {
  it("is noticed by the peer, refused by the node itself, and mended by a restore", async () => {
    harness = await startRegions({
      regions: [CHENGDU, CHONGQING],
      settings: { catalog: { authorisations: AUTHORISATIONS } },
    });
    let earlier: Uint8Array | undefined;
    const lost = await loseDay(harness, who, folderDisk, async (side, { id }) => {
      earlier = await evidenceOf(side, id);
    });
    const { back, other, provider, consumer, table, product, signed } = lost;

    await expect(back.start()).rejects.toMatchObject({ error: { code: "LOG_ROLLED_BACK" } });
    const found = await until(async () =>
      (await other.node().audit.findings()).find(({ kind }) => kind === "rollback"),
    );
    expect(found).toMatchObject({ region: back.id, mendedAt: null });
    expect(BigInt(found.size)).toBeLessThanOrEqual(signed);
    // The refusal outlives the attempt, also when nobody can be asked.
    await expect(back.start()).rejects.toMatchObject({ error: { code: "LOG_ROLLED_BACK" } });

    const report = await restored(back);
    expect(report).toMatchObject({ outcome: "restored", refused: [] });
    expect(report.taken).toMatchObject({ agreement: 1, settlement: 1 });
    await back.start();
    const { states, balances } = lost;
    expect(await takenUpAgain(lost)).toEqual({ states, balances });

    // The new log is witnessed under its name, and the finding is closed.
    await until(async () => (await back.node().audit.head()).witnessedBy.includes(other.id));
    expect((await back.node().audit.head()).note).toContain(`${back.id}/log-2\n`);
    expect(await other.node().audit.findings()).toMatchObject([{ kind: "rollback", mendedAt: expect.any(String) }]);
    // What was evidence before still is, under the new log's name, and says from where that log goes on.
    await expectSoundEvidence(sideOf(back), table.id, earlier);
    await expectSoundEvidence(sideOf(back), product.id);
    // And both go on working.
    expect(await callProduct(consumer, product, 6, 3)).toBe(3);
    for (const side of [provider, consumer]) await signedCalls(side, product, 9);
  }, 180_000);
});
