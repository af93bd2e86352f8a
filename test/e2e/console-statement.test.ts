import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Role } from "../../node/identity/model.ts";
import { ok } from "../../node/kernel/exchange-error.ts";
import { putNext } from "../../node/metering/store.ts";
import { putAgreement } from "../../node/negotiation/store.ts";
import type { Settlement } from "../../node/settlement/process-model.ts";
import { settlements } from "../../node/settlement/store.ts";
import { read, transact } from "../../node/storage/transact.ts";
import { closeBoth } from "../settlement/settled-world.ts";
import { AGR_7, agreementOf, holdBoth, OCTOBER, receiptChain, twoRegions } from "../settlement/two-regions.ts";
import { deskOf } from "./console-desk.ts";
import { type OneNode, startOneNode } from "./one-node.ts";

const PAGE = "/settlements/2026-10/AGR-7";
const ref = settlements.at("2026-10", "AGR-7");

let one: OneNode;
let settled: Settlement;

/** The node as the provider of the worked example, with its signed statement of October. */
beforeAll(async () => {
  one = await startOneNode();
  const world = await twoRegions();
  const receipts = receiptChain("AGR-7", OCTOBER);
  await holdBoth(world, receipts);
  await closeBoth(world);
  const found = await read(world.provider().store, ref);
  if (found === undefined) throw new Error("not settled");
  settled = found;
  await transact(one.node.store, [], (tx) => {
    putAgreement(tx, undefined, agreementOf(AGR_7, "provider"));
    for (const receipt of receipts) putNext(tx, receipt);
    return ok(true);
  });
});
afterAll(() => one.stop());

/** As if so many receipts had gone into it. */
async function hold(receiptCount: string): Promise<void> {
  const { built } = settled;
  if (built === null) throw new Error("no statement");
  const text = JSON.stringify({ ...JSON.parse(built.text), receiptCount });
  await transact(one.node.store, [], (tx) => ok(tx.put(ref, { ...settled, built: { ...built, text } })));
}

describe("the page of a statement", () => {
  it("goes through every receipt along with the page up to 20 000, and beyond only when it is asked to", async () => {
    const { page } = await deskOf(one, "finance");
    const seen = async (path: string) => {
      const { status, text } = await page(path);
      const isOffered = text.includes(`href="/console${PAGE}?equation=1#equation"`);
      return [status, isOffered, text.includes("每一张凭据都有着落")];
    };
    await hold("20000");
    expect(await seen(PAGE)).toEqual([200, false, true]);
    await hold("20001");
    expect(await seen(PAGE)).toEqual([200, true, false]);
    expect(await seen(`${PAGE}?equation=1`)).toEqual([200, false, true]);
  });
});

describe("the way to settlements", () => {
  it("is shown to those alone who may go it", async () => {
    const shown = async (role: Role) => {
      const { page } = await deskOf(one, role);
      const nav = /<nav [^>]*>.*?<\/nav>/s.exec((await page("/")).text)?.[0] ?? "";
      return [nav.includes('href="/console/audit"'), nav.includes('href="/console/settlements"')];
    };
    for (const role of ["finance", "approver", "auditor"] as const)
      expect(await shown(role), role).toEqual([true, true]);
    for (const role of ["requester", "publisher", "admin"] as const)
      expect(await shown(role), role).toEqual([true, false]);
  });
});
