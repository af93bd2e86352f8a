import { expect, it } from "vitest";
import { leafBytes } from "../../node/audit/store.ts";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { list } from "../../node/storage/transact.ts";
import { accountOf, arrives, CD, CQ, dueOf, one, owed, type Plan, rowsOf } from "./bank-world.ts";
import { type PayingRegion, type PayingWorld, person } from "./paying-regions.ts";

async function receiving(...plans: readonly Plan[]): Promise<readonly [PayingWorld, PayingRegion]> {
  const world = await owed(...plans);
  await accountOf(world.at(CD), CQ, "one", "two");
  return [world, world.at(CD)];
}

async function decisionsOf({ store }: PayingRegion): Promise<object[]> {
  const found: object[] = [];
  for await (const bytes of list(store, leafBytes)) {
    const { kind, subject, actor, detail } = JSON.parse(Buffer.from(bytes).toString("utf8"));
    if (kind === "payment.decided" && detail.decision !== "account") found.push({ subject, actor, ...detail });
  }
  return found;
}

const refused = (code: string) => ({ ok: false, error: { code } });

it("counts no money that the bank took back: both rows say so, and the due waits for the rest", async () => {
  const [world, cd] = await receiving(one("10684"));
  const { reference } = await dueOf(cd);
  await arrives(world, ["100.00", `${reference} 首付`, "B-1"]);
  expect(await dueOf(cd)).toMatchObject({ paidFen: "10000" });
  // Some banks give the reversal the number of what it takes back.
  await arrives(world, ["-100.00", `${reference} 退汇`, "B-1", "2026-11-06"]);
  const [paid, reversal] = await rowsOf(cd);
  expect(paid).toMatchObject({ state: "returned", allocations: [], returnedBy: reversal?.id });
  expect(reversal).toMatchObject({ state: "returned", isReversal: true, allocations: [], returns: paid?.id });
  expect(await dueOf(cd)).toMatchObject({ paidFen: "0", payments: [] });
  expect(await decisionsOf(cd)).toEqual([
    { subject: reversal?.id, actor: "node", decision: "returned", references: reference },
  ]);
  await arrives(world, ["6.84", `${reference} 尾款`, "B-3", "2026-11-07"]);
  await world.quiet();
  expect(await dueOf(cd)).toMatchObject({ paidFen: "684", confirmedAt: null });
});

it("confirms nothing while an open reversal may concern the due; persons say which payment it returns", async () => {
  const [world, cd] = await receiving(one("20000"));
  const { reference } = await dueOf(cd);
  await arrives(world, ["100.00", reference, "B-1"], ["-100.00", "退汇", "B-3"], ["100.00", `${reference} 二`, "B-2"]);
  await world.quiet();
  const [first, reversal, second] = await rowsOf(cd);
  expect(await dueOf(cd)).toMatchObject({ paidFen: "20000", confirmedAt: null });
  expect(reversal).toMatchObject({ state: "open", rule: "reversal" });
  expect(reversal?.suggestions.map(({ returns }) => returns)).toEqual([first?.id, second?.id]);
  const id = reversal?.id ?? "";
  const decide = (who: string, decision: Parameters<typeof cd.payments.decide>[2]) =>
    cd.payments.decide(person(who), id, decision);
  const allocations = [{ reference, fen: "10000" }];
  expect(await decide("one", { allocations })).toMatchObject(refused("PAYMENT_REVERSAL"));
  expect(await decide("one", { returns: id })).toMatchObject(refused("PAYMENT_RETURN"));
  expect(mustSucceed(await decide("one", { returns: second?.id }))).toMatchObject({
    state: "proposed",
    proposal: { returns: second?.id },
  });
  expect(await decide("one", { confirm: true })).toMatchObject(refused("SELF_APPROVAL"));
  expect(mustSucceed(await decide("two", { confirm: true }))).toMatchObject({ state: "returned" });
  expect(await rowsOf(cd)).toMatchObject([{ state: "booked" }, { state: "returned" }, { state: "returned" }]);
  expect(await dueOf(cd)).toMatchObject({ paidFen: "10000", payments: [{ id: first?.id }], confirmedAt: null });
  expect(await decisionsOf(cd)).toMatchObject([{ subject: id, actor: "finance", decision: "returned" }]);
});

