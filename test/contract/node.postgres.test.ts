import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { composeNode, type HeliuNode } from "../../node/compose.ts";
import { loadConfig } from "../../node/config.ts";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { silentLogger } from "../../node/kernel/logger.ts";
import type { HeldReceipt } from "../../node/metering/model.ts";
import { outboxHeads } from "../../node/outbox/store.ts";
import { read } from "../../node/storage/transact.ts";
import { initialiseNode } from "../../scripts/cli/initialise.ts";
import { type Harness, type HarnessOptions, startRegions, until } from "../federation/harness.ts";
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
} from "../federation/trade.ts";
import { sql, urlOf } from "./database.ts";

const CHENGDU = "510100";
const CHONGQING = "500000";
let databases = 0;
let database: string;
let url: string;
let harness: Harness | undefined;

beforeEach(async () => {
  database = `node_${process.pid}_${++databases}`;
  await sql(`create database ${database}`);
  url = urlOf(database);
});
afterEach(async () => {
  await harness?.stop();
  harness = undefined;
  await sql(`drop database ${database} with (force)`);
});

/** Chengdu and Chongqing with Chengdu's table and priced service published and bound to files. */
async function start(options: Partial<HarnessOptions> & { readonly onPostgres: string }) {
  const { onPostgres, ...more } = options;
  harness = await startRegions({
    ...{ regions: [CHENGDU, CHONGQING] },
    settings: { catalog: { authorisations: AUTHORISATIONS }, transfer: { batchRows: 200 } },
    ...more,
    regionSettings: { [onPostgres]: { storage: { url } } },
  });
  const [chengdu, chongqing] = [harness.region(CHENGDU), harness.region(CHONGQING)];
  await chengdu.publish([chengduEntry("cd-scjg-0001"), chengduEntry(TABLE), chengduEntry(PRODUCT)]);
  await bindSources(chengdu, 2_000);
  const side = (region: typeof chengdu, node = "main"): Side => ({ region, node: region.replica(node).node });
  return { chengdu, chongqing, side };
}

describe("a new node on PostgreSQL", () => {
  it("has its first administrator there, and is not made at all when the database cannot be used", async () => {
    const root = mkdtempSync(join(tmpdir(), "heliu-init-"));
    const region = { id: CHENGDU, name: "成都市" };
    const spec = { region, nodeName: "main", ports: { http: 0, rpc: 1, dsp: 1 } };
    const dir = join(root, "node");
    await expect(initialiseNode({ ...spec, dir, storageUrl: `${url}_none` })).rejects.toMatchObject({
      code: "STORE_FAILED",
    });
    expect(existsSync(dir)).toBe(false);
    const { token } = await initialiseNode({ ...spec, dir, storageUrl: url });
    const node = await composeNode(mustSucceed(loadConfig({ dir })), { logger: silentLogger });
    expect(await node.identity.authenticate(token)).toMatchObject({ ok: true, value: { roles: ["admin"] } });
    await node.stop();
    rmSync(root, { recursive: true });
  }, 30_000);
});

describe("a region whose node keeps its records in PostgreSQL", () => {
  it("finds, agrees, receives, calls and settles with a region that does not", async () => {
    const { chengdu, chongqing, side } = await start({ onPostgres: CHONGQING });
    const [provider, consumer] = [side(chengdu), side(chongqing)];
    const { name } = chengduEntry(TABLE);
    await until(async () => {
      const { items } = await chongqing.node().search.query({ q: name, limit: 5 });
      return items.some(({ id, region }) => id === TABLE && region === CHENGDU);
    });
    const table = await agreeOnTable(provider, consumer);
    const moved = await completed(consumer, await startTransfer(consumer, table));
    expect(moved).toMatchObject({ rows: "2000", batches: "10" });

    const product = await agreeOnProduct(provider, consumer);
    expect(await callProduct(consumer, product, 0, 20)).toBe(20);
    await signedCalls(provider, product, 20);
    const [ours, theirs] = await settleEarly([provider, consumer]);
    expect(ours).toBe(theirs);
    expect(await chongqing.node().ledger.check()).toMatchObject({ ok: true });
  }, 60_000);
});

