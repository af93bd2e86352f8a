import { expect, it } from "vitest";
import { sha256 } from "../../node/kernel/digest.ts";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { silentLogger } from "../../node/kernel/logger.ts";
import { createPayments } from "../../node/payments/service.ts";
import { loadRules } from "../../node/rules/service.ts";
import { closeBoth } from "../settlement/settled-world.ts";
import {
  CONSUMER,
  finance,
  holdBoth,
  keyOf,
  OCTOBER,
  PROVIDER,
  type Region,
  receiptChain,
  signerOf,
  twoRegions,
} from "../settlement/two-regions.ts";

function paymentsOf({ region, store, settlements }: Region, clock: { readonly nowMs: number }) {
  let random = 0;
  return createPayments({
    ...{ store, region, rules: loadRules([], undefined), logger: silentLogger, signer: signerOf(region) },
    runtime: {
      nowMs: () => clock.nowMs,
      randomBytes: (size) => sha256(`${region} ${random++}`).subarray(0, size),
      failPoint: () => {},
    },
    trust: { statementKey: keyOf, region: () => undefined },
    signed: settlements.signed,
  });
}

it("calls a signed statement disputed only while part of it is parked", async () => {
  const world = await twoRegions();
  const chain = receiptChain("AGR-7", OCTOBER);
  await holdBoth(world, chain);
  const receiptIds = [chain[1]?.core.receiptId ?? ""];
  const about = { agreementId: "AGR-7", periodId: "2026-10", receiptIds, reason: "行数与日志不符" };
  const opened = mustSucceed(await world.provider().settlements.openDispute(finance(PROVIDER), about));
  await closeBoth(world);
  const regions = [world.provider(), world.consumer()];
  const disputed = async () => {
    const found = regions.map((one) => paymentsOf(one, world.clock).money("2026-10"));
    return (await Promise.all(found)).map((one) => mustSucceed(one).map(({ isDisputed }) => isDisputed));
  };
  expect(await disputed()).toEqual([[true], [true]]);
  const [theirs] = await world.consumer().settlements.disputes();
  mustSucceed(await world.provider().settlements.resolveDispute(finance(PROVIDER), opened.id, "upheld"));
  mustSucceed(await world.consumer().settlements.resolveDispute(finance(CONSUMER), theirs?.id ?? "", "upheld"));
  // Agreed on, but the ledger still holds it: the next closing lets it go.
  expect(await disputed()).toEqual([[true], [true]]);
  world.clock.nowMs = Date.parse("2026-12-03T02:00:00.000Z");
  await closeBoth(world, "2026-11", { declarations: {} });
  expect(await disputed()).toEqual([[false], [false]]);
});