it("confirms a due once persons have said that the reversal is none of its payments", async () => {
  const [world, cd] = await receiving(one("10684"));
  const { reference } = await dueOf(cd);
  await arrives(world, ["-50.00", `${reference} 冲正`, "B-2", "2026-11-05", ""], ["106.84", reference, "B-1"]);
  const [reversal] = await rowsOf(cd);
  // The bank names no account in it, and it is a reversal nevertheless.
  expect(reversal).toMatchObject({ state: "open", rule: "reversal", account: "" });
  expect(await dueOf(cd)).toMatchObject({ paidFen: "10684", confirmedAt: null });
  mustSucceed(await cd.payments.decide(person("one"), reversal?.id ?? "", { reject: "银行更正自身差错" }));
  await world.quiet();
  expect((await dueOf(cd)).confirmedAt).not.toBeNull();
});

it("says of a reversal of what was confirmed that people correct it later, and keeps it in the list of tasks", async () => {
  const [world, cd] = await receiving(one("10684"));
  const { reference } = await dueOf(cd);
  await arrives(world, ["106.84", reference, "B-1"]);
  await world.quiet();
  const { confirmedAt } = await dueOf(cd);
  expect(confirmedAt).not.toBeNull();
  await arrives(world, ["-106.84", `${reference} 退汇`, "B-2", "2026-11-09"]);
  const [paid, reversal] = await rowsOf(cd);
  expect(reversal).toMatchObject({ state: "open", rule: "reversal-confirmed" });
  expect(await cd.payments.undecided(person("one"))).toMatchObject([{ state: "open" }]);
  expect(await cd.payments.decide(person("one"), reversal?.id ?? "", { returns: paid?.id })).toMatchObject(
    refused("PAYMENT_CONFIRMED"),
  );
  expect(await dueOf(cd)).toMatchObject({ paidFen: "10684", confirmedAt });
});

it("guesses at nothing where a payment of an earlier, confirmed month may be the one that came back", async () => {
  const [world, cd] = await receiving({ periodId: "2026-09", fen: "5000" }, { periodId: "2026-10", fen: "10000" });
  const before = await dueOf(cd, "2026-09");
  await arrives(world, ["50.00", before.reference, "B-1"]);
  await world.quiet();
  const { reference } = await dueOf(cd);
  await arrives(world, ["50.00", reference, "B-2", "2026-11-06"], ["-50.00", "退汇", "B-3", "2026-11-07"]);
  expect((await rowsOf(cd))[2]).toMatchObject({ state: "open", rule: "reversal" });
  expect(await dueOf(cd)).toMatchObject({ paidFen: "5000" });
});

it("holds a due back for money that went out under its reference, until two persons say what that was", async () => {
  const [world, cd] = await receiving(one("10684"));
  const { reference } = await dueOf(cd);
  await arrives(world, ["106.84", reference, "B-1"], ["out 106.84", `${reference} 退款`, "B-2"]);
  await world.quiet();
  expect(await dueOf(cd)).toMatchObject({ paidFen: "10684", confirmedAt: null });
  const [paid, out] = await rowsOf(cd);
  expect([paid?.state, out?.state]).toEqual(["booked", "open"]);
  mustSucceed(await cd.payments.decide(person("one"), out?.id ?? "", { returns: paid?.id }));
  mustSucceed(await cd.payments.decide(person("two"), out?.id ?? "", { confirm: true }));
  expect(await rowsOf(cd)).toMatchObject([{ state: "returned" }, { state: "returned" }]);
  expect(await dueOf(cd)).toMatchObject({ paidFen: "0", confirmedAt: null });
});
