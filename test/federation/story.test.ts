import { Hono } from "hono";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGateway } from "../../gateway/app.ts";
import { leafHash } from "../../node/audit/merkle.ts";
import type { AuditLeaf } from "../../node/audit/model.ts";
import { leafBytes } from "../../node/audit/store.ts";
import type { Principal } from "../../node/identity/model.ts";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { periodOf } from "../../node/kernel/instant.ts";
import { silentLogger } from "../../node/kernel/logger.ts";
import type { Agreement } from "../../node/negotiation/model.ts";
import { list } from "../../node/storage/transact.ts";
import type { ReceiptCalls } from "../../node/transfer/read-calls.ts";
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
  settleEarly,
  signedCalls,
  startTransfer,
  TABLE,
} from "./trade.ts";

const CHENGDU = "510100";
const CHONGQING = "500000";
const ACCOUNT = "6222021111111111111";

let harness: Harness;
let provider: HarnessRegion;
let consumer: HarnessRegion;
let table: Agreement;
let product: Agreement;
const period = periodOf(Date.now());

/** What two regions do with each other in a month, in the order in which they do it, over mutual TLS. */
beforeAll(async () => {
  harness = await startRegions({
    regions: [CHENGDU, CHONGQING],
    settings: { catalog: { authorisations: AUTHORISATIONS } },
  });
  [provider, consumer] = [harness.region(CHENGDU), harness.region(CHONGQING)];
  const sides = [
    { region: provider, node: provider.node },
    { region: consumer, node: consumer.node },
  ] as const;
  const [ours, theirs] = sides;
  await provider.publish(["cd-scjg-0001", TABLE, PRODUCT].map(chengduEntry));
  await bindSources(provider, 20);
  table = await agreeOnTable(ours, theirs);
  const transfer = await completed(theirs, await startTransfer(theirs, table));
  product = await agreeOnProduct(ours, theirs);

  const budget = { fen: "500", hardStop: true };
  mustSucceed(await consumer.node().insight.setBudget(consumer.as("finance"), product.id, budget));
  await until(async () => mustSucceed(await provider.node().insight.budget(product.id)));
  expect(await callProduct(theirs, product, 0, 10)).toBe(10);
  for (const side of sides) await signedCalls(side, product, 10);
  // 400 of 500 fen are spent: each side says so once.
  await until(async () => (await consumer.node().insight.alerts(product.id)).some(({ threshold }) => threshold === 80));
  await callProduct(theirs, product, 10, 1);
  for (const side of sides) await signedCalls(side, product, 11);
  await objectAndMark(transfer.id);
  await disputeLast();
  await settleEarly(sides);
  await pay();
}, 90_000);
afterAll(() => harness.stop());

async function objectAndMark(transferId: string): Promise<void> {
  const { id } = mustSucceed(
    await consumer.node().objections.raise(consumer.as("requester"), {
      ...{ type: "quality", agreementId: table.id, text: "第三行缺少字段" },
      about: { kind: "transfer", transferId },
    }),
  );
  await until(async () => (await provider.node().objections.get(id)).ok);
  const accepted = await provider
    .node()
    .objections.act(provider.as("publisher"), id, { event: "accept", comment: null });
  mustSucceed(accepted);
  await until(async () => {
    const [here, there] = await Promise.all([provider, consumer].map((one) => one.node().objections.get(id)));
    return here?.ok && there?.ok && here.value.state === there.value.state && here.value.state !== "raised";
  });
}

async function disputeLast(): Promise<void> {
  const { items } = await consumer.node().metering.receipts({ agreement: product.id, limit: 100 });
  const receiptIds = items.slice(-1).map(({ core }) => core.receiptId);
  const request = { agreementId: product.id, periodId: period, receiptIds, reason: "调用次数与我方日志不符" };
  mustSucceed(await consumer.node().settlements.openDispute(consumer.as("finance"), request));
}

const second = (region: HarnessRegion): Principal => ({ ...region.as("finance"), userId: `${region.id}-second` });

