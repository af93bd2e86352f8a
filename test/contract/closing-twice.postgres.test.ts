import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { leafBytes } from "../../node/audit/store.ts";
import type { HeliuNode } from "../../node/compose.ts";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { periodOf } from "../../node/kernel/instant.ts";
import { list } from "../../node/storage/transact.ts";
import { type Harness, startRegions, until } from "../federation/harness.ts";
import {
  AUTHORISATIONS,
  agreeOnProduct,
  bindSources,
  callProduct,
  chengduEntry,
  PRODUCT,
  type Side,
  signedCalls,
  TABLE,
} from "../federation/trade.ts";
import { sql, urlOf } from "./database.ts";

const CHENGDU = "510100";
const CHONGQING = "500000";
const database = `closing_${process.pid}`;
let harness: Harness | undefined;

beforeEach(() => sql(`create database ${database}`));
afterEach(async () => {
  await harness?.stop();
  harness = undefined;
  await sql(`drop database ${database} with (force)`);
});

/** Postings of settlements, which both regions name alike. */
async function settlementPostings(node: HeliuNode): Promise<string[]> {
  const { items } = await node.ledger.transfers({ limit: 1_000 });
  const settled = items.filter(({ key }) => key.startsWith("settle|"));
  return settled.map(({ id, key, debit, credit, amount }) => [id, key, debit, credit, amount].join(" ")).sort();
}

async function leavesOf({ store }: HeliuNode): Promise<{ readonly [kind: string]: number }> {
  const counts: { [kind: string]: number } = {};
  for await (const bytes of list(store, leafBytes)) {
    const { kind } = JSON.parse(Buffer.from(bytes).toString("utf8"));
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

describe("a period that two nodes of a region close at the same time", () => {
  it("is posted once, with one leaf each, and to the same digest as the other region's", async () => {
    harness = await startRegions({
      regions: [CHENGDU, CHONGQING],
      settings: { catalog: { authorisations: AUTHORISATIONS } },
      regionSettings: { [CHENGDU]: { storage: { url: urlOf(database) } } },
      replicas: { [CHENGDU]: ["second"] },
    });
    const [chengdu, chongqing] = [harness.region(CHENGDU), harness.region(CHONGQING)];
    await chengdu.publish([chengduEntry("cd-scjg-0001"), chengduEntry(TABLE), chengduEntry(PRODUCT)]);
    await bindSources(chengdu, 500);
    const side = (region: typeof chengdu, node = "main"): Side => ({ region, node: region.replica(node).node });
    const [first, second, consumer] = [side(chengdu), side(chengdu, "second"), side(chongqing)];
    const product = await agreeOnProduct(first, consumer);
    expect(await callProduct(consumer, product, 0, 30)).toBe(30);
    await signedCalls(first, product, 30);
    await signedCalls(consumer, product, 30);

    const period = periodOf(Date.now());
    const close = ({ node, region }: Side) =>
      node().settlements.close(region.as("finance"), period, { early: true, reason: "验收" });
    const closed = await Promise.all([first, second, consumer, second, first, consumer].map(close));
    for (const answer of closed) mustSucceed(answer);
    const digests = await Promise.all(
      [first, second, consumer].map(({ node, region }) =>
        until(async () => {
          const view = await node().settlements.status(period);
          return view.matched ? view.digests[region.id] : undefined;
        }),
      ),
    );
    expect(new Set(digests).size).toBe(1);
    await Promise.all([first, second, consumer].map(({ node }) => node().settlements.idle()));
    // Tried again when all is over, by both at once.
    for (const answer of await Promise.all([first, second].map(close))) mustSucceed(answer);
    await Promise.all([first, second, consumer].map(({ node }) => node().settlements.idle()));

    const [ours, theirs] = [await settlementPostings(second.node()), await settlementPostings(consumer.node())];
    expect(ours.length).toBeGreaterThan(0);
    expect(new Set(ours).size).toBe(ours.length);
    expect(ours).toEqual(theirs);
    for (const { node } of [first, consumer]) {
      expect(await leavesOf(node())).toMatchObject({ "period.closed": 1, "statement.signed": 1 });
      expect(await node().ledger.check()).toMatchObject({ ok: true });
    }
  }, 60_000);
});
