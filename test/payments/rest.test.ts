import { expect, it } from "vitest";
import { mustSucceed, ok } from "../../node/kernel/exchange-error.ts";
import { payments } from "../../node/payments/store.ts";
import { read, transact } from "../../node/storage/transact.ts";
import { accountOf, arrives, CD, CQ, dueOf, owed, rowsOf } from "./bank-world.ts";
import { type PayingRegion, person } from "./paying-regions.ts";

/** 300.00 came where 248.00 were owed, with another due open; two persons gave it 200.00. */
async function overpaid() {
  const world = await owed({ periodId: "2026-09", fen: "24800" }, { periodId: "2026-10", fen: "10000" });
  const cd = world.at(CD);
  await accountOf(cd, CQ, "one", "two");
  const { reference } = await dueOf(cd, "2026-09");
  await arrives(world, ["300.00", reference, "B-1"]);
  const id = (await rowsOf(cd))[0]?.id ?? "";
  const decide = (who: string, decision: Parameters<typeof cd.payments.decide>[2]) =>
    cd.payments.decide(person(who), id, decision);
  mustSucceed(await decide("one", { allocations: [{ reference, fen: "20000" }] }));
  mustSucceed(await decide("two", { confirm: true }));
  return { world, cd, id, decide, reference, other: (await dueOf(cd, "2026-10")).reference };
}

const states = async (cd: PayingRegion, state: "open" | "proposed" | "rejected") =>
  (await cd.payments.list({ state, limit: 9 })).items.map(({ leftFen }) => leftFen);

it("keeps what is left of a payment open until all of it is given to dues, and gives nothing twice", async () => {
  const { world, cd, decide, reference, other } = await overpaid();
  expect(await rowsOf(cd)).toMatchObject([{ state: "open", leftFen: "10000", allocations: [{ fen: "20000" }] }]);
  expect(await cd.payments.undecided(person("one"))).toMatchObject([{ state: "open" }]);
  const tooMuch = { allocations: [{ reference: other, fen: "10001" }] };
  expect(await decide("one", tooMuch)).toMatchObject({ error: { code: "PAYMENT_AMOUNT" } });
  const rest = [
    { reference, fen: "4800" },
    { reference: other, fen: "5200" },
  ];
  mustSucceed(await decide("one", { allocations: rest }));
  expect(await states(cd, "proposed")).toEqual(["10000"]);
  expect(mustSucceed(await decide("two", { confirm: true }))).toMatchObject({ state: "booked", leftFen: "0" });
  expect(await dueOf(cd, "2026-09")).toMatchObject({ paidFen: "24800" });
  expect(await dueOf(cd, "2026-10")).toMatchObject({ paidFen: "5200" });
  await world.quiet();
  expect((await dueOf(cd, "2026-09")).confirmedAt).not.toBeNull();
  expect(await states(cd, "open")).toEqual([]);
});

it("lets a person say what the rest is, and others take it up again", async () => {
  const { cd, decide, other } = await overpaid();
  expect(mustSucceed(await decide("one", { reject: "多付,已约定退还" }))).toMatchObject({
    ...{ state: "rejected", rejectedFor: "多付,已约定退还", leftFen: "10000", allocations: [{ fen: "20000" }] },
  });
  expect(await dueOf(cd, "2026-09")).toMatchObject({ paidFen: "20000" });
  expect([await states(cd, "open"), await states(cd, "rejected")]).toEqual([[], ["10000"]]);
  mustSucceed(await decide("one", { allocations: [{ reference: other, fen: "10000" }] }));
  expect(mustSucceed(await decide("two", { confirm: true }))).toMatchObject({ state: "booked", rejectedFor: null });
});

it("takes back all that a payment was given to, with what was left of it", async () => {
  const { world, cd, reference } = await overpaid();
  await arrives(world, ["-300.00", `${reference} 退汇`, "B-2", "2026-11-06"]);
  expect(await rowsOf(cd)).toMatchObject([{ state: "returned", leftFen: "0" }, { state: "returned" }]);
  expect(await dueOf(cd, "2026-09")).toMatchObject({ paidFen: "0", payments: [] });
});

it("lists again what an earlier version left behind of a payment", async () => {
  const { world, cd, id } = await overpaid();
  const now = await read(cd.store, payments.at(id));
  // As it was kept before: booked, whatever was left, and in no list.
  await transact(cd.store, [], (tx) => {
    if (now !== undefined) tx.put(payments.at(id), { ...now, state: "booked" as const });
    return ok(true);
  });
  const keys: string[] = [];
  for (const prefix of ["payment-indexed", "payment-open"]) {
    for await (const [key] of cd.store.range({ from: `${prefix}/`, to: `${prefix}0` })) keys.push(key);
  }
  await cd.store.commit(keys, () => ({ put: new Map(), remove: new Set(keys), result: undefined }));
  expect(await states(cd, "open")).toEqual(["10000"]);
  await world.quiet();
});

it("lets a rejected row be taken up again by two persons, also where the transfer came a second time", async () => {
  const world = await owed({ periodId: "2026-10", fen: "10000" });
  const cd = world.at(CD);
  const { reference } = await dueOf(cd);
  await arrives(world, ["100.00", "往来款", "B-1"]);
  await arrives(world, ["100.00", "往来款", "B-1"]);
  const [first, again] = await rowsOf(cd);
  const allocations = [{ reference, fen: "10000" }];
  mustSucceed(await cd.payments.decide(person("one"), first?.id ?? "", { reject: "不是我方款项" }));
  expect(await states(cd, "rejected")).toEqual(["10000"]);
  const refused = await cd.payments.decide(person("one"), again?.id ?? "", { allocations });
  expect(refused).toMatchObject({ error: { code: "PAYMENT_DUPLICATE", details: { first: first?.id } } });
  mustSucceed(await cd.payments.decide(person("one"), first?.id ?? "", { allocations }));
  expect(await cd.payments.decide(person("one"), first?.id ?? "", { confirm: true })).toMatchObject({
    error: { code: "SELF_APPROVAL" },
  });
  mustSucceed(await cd.payments.decide(person("two"), first?.id ?? "", { confirm: true }));
  expect(await states(cd, "rejected")).toEqual([]);
  await world.quiet();
  expect(await dueOf(cd)).toMatchObject({ paidFen: "10000", confirmedAt: expect.any(String) });
});
