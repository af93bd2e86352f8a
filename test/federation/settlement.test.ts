import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { Hono } from "hono";
import { afterEach, describe, expect, it } from "vitest";
import { createGateway } from "../../gateway/app.ts";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { periodOf } from "../../node/kernel/instant.ts";
import { silentLogger } from "../../node/kernel/logger.ts";
import type { DisputeView } from "../../node/settlement/dispute-view.ts";
import { type Harness, type HarnessRegion, startRegions } from "./harness.ts";
import {
  AUTHORISATIONS,
  agreeOnProduct,
  bindSources,
  callProduct,
  chengduEntry,
  PRODUCT,
  type Side,
  settleEarly,
  signedCalls,
  TABLE,
} from "./trade.ts";

const CHENGDU = "510100";
const CHONGQING = "500000";

let harness: Harness;
afterEach(() => harness.stop());

const sideOf = (id: string): Side & { readonly region: HarnessRegion } => {
  const region = harness.region(id);
  return { region, node: region.node };
};

/** The HTTP face of a node, as its finance officer uses it. */
async function financeOf({ node, region }: Side) {
  const { identity } = node();
  const admin = region.as("admin");
  const user = mustSucceed(await identity.users.add(admin, { name: "财务", roles: ["finance"] }));
  const { token } = mustSucceed(await identity.tokens.create(admin, user.id, { name: "test" }));
  const gateway = createGateway({ ...node(), logger: silentLogger }, new Hono());
  return async <T>(path: string, body?: object): Promise<{ readonly status: number; readonly body: T }> => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const post = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    const answer = await gateway.request(`/api/v1/settlements/${path}`, { headers, ...post });
    return { status: answer.status, body: (await answer.json()) as T };
  };
}

describe("two regions over mutual TLS", () => {
  it("dispute a receipt, settle the rest alike, and hand an auditor what it takes to compute it again", async () => {
    harness = await startRegions({
      regions: [CHENGDU, CHONGQING],
      settings: { catalog: { authorisations: AUTHORISATIONS } },
    });
    const [provider, consumer] = [sideOf(CHENGDU), sideOf(CHONGQING)];
    await provider.region.publish([chengduEntry("cd-scjg-0001"), chengduEntry(TABLE), chengduEntry(PRODUCT)]);
    await bindSources(provider.region, 50);
    const agreement = await agreeOnProduct(provider, consumer);
    await callProduct(consumer, agreement, 0, 5);
    await signedCalls(provider, agreement, 5);
    await callProduct(consumer, agreement, 5, 7);
    const receipts = await signedCalls(provider, agreement, 12);
    await signedCalls(consumer, agreement, 12);
    const last = receipts.at(-1);
    if (last === undefined) throw new Error("no receipts");

    const period = periodOf(Date.now());
    const [ours, theirs] = [await financeOf(provider), await financeOf(consumer)];
    const opened = await theirs<DisputeView>(`${period}/disputes`, {
      ...{ agreementId: agreement.id, receiptIds: [last.core.receiptId], reason: "调用次数与我方日志不符" },
      evidence: [{ name: "calls.csv", sha256: "b".repeat(64) }],
    });
    expect(opened).toMatchObject({ status: 201, body: { state: "open", openedBy: CHONGQING, parked: false } });

    const [a, b] = await settleEarly([provider, consumer]);
    expect(a).toBe(b);
    const disputed = BigInt(last.core.usage.calls ?? "0");
    for (const { node } of [provider, consumer]) {
      const { settlements } = await node().settlements.status(period);
      expect(settlements[0]?.statement?.result).toMatchObject({
        amountFen: String((12n - disputed) * 40n),
        disputedFen: String(disputed * 40n),
      });
      expect(mustSucceed(await node().ledger.check())).toBeTruthy();
    }
    const known = await ours<{ items: DisputeView[] }>(`${period}/disputes`);
    expect(known.body.items).toMatchObject([
      { id: opened.body.id, reason: "调用次数与我方日志不符", parked: true, standing: { turn: { region: CHENGDU } } },
    ]);
    const resolve = `${period}/disputes/${opened.body.id}/resolve`;
    expect(await ours(resolve, { outcome: "rejected", comment: "日志一致" })).toMatchObject({
      ...{ status: 200, body: { state: "rejected", standing: { code: "DISPUTE_ANSWERED" } } },
    });
    expect(await theirs(`${period}/disputes`, { ...opened.body })).toMatchObject({ status: 400 });
    const again = { agreementId: agreement.id, receiptIds: [last.core.receiptId], reason: "x" };
    expect(await theirs(`${period}/disputes`, again)).toMatchObject({ status: 409, body: { code: "DISPUTE_EXISTS" } });

    const bundle = await theirs<object>(`${period}/bundle?agreement=${agreement.id}`);
    const told = await recomputed(consumer, bundle.body);
    expect(told).toMatchObject({ ok: true, keys: "trust-list", faults: [], recomputed: { receipts: receipts.length } });
  }, 60_000);
});

/** By the command itself, which reads two files and asks nobody. */
async function recomputed({ node, region }: Side & { readonly region: HarnessRegion }, bundle: object) {
  const [file, list] = [join(region.dir, "bundle.json"), join(region.dir, "list.json")];
  writeFileSync(file, JSON.stringify(bundle));
  writeFileSync(list, JSON.stringify(node().trust.signed()));
  const main = new URL("../../scripts/cli/main.ts", import.meta.url).pathname;
  const argv = ["--import", "tsx", main, "settle", "recompute", "--bundle", file, "--trust-list", list, "--json"];
  const { stdout } = await promisify(execFile)(process.execPath, argv);
  return JSON.parse(stdout) as object;
}
