import { expect, it } from "vitest";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { arrives, CD, dueOf, one, owed, rowsOf } from "./bank-world.ts";
import { person } from "./paying-regions.ts";

it("books what waited for an account as soon as a match of two persons has taught it", async () => {
  const world = await owed(one("10684"));
  const cd = world.at(CD);
  const { reference } = await dueOf(cd);
  await arrives(world, ["100.00", `${reference} 首付`, "B-1"], ["6.84", `${reference} 尾款`, "B-2"]);
  const [first] = await rowsOf(cd);
  const id = first?.id ?? "";
  mustSucceed(await cd.payments.decide(person("one"), id, { allocations: [{ reference, fen: "10000" }] }));
  mustSucceed(await cd.payments.decide(person("two"), id, { confirm: true }));
  expect(await rowsOf(cd)).toMatchObject([{ state: "booked" }, { state: "booked", rule: "reference" }]);
  await world.quiet();
  expect((await dueOf(cd)).confirmedAt).not.toBeNull();
});