/** How often peers called one of the methods of `node`. */
async function callsOf(node: HeliuNode, ...methods: readonly string[]): Promise<number> {
  const lines = (await node.renderMetrics()).split("\n");
  const calls = lines.filter(
    (line) =>
      line.startsWith("heliu_rpc_server_seconds_count{") && methods.some((method) => line.includes(`/${method}"`)),
  );
  return calls.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

/** How many messages commits have ever owed to the peer. */
async function messagesOwed(node: HeliuNode, peer: string): Promise<number> {
  const head = await read(node.store, outboxHeads.at(peer));
  return Number(head?.next ?? "0");
}

const chainOf = (receipts: readonly HeldReceipt[]) => receipts.map(({ core }) => core.seq);
const upTo = (count: number) => Array.from({ length: count }, (_, i) => String(i + 1));

describe("two nodes of a region on the same database", () => {
  it("both take writes, and serve on when one of them stops, with nothing sent, metered or posted twice", async () => {
    const { chengdu, chongqing, side } = await start({ onPostgres: CHENGDU, replicas: { [CHENGDU]: ["second"] } });
    const [first, second, consumer] = [side(chengdu), side(chengdu, "second"), side(chongqing)];
    // The counter-offer is made at the second node, Chongqing's messages and calls arrive at the first.
    const product = await agreeOnProduct(second, consumer);
    expect(await callProduct(consumer, product, 0, 20)).toBe(20);
    await signedCalls(second, product, 20);

    await chengdu.replica("main").stop();
    expect(await callProduct(consumer, product, 20, 20)).toBe(20);
    const chain = await signedCalls(second, product, 40);
    expect(chainOf(chain)).toEqual(upTo(chain.length));
    await until(async () => {
      await second.node().audit.sequenceNow();
      return (await second.node().audit.head()).witnessedBy.includes(CHONGQING);
    });

    await chengdu.replica("main").start();
    const [ours, theirs] = await settleEarly([first, consumer]);
    expect(ours).toBe(theirs);
    await Promise.all([first, second].map(({ node }) => node().outbox.idle()));
    const delivered = await callsOf(chongqing.node(), "Deliver", "Declare", "Propose", "Sign");
    expect(delivered).toBe(await messagesOwed(first.node(), CHONGQING));
    const posted = (await second.node().ledger.transfers({ limit: 500 })).items;
    expect(posted.length).toBeGreaterThan(0);
    expect(new Set(posted.map(({ id }) => id)).size).toBe(posted.length);
    expect(await second.node().ledger.check()).toMatchObject({ ok: true });
  }, 60_000);

  it("renew their leaves alike", async () => {
    const { chengdu } = await start({ onPostgres: CHENGDU, replicas: { [CHENGDU]: ["second"] } });
    for (const name of ["main", "second"]) {
      expect(await chengdu.replica(name).node().links.renewal.renewNow()).toMatchObject({ ok: true });
    }
  }, 60_000);

  it("take both part in receiving: what one of them was fetching when it stopped, the other one fetches", async () => {
    const replicas = { [CHONGQING]: ["second"] };
    const { chengdu, chongqing, side } = await start({ onPostgres: CHONGQING, replicas });
    const [provider, first, second] = [side(chengdu), side(chongqing), side(chongqing, "second")];
    const table = await agreeOnTable(provider, first);
    await completed(second, await startTransfer(second, table));
    expect(await until(async () => callsOf(chengdu.node(), "Pull").then((calls) => calls || undefined))).toBe(1);

    const started = await startTransfer(second, table);
    const fetching = await until(async () => {
      for (const name of ["main", "second"]) {
        const held = await chongqing.replica(name).node().transfers.content(started.id);
        if (held.ok && held.value.bytes > 0) return name;
      }
      return undefined;
    });
    const [left] = ["main", "second"].filter((name) => name !== fetching);
    await chongqing.replica(fetching).stop();
    const survivor = side(chongqing, left);
    expect(await completed(survivor, started)).toMatchObject({ rows: "2000" });
    const content = await survivor.node().transfers.content(started.id);
    expect(content).toMatchObject({ ok: true, value: { complete: true } });

    await chongqing.replica(fetching).start();
    const product = await agreeOnProduct(provider, second);
    const answered = await Promise.all([callProduct(first, product, 0, 20), callProduct(second, product, 20, 20)]);
    expect(answered).toEqual([20, 20]);
    const chain = await signedCalls(provider, product, 40);
    expect(chainOf(chain)).toEqual(upTo(chain.length));
  }, 60_000);
});
