import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Principal, Role } from "../../node/identity/model.ts";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import type { Agreement } from "../../node/negotiation/model.ts";
import type { Objection } from "../../node/objections/model.ts";
import type { Act } from "../../node/objections/service.ts";
import type { Transfer } from "../../node/transfer/model.ts";
import { type Harness, type HarnessRegion, startRegions, until } from "./harness.ts";
import {
  AUTHORISATIONS,
  agreeOnTable,
  bindSources,
  chengduEntry,
  completed,
  PRODUCT,
  type Side,
  startTransfer,
  TABLE,
} from "./trade.ts";

let harness: Harness;
let [chengdu, chongqing] = [] as unknown as [HarnessRegion, HarnessRegion];
let [provider, consumer] = [] as unknown as unknown as [Side, Side];
let agreement: Agreement;
let transfer: Transfer;
beforeAll(async () => {
  harness = await startRegions({
    regions: ["510100", "500000"],
    settings: { catalog: { authorisations: AUTHORISATIONS } },
  });
  [chengdu, chongqing] = [harness.region("510100"), harness.region("500000")];
  [provider, consumer] = [chengdu, chongqing].map((region) => ({ region, node: region.node })) as unknown as [
    Side,
    Side,
  ];
  await chengdu.publish(["cd-scjg-0001", TABLE, PRODUCT].map(chengduEntry));
  await bindSources(chengdu, 20);
  agreement = await agreeOnTable(provider, consumer);
  transfer = await completed(consumer, await startTransfer(consumer, agreement));
}, 60_000);
afterAll(() => harness.stop());

const raise = async (type: Objection["type"], about: Objection["about"]) =>
  mustSucceed(
    await chongqing.node().objections.raise(chongqing.as("requester"), {
      ...{ type, about, agreementId: agreement.id, text: "第三行缺少字段" },
    }),
  );

const inState = (region: HarnessRegion, id: string, state: Objection["state"]) =>
  until(async () => {
    const found = await region.node().objections.get(id);
    return found.ok && found.value.state === state ? found.value : undefined;
  });

const act = (region: HarnessRegion, role: Role | Principal, id: string, given: Partial<Act> & Pick<Act, "event">) =>
  region.node().objections.act(typeof role === "string" ? region.as(role) : role, id, { comment: null, ...given });

const waitsFor = async (region: HarnessRegion, role: Role) =>
  (await region.node().objections.waiting(region.as(role))).map(({ id }) => id);

describe("an objection", () => {
  it("goes to the provider, is verified and approved by two people, and ends at both, traceable to what was moved", async () => {
    const { id } = await raise("rights", { kind: "transfer", transferId: transfer.id });
    const there = await inState(chengdu, id, "raised");
    expect(there.reason).toMatchObject({ turn: { region: "510100", role: "approver" }, until: expect.any(String) });
    expect(await waitsFor(chengdu, "approver")).toContain(id);
    // The provider's clock is shown at the other end, whatever rules hold there.
    await until(async () => (await inState(chongqing, id, "raised")).reason?.until === there.reason?.until);
    const receipts = mustSucceed(await chongqing.node().objections.get(id)).receipts;
    expect(receipts.length).toBeGreaterThan(0);
    expect(there.receipts).toEqual(receipts.map((one) => ({ ...one })));
    expect(new Set(receipts.map(({ transferId }) => transferId)).size).toBe(1);

    expect(await act(chengdu, "publisher", id, { event: "accept" })).toMatchObject({
      error: { code: "ROLE_REQUIRED" },
    });
    expect(await act(chongqing, "approver", id, { event: "accept" })).toMatchObject({
      error: { code: "OBJECTION_OTHER_SIDE" },
    });
    mustSucceed(await act(chengdu, "approver", id, { event: "accept" }));
    await inState(chongqing, id, "marked");
    const both: Principal = { userId: "li", name: "李", roles: ["publisher", "approver"], region: "510100" };
    expect(await act(chengdu, both, id, { event: "verify", outcome: "corrected" })).toMatchObject({
      error: { code: "REASON_REQUIRED" },
    });
    mustSucceed(await act(chengdu, both, id, { event: "verify", outcome: "corrected", comment: "已补齐" }));
    expect(await act(chengdu, both, id, { event: "approve" })).toMatchObject({ error: { code: "SELF_APPROVAL" } });
    expect((await inState(chongqing, id, "marked")).answer).toBeNull();
    mustSucceed(await act(chengdu, "approver", id, { event: "approve", comment: "同意" }));
    const answered = await inState(chongqing, id, "handled");
    expect(answered).toMatchObject({ outcome: "corrected", answer: "已补齐" });
    expect(await waitsFor(chongqing, "requester")).toContain(id);
    mustSucceed(await act(chongqing, "requester", id, { event: "confirm" }));
    await inState(chengdu, id, "archived");
    expect(await waitsFor(chengdu, "approver")).not.toContain(id);

    for (const region of [chengdu, chongqing]) {
      const { items } = await region.node().audit.leaves({ limit: 100, subject: id });
      expect(items.map(({ leaf }) => leaf.detail.to).filter((to) => to !== "verified")).toEqual([
        ...["raised", "marked", "handled", "archived"],
      ]);
      expect(items.every(({ leaf }) => leaf.detail.agreementId === agreement.id)).toBe(true);
    }
  }, 60_000);

  it("about quality is answered by the source unit alone, and sent back twice at most", async () => {
    const { id } = await raise("quality", { kind: "receipts", from: "1", to: "1" });
    await inState(chengdu, id, "raised");
    mustSucceed(await act(chengdu, "publisher", id, { event: "accept" }));
    for (let times = 0; ; times++) {
      mustSucceed(await act(chengdu, "publisher", id, { event: "verify", outcome: "explained", comment: "非缺陷" }));
      await inState(chongqing, id, "handled");
      const reopened = await act(chongqing, "requester", id, { event: "reopen", comment: "仍然缺少" });
      if (!reopened.ok) {
        expect([times, reopened.error.code]).toEqual([2, "GUARD_NOT_MET"]);
        break;
      }
      await inState(chengdu, id, "marked");
    }
  }, 60_000);

  it("is refused for what never moved, for a stranger's agreement, and at the wrong region", async () => {
    const { objections } = chongqing.node();
    const base = { type: "billing", agreementId: agreement.id, text: "多计" } as const;
    const requester = chongqing.as("requester");
    for (const about of [
      { kind: "receipts", from: "1", to: "99" },
      { kind: "receipts", from: "2", to: "1" },
      { kind: "transfer", transferId: "urn:uuid:none" },
    ] as const) {
      expect(await objections.raise(requester, { ...base, about })).toMatchObject({
        error: { code: "OBJECTION_ABOUT" },
      });
    }
    const about = { kind: "entry" } as const;
    expect((await objections.raise(requester, { ...base, about, agreementId: "AGR-NONE" })).ok).toBe(false);
    expect(await objections.raise(chongqing.as("publisher"), { ...base, about })).toMatchObject({
      error: { code: "ROLE_REQUIRED" },
    });
    expect(await chengdu.node().objections.raise(chengdu.as("requester"), { ...base, about })).toMatchObject({
      error: { code: "OBJECTION_NOT_CONSUMER" },
    });
  });
});
