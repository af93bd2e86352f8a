import { expect, it } from "vitest";
import { leafBytes } from "../../node/audit/store.ts";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { list } from "../../node/storage/transact.ts";
import { ACCOUNT, accountOf, arrives, CD, CQ, dueOf, GY, one, owed, rowsOf } from "./bank-world.ts";
import { person } from "./paying-regions.ts";

it("lets two persons change whose an account is, for what is not booked yet", async () => {
  const world = await owed(one("10684"));
  const cd = world.at(CD);
  const { reference } = await dueOf(cd);
  await accountOf(cd, CQ, "one", "two");
  await arrives(world, ["1.00", reference, "B-1"]);
  // By mistake it then became another region's, and the next row could not be booked.
  expect(await accountOf(cd, GY, "one")).toMatchObject({ region: GY, isInForce: false });
  expect(await cd.payments.accounts()).toMatchObject([
    { account: ACCOUNT, region: CQ, isInForce: true },
    { account: ACCOUNT, region: GY, isInForce: false },
  ]);
  const waitsFor = async (who: string) =>
    (await cd.payments.accountsWaiting(person(who))).map(({ account }) => account);
  expect([await waitsFor("one"), await waitsFor("two")]).toEqual([[], [ACCOUNT]]);
  const again = await cd.payments.registerAccount(person("one"), { account: ACCOUNT, region: GY, name: "专户" });
  expect(again).toMatchObject({ error: { code: "SELF_APPROVAL" } });
  expect(await accountOf(cd, GY, "two")).toMatchObject({ region: GY, isInForce: true });
  await arrives(world, ["5.84", reference, "B-2"]);
  expect(await rowsOf(cd)).toMatchObject([
    { state: "booked", region: CQ },
    { state: "open", region: GY },
  ]);
  expect(await waitsFor("two")).toEqual([]);
  await accountOf(cd, CQ, "two", "one");
  expect(await rowsOf(cd)).toMatchObject([
    { state: "booked" },
    { state: "booked", region: CQ, rule: "reference-part" },
  ]);
  const said: string[] = [];
  for await (const bytes of list(cd.store, leafBytes)) {
    const { kind, detail } = JSON.parse(Buffer.from(bytes).toString("utf8"));
    if (kind === "payment.decided") said.push(`${detail.decision} ${detail.references}`);
  }
  expect(said).toEqual([`account ${CQ}`, `account ${GY}`, `account ${CQ}`]);
});

it("drops a change when somebody says again what is in force", async () => {
  const world = await owed(one("10684"));
  const cd = world.at(CD);
  await accountOf(cd, CQ, "one", "two");
  await accountOf(cd, GY, "one");
  expect(await accountOf(cd, CQ, "two")).toMatchObject({ region: CQ, isInForce: true });
  expect(await cd.payments.accounts()).toMatchObject([{ region: CQ, isInForce: true }]);
  mustSucceed(await cd.payments.registerAccount(person("two"), { account: ACCOUNT, region: GY, name: "专户" }));
  expect(await cd.payments.accounts()).toHaveLength(2);
});