/** One plan for the period that both sign, an invoice, and the bank's file that pays it. */
async function pay(): Promise<void> {
  for (const region of [provider, consumer])
    mustSucceed(await region.node().payments.net(region.as("finance"), period));
  await until(async () => mustSucceed(await provider.node().payments.plans(period)).items.length > 0);
  for (const region of [provider, consumer]) {
    await until(async () => (await region.node().payments.approveNet(second(region), period)).ok);
  }
  const { payments } = provider.node();
  const due = await until(async () => (await payments.dues()).find(({ from }) => from === CHONGQING));
  for (const who of [provider.as("finance"), second(provider)]) {
    mustSucceed(await payments.registerAccount(who, { account: ACCOUNT, region: CHONGQING, name: "重庆专户" }));
  }
  const yuan = `${BigInt(due.fen) / 100n}.${String(BigInt(due.fen) % 100n).padStart(2, "0")}`;
  const day = new Date().toISOString().slice(0, 10);
  mustSucceed(
    await payments.importFile(provider.as("finance"), {
      ...{ source: "ccb-main", filename: "流水.csv", file: "0".repeat(64) },
      grid: [
        ["账号:6222000000000000009", "户名:成都市"],
        ["交易日期", "收入金额", "支出金额", "对方账号", "对方户名", "摘要", "交易流水号"],
        [day, yuan, "", ACCOUNT, "重庆专户", due.reference, "B-1"],
      ],
    }),
  );
}

type Numbered = { readonly leaf: AuditLeaf; readonly hash: string };

async function leavesOf(region: HarnessRegion): Promise<Numbered[]> {
  const leaves: Numbered[] = [];
  for await (const bytes of list(region.node().store, leafBytes)) {
    const leaf = JSON.parse(Buffer.from(bytes).toString("utf8")) as AuditLeaf;
    leaves.push({ leaf, hash: Buffer.from(leafHash(bytes)).toString("hex") });
  }
  return leaves;
}

