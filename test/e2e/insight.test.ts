import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ok } from "../../node/kernel/exchange-error.ts";
import { instantOf, periodOf } from "../../node/kernel/instant.ts";
import { putNext } from "../../node/metering/store.ts";
import { addUsage, usageTotalsRefs } from "../../node/metering/usage.ts";
import { putAgreement } from "../../node/negotiation/store.ts";
import { transact } from "../../node/storage/transact.ts";
import { AGR_7, agreementOf, receiptChain } from "../settlement/two-regions.ts";
import { type OneNode, startOneNode } from "./one-node.ts";

let one: OneNode;
const nowMs = Date.now();
const month = periodOf(nowMs);

/** The node as the consumer of the worked example, with some calls of this month. */
beforeAll(async () => {
  one = await startOneNode();
  const region = "510100";
  const agreement = {
    ...agreementOf(AGR_7, "consumer"),
    provider: "500000",
    consumer: region,
    peer: "500000",
  };
  const terms = {
    ...agreement.terms,
    validFrom: instantOf(nowMs - 86_400_000),
    validTo: instantOf(nowMs + 90 * 86_400_000),
  };
  const used = [{ productId: "elevator-1", usage: { calls: "600" }, at: instantOf(nowMs) }];
  await transact(one.node.store, usageTotalsRefs("AGR-7"), (tx) => {
    putAgreement(tx, undefined, { ...agreement, terms });
    for (const receipt of receiptChain("AGR-7", used)) putNext(tx, receipt);
    addUsage(tx, "AGR-7", { calls: { count: 600n, month, purposeClass: "commercial" } });
    return ok(true);
  });
});
afterAll(() => one.stop());

async function ask(role: keyof OneNode["tokens"], path: string, body?: object, method = "POST") {
  const response = await one.request(`/api/v1${path}`, {
    ...(body === undefined ? {} : { method, body: JSON.stringify(body) }),
    headers: { authorization: `Bearer ${one.tokens[role]}`, "content-type": "application/json" },
  });
  return { status: response.status, body: (await response.json()) as Record<string, never> };
}

describe("figures over HTTP", () => {
  it("shows the month's usage as it stands", async () => {
    const { status, body } = await ask("requester", "/agreements/AGR-7/usage");
    expect([status, body.amountFen, body.side]).toEqual([200, "7200", "consumer"]);
    expect((await ask("requester", "/agreements/AGR-0/usage")).status).toBe(404);
  });

  it("quotes, and lists the quote with what followed", async () => {
    const made = await ask("requester", "/agreements/AGR-7/quote", { calls: "10", purpose: "industrial" });
    expect([made.status, made.body.upperBoundFen]).toEqual([201, "121"]);
    // The month ends at midnight in China, whatever the clock of whoever reads it.
    expect((made.body.text as unknown as { zh: string }).zh).toMatch(/有效至 [0-9]{4}-[0-9]{2}-01 00:00 UTC\+8。$/);
    const { body } = await ask("finance", `/agreements/AGR-7/quotes?period=${month}`);
    expect(body.items).toMatchObject([{ upperBoundFen: "121", actual: { fen: "0", isWithin: true } }]);
    expect((await ask("requester", "/agreements/AGR-7/quote", { calls: "-1" })).status).toBe(400);
    const refused = await ask("requester", "/agreements/AGR-7/quote", { calls: "1", purpose: "public-welfare" });
    expect(refused.body.code).toBe("QUOTE_REFUSED");
    // In the reader's language, and not in both.
    expect(refused.body.detail).toMatch(/^按协议这次使用会被拒绝[^/]*另行申请。$/);
  });

  it("takes a budget from finance alone, and raises its alerts as tasks", async () => {
    const budget = { fen: "8000", hardStop: true };
    expect((await ask("requester", "/agreements/AGR-7/budget", budget, "PUT")).status).toBe(403);
    expect((await ask("finance", "/agreements/AGR-7/budget", budget, "PUT")).body).toMatchObject({ fen: "8000" });
    await one.node.insight.look();
    const { body } = await ask("finance", "/agreements/AGR-7/budget");
    expect((body.alerts as unknown as { threshold: number }[]).map(({ threshold }) => threshold).sort()).toEqual([
      50, 80, 90,
    ]);
    const tasks = await ask("finance", "/tasks");
    expect(tasks.body.items).toMatchObject([
      {
        ...{
          kind: "alert",
          id: `AGR-7/${month}.budget.90`,
          title: { zh: expect.stringMatching(/,本月预算已用到 90%$/) },
        },
        reason: { code: "USAGE_ALERT", text: { zh: expect.stringContaining("当时已用 72.00 元,上限 80.00 元") } },
      },
    ]);
    await ask("finance", `/agreements/AGR-7/alerts/${month}.budget.90/acknowledge`, {});
    expect((await ask("finance", "/tasks")).body.items).toEqual([]);
  });

  it("answers what-if, forecast, derivation, receipts and disclosure, or says why it cannot", async () => {
    const tried = await ask("finance", "/settlements/what-if", { agreement: "AGR-7", change: {} });
    expect(tried.body.code).toBe("WHATIF_NOTHING");
    const strange = await ask("finance", "/settlements/what-if", { agreement: "AGR-7", change: { cap: "1" } });
    expect(strange.status).toBe(400);
    expect((await ask("finance", `/settlements/${month}/derivation?agreement=AGR-7`)).body.code).toBe(
      "DERIVATION_NOTHING",
    );
    const receipts = await ask("auditor", `/settlements/${month}/receipts?agreement=AGR-7&bin=charged`);
    expect(receipts.body.items).toHaveLength(1);
    const disclosure = await ask("finance", "/reports/disclosure?year=2026");
    expect(disclosure.body).toMatchObject({ type: "heliu.disclosure.v1", dueOn: "2027-03-31" });
    expect(one.errors()).toEqual([]);
  });
});
