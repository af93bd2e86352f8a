import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { periodOf } from "../../node/kernel/instant.ts";
import type { Agreement } from "../../node/negotiation/model.ts";
import { type Harness, type HarnessRegion, until } from "./harness.ts";
import {
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

export const CHENGDU = "510100";
export const CHONGQING = "500000";

/** Where a region's records are, handled while its nodes stand still. */
export type Disk = {
  /** Keeps it as it is now. */
  readonly layAside: () => Promise<void>;
  /** Makes it again what was laid aside. */
  readonly rollBack: () => Promise<void>;
};

export const sideOf = (region: HarnessRegion): Side => ({ region, node: region.node });

/** What a region on Level has in its folder; keys and settings stay as they are. */
export function folderDisk({ dir }: Pick<HarnessRegion, "dir">, name = "yesterday"): Disk {
  const kept = `${dir}-${name}`;
  const copy = (from: string, to: string) => {
    for (const folder of ["store", "index"]) {
      rmSync(join(to, folder), { recursive: true, force: true });
      cpSync(join(from, folder), join(to, folder), { recursive: true });
    }
  };
  return { layAside: async () => copy(dir, kept), rollBack: async () => copy(kept, dir) };
}

/** What both regions must say alike of what they signed. */
export async function statesOf(side: Side, agreementIds: readonly string[]) {
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

export const balancesOf = (side: Side) => side.node().ledger.balances();

export type LostDay = {
  /** Stopped, its disk that of the day before. */
  readonly back: HarnessRegion;
  readonly other: HarnessRegion;
  readonly provider: Side;
  readonly consumer: Side;
  /** Agreed upon before that day. */
  readonly table: Agreement;
  /** Agreed upon, called, disputed in part and settled on it. */
  readonly product: Agreement;
  /** As the region had them at the day's end. */
  readonly states: Awaited<ReturnType<typeof statesOf>>;
  readonly balances: Awaited<ReturnType<typeof balancesOf>>;
  /** How many entries its log had signed. */
  readonly signed: bigint;
};

/** A day on which two regions agree, move, call, dispute and settle, and which one of them then has lost. */
export async function loseDay(
  harness: Harness,
  backId: string,
  diskOf: (region: HarnessRegion) => Disk,
  beforeTheDay: (side: Side, table: Agreement) => Promise<void> = async () => {},
): Promise<LostDay> {
  const [chengdu, chongqing] = [harness.region(CHENGDU), harness.region(CHONGQING)];
  const [provider, consumer] = [sideOf(chengdu), sideOf(chongqing)];
  const [back, other] = backId === CHENGDU ? [chengdu, chongqing] : [chongqing, chengdu];
  await chengdu.publish(["cd-scjg-0001", TABLE, PRODUCT].map(chengduEntry));
  await bindSources(chengdu, 30);
  const table = await agreeOnTable(provider, consumer);
  await beforeTheDay(sideOf(back), table);
  const disk = diskOf(back);
  await back.stop();
  await disk.layAside();
  await back.start();

  const product = await agreeOnProduct(provider, consumer);
  await completed(consumer, await startTransfer(consumer, table));
  await callProduct(consumer, product, 0, 5);
  for (const side of [provider, consumer]) await signedCalls(side, product, 5);
  await callProduct(consumer, product, 5, 1);
  await signedCalls(provider, product, 6);
  const held = await signedCalls(consumer, product, 6);
  const receiptIds = held.slice(-1).map(({ core }) => core.receiptId);
  const about = { agreementId: product.id, periodId: periodOf(Date.now()), receiptIds, reason: "次数不符" };
  mustSucceed(await back.node().settlements.openDispute(back.as("finance"), about));
  const [ours, theirs] = await settleEarly([provider, consumer]);
  if (ours !== theirs) throw new Error(`the regions settled differently: ${ours} and ${theirs}`);
  const states = await statesOf(sideOf(back), [table.id, product.id]);
  const balances = await balancesOf(sideOf(back));
  await back.node().audit.sequenceNow();
  const signed = BigInt((await back.node().audit.head()).size);

  await back.stop();
  await disk.rollBack();
  return { back, other, provider, consumer, table, product, states, balances, signed };
}

/** What it lost is there again, and the other side agrees. */
export async function takenUpAgain({ back, table, product }: LostDay) {
  const ids = [table.id, product.id];
  await until(async () => (await statesOf(sideOf(back), ids)).statements.length === 1);
  const [period = ""] = await back.node().settlements.periods();
  await until(async () => (await back.node().settlements.status(period)).matched);
  await back.node().settlements.idle();
  return { states: await statesOf(sideOf(back), ids), balances: await balancesOf(sideOf(back)) };
}

/** `heliu restore` on its stopped node. */
export async function restored(region: Pick<HarnessRegion, "composed">) {
  const node = await region.composed();
  return mustSucceed(await node.restore().finally(() => node.stop()));
}