describe("a month between two regions", () => {
  it("ends paid at both, by one plan that both signed and the bank's own reference", async () => {
    for (const region of [provider, consumer]) {
      const { payments, ledger, settlements } = region.node();
      await until(async () => mustSucceed(await payments.money(period)).every(({ state }) => state === "paid"));
      expect(mustSucceed(await payments.plans(period)).items).toMatchObject([{ state: "paid" }]);
      mustSucceed(await ledger.check());
      expect((await settlements.status(period)).matched).toBe(true);
    }
    // What was disputed is parked and not paid.
    expect(mustSucceed(await provider.node().payments.money(period))).toMatchObject([{ agreementId: product.id }]);
  });

  it("reaches the provider with its budget, which stops use in time", async () => {
    expect(mustSucceed(await provider.node().insight.budget(product.id))).toMatchObject({
      ...{ fen: "500", hardStop: true, setBy: CHONGQING },
    });
    const inputs = [11, 12].map((n) => ({ request_id: `q-${n}`, reg_code: `R-${n}`, uscc: `U-${n}` }));
    const options = { purpose: "industrial" } as const;
    const requester = consumer.as("requester");
    const done = mustSucceed(await consumer.node().transfers.call(requester, product.id, inputs, options));
    expect(done.answers).toMatchObject([{ output: {} }, { refusal: { code: "BUDGET_SPENT" } }]);
  });

  it("answers a window's single calls over HTTP at either end", async () => {
    const [{ core } = { core: undefined }] = (
      await consumer.node().metering.receipts({ agreement: product.id, limit: 1 })
    ).items;
    for (const region of [provider, consumer]) {
      const { identity } = region.node();
      const user = mustSucceed(await identity.users.add(region.as("admin"), { name: "审计", roles: ["auditor"] }));
      const { token } = mustSucceed(await identity.tokens.create(region.as("admin"), user.id, { name: "test" }));
      const gateway = createGateway({ ...region.node(), logger: silentLogger }, new Hono());
      const headers = { authorization: `Bearer ${token}` };
      const answer = await gateway.request(`/api/v1/receipts/${core?.receiptId}/calls`, { headers });
      expect(answer.status).toBe(200);
      const body = (await answer.json()) as ReceiptCalls;
      expect(body).toMatchObject({ agreementId: product.id, isProven: true });
      expect(String(body.calls.length)).toBe(core?.usage.calls);
    }
  });

  it("stops calls while an objection to the entry is verified, and goes on when it is closed", async () => {
    mustSucceed(
      await consumer.node().insight.setBudget(consumer.as("finance"), product.id, { fen: null, hardStop: false }),
    );
    await until(async () => mustSucceed(await provider.node().insight.budget(product.id))?.fen === null);
    const { objections } = consumer.node();
    const requester = consumer.as("requester");
    const call = async (n: number) => {
      const inputs = [{ request_id: `q-${n}`, reg_code: `R-${n}`, uscc: `U-${n}` }];
      const options = { purpose: "industrial" } as const;
      const { answers } = mustSucceed(await consumer.node().transfers.call(requester, product.id, inputs, options));
      const [answer] = answers;
      return answer !== undefined && "refusal" in answer ? answer.refusal.code : "answered";
    };
    expect(await call(12)).toBe("answered");
    const raised = { type: "rights", agreementId: product.id, about: { kind: "entry" }, text: "登记状态有误" } as const;
    const { id } = mustSucceed(await objections.raise(requester, raised));
    await until(async () => (await provider.node().objections.get(id)).ok);
    expect(await call(13)).toBe("answered");
    mustSucceed(await provider.node().objections.act(provider.as("approver"), id, { event: "accept", comment: null }));
    expect(await call(14)).toBe("OBJECTION_FROZEN");
    const outcome = { event: "verify", outcome: "corrected", comment: "已更正" } as const;
    mustSucceed(await provider.node().objections.act(provider.as("publisher"), id, outcome));
    expect(await call(14)).toBe("OBJECTION_FROZEN");
    mustSucceed(await provider.node().objections.act(provider.as("approver"), id, { event: "approve", comment: null }));
    expect(await call(14)).toBe("OBJECTION_FROZEN");
    mustSucceed(await objections.act(requester, id, { event: "withdraw", comment: "已核实" }));
    await until(async () => {
      const found = await provider.node().objections.get(id);
      return found.ok && found.value.state === "withdrawn";
    });
    expect(await call(14)).toBe("answered");
  });

  it("is numbered without gap in both regions' logs, each agreement by itself, whatever happened", async () => {
    for (const region of [provider, consumer]) {
      const leaves = await leavesOf(region);
      for (const { id } of [table, product]) {
        let prev = "0".repeat(64);
        let seq = 0;
        for (const { leaf, hash } of leaves.filter(({ leaf: { detail } }) => detail.agreementId === id)) {
          seq += 1;
          expect([leaf.kind, leaf.detail.agreementSeq, leaf.detail.agreementPrev]).toEqual([
            leaf.kind,
            String(seq),
            prev,
          ]);
          prev = hash;
        }
        expect(seq).toBeGreaterThan(5);
      }
      // Nothing that names an agreement stays outside its numbers.
      const outside = leaves.filter(({ leaf }) => {
        const names = [table, product].some(({ id }) => JSON.stringify(leaf).includes(id));
        return names && leaf.detail.agreementSeq === undefined;
      });
      expect(outside.map(({ leaf }) => leaf.kind)).toEqual([]);
    }
  });

  it("leaves a leaf of every kind that concerns an agreement, at whoever it happened to", async () => {
    const kindsOf = async (region: HarnessRegion) => {
      const numbered = (await leavesOf(region)).filter(({ leaf }) => leaf.detail.agreementSeq !== undefined);
      return new Set(numbered.map(({ leaf }) => leaf.kind));
    };
    const both = [
      ...["agreement.signed", "agreement.head", "transfer.changed", "transfer.finished", "receipt.batch"],
      ...["receipt.window", "budget.set", "usage.alert", "objection.changed", "dispute.opened"],
      ...["declaration.signed", "statement.signed", "netting.settled"],
    ] as const;
    const [ours, theirs] = [await kindsOf(provider), await kindsOf(consumer)];
    expect(both.filter((kind) => !ours.has(kind))).toEqual([]);
    expect(both.filter((kind) => !theirs.has(kind))).toEqual([]);
    // The provider alone decides what leaves.
    expect((["policy.decided", "policy.refused"] as const).filter((kind) => !ours.has(kind))).toEqual([]);
  });
});
