import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { readBundle, verifyBundle } from "../../node/evidence/verify-bundle.ts";
import { type Canonical, canonicalText } from "../../node/kernel/canonical-json.ts";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { periodOf } from "../../node/kernel/instant.ts";
import { type Harness, type HarnessRegion, startRegions, until } from "./harness.ts";
import {
  AUTHORISATIONS,
  agreeOnProduct,
  agreeOnTable,
  bindSources,
  callProduct,
  chengduEntry,
  completed,
  PRODUCT,
  type Side,
  settleEarly,
  signedCalls,
  startTransfer,
  TABLE,
} from "./trade.ts";

const CHENGDU = "510100";
const CHONGQING = "500000";

let harness: Harness | undefined;
afterEach(async () => {
  await harness?.stop();
  harness = undefined;
});

const sideOf = (region: HarnessRegion): Side => ({ region, node: region.node });

/** The region's disk as it is now, laid aside while the node stands still. */
async function diskOf(region: HarnessRegion): Promise<string> {
  const copy = `${region.dir}-yesterday`;
  await region.stop();
  cpSync(region.dir, copy, { recursive: true });
  await region.start();
  return copy;
}

function rollBack(region: HarnessRegion, copy: string): void {
  for (const folder of ["store", "index"]) {
    rmSync(join(region.dir, folder), { recursive: true });
    cpSync(join(copy, folder), join(region.dir, folder), { recursive: true });
  }
}

async function restored(region: HarnessRegion) {
  const node = await region.composed();
  const report = mustSucceed(await node.restore());
  await node.stop();
  return report;
}

async function statesOf(side: Side, agreementIds: readonly string[]) {
  const { negotiations, metering, settlements } = side.node();
  const agreements = [];
  for (const id of agreementIds) {
    const { document, digest, status, role, negotiationId } = mustSucceed(await negotiations.agreement(id));
    const { items } = await metering.receipts({ agreement: id, limit: 1_000 });
    const receipts = items.map(({ core, coreDigest, consumerSignature, settledIn }) => {
      return { core, coreDigest, consumerSignature, settledIn };
    });
    agreements.push({ document, digest, status, role, negotiationId, receipts, usage: await metering.totals(id) });
  }
  const periods = await settlements.periods();
  const statements = await Promise.all(periods.map(async (period) => (await settlements.status(period)).digests));
  const disputes = (await settlements.disputes()).map(
    ({ id, reason, state, openedBy, receiptIds, parked, deadline }) => {
      return { id, reason, state, openedBy, receiptIds, parked, rule: deadline?.rule };
    },
  );
  return { agreements, statements, disputes };
}

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

const balancesOf = (side: Side) => side.node().ledger.balances();

describe.each([
  ["the provider", 0],
  ["the consumer", 1],
])("%s's disk of yesterday", (_who, who) => {
  it("is noticed by the peer, refused by the node itself, and mended by a restore", async () => {
    harness = await startRegions({
      regions: [CHENGDU, CHONGQING],
      settings: { catalog: { authorisations: AUTHORISATIONS } },
    });
    const [chengdu, chongqing] = [harness.region(CHENGDU), harness.region(CHONGQING)];
    const [provider, consumer] = [sideOf(chengdu), sideOf(chongqing)];
    await chengdu.publish(["cd-scjg-0001", TABLE, PRODUCT].map(chengduEntry));
    await bindSources(chengdu, 30);
    const table = await agreeOnTable(provider, consumer);

    const back = who === 0 ? chengdu : chongqing;
    const other = who === 0 ? chongqing : chengdu;
    const earlier = await evidenceOf(sideOf(back), table.id);
    const yesterday = await diskOf(back);

    const product = await agreeOnProduct(provider, consumer);
    const transfer = await startTransfer(consumer, table);
    await completed(consumer, transfer);
    expect(await callProduct(consumer, product, 0, 5)).toBe(5);
    for (const side of [provider, consumer]) await signedCalls(side, product, 5);
    expect(await callProduct(consumer, product, 5, 1)).toBe(1);
    await signedCalls(provider, product, 6);
    const held = await signedCalls(consumer, product, 6);
    const receiptIds = held.slice(-1).map(({ core }) => core.receiptId);
    const about = { agreementId: product.id, periodId: periodOf(Date.now()), receiptIds, reason: "次数不符" };
    mustSucceed(await back.node().settlements.openDispute(back.as("finance"), about));
    const digests = await settleEarly([provider, consumer]);
    expect(digests[0]).toBe(digests[1]);
    const before = await statesOf(sideOf(back), [table.id, product.id]);
    const balances = await balancesOf(sideOf(back));
    await back.node().audit.sequenceNow();
    const signed = BigInt((await back.node().audit.head()).size);

    await back.stop();
    rollBack(back, yesterday);
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
    await until(async () => (await statesOf(sideOf(back), [table.id, product.id])).statements.length === 1);
    const [period = ""] = await back.node().settlements.periods();
    await until(async () => (await back.node().settlements.status(period)).matched);
    await back.node().settlements.idle();
    expect(await statesOf(sideOf(back), [table.id, product.id])).toEqual(before);
    expect(await balancesOf(sideOf(back))).toEqual(balances);

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
  }, 60_000);
});
