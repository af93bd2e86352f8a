import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { closedEntry, conditionalEntry, openEntry, productEntry } from "../../test/fixtures/catalog-entries.ts";
import { CONSUMER, createWorld, PROVIDER, person, trustList, type World } from "../../test/fixtures/two-regions.ts";
import { agreementLeaves, leafBytes } from "../audit/store.ts";
import { mustSucceed } from "../kernel/exchange-error.ts";
import { page, read } from "../storage/transact.ts";
import type { Negotiation } from "./model.ts";
import { verifyAgreement } from "./verify-agreement.ts";

const li = person(CONSUMER, "li", "requester");
const wang = person(CONSUMER, "wang", "approver");
const zhang = person(PROVIDER, "zhang", "approver");
const zhao = person(PROVIDER, "zhao", "publisher");
/** Holds both roles, to try approving an own request. */
const both = person(CONSUMER, "both", "requester", "approver");

let world: World;
beforeEach(() => {
  world = createWorld(openEntry(), conditionalEntry(), closedEntry(), productEntry());
});
afterEach(() => world.stop());

async function ask(entryId: string, more: object = {}, actor = li): Promise<Negotiation> {
  const request = { region: PROVIDER, entryId, purposes: ["public-governance" as const], ...more };
  const asked = mustSucceed(await world.consumer.negotiations.request(actor, request));
  await world.settle();
  return asked;
}

async function ours(id: string): Promise<Negotiation> {
  return mustSucceed(await world.consumer.negotiations.get(wang, id));
}

async function theirs(consumerPid: string): Promise<Negotiation> {
  const { items } = await world.provider.negotiations.list({ limit: 10 });
  const found = items.find(({ peerPid }) => peerPid === consumerPid);
  if (found === undefined) throw new Error("the provider does not know it");
  return found;
}

async function bothAgreements(id: string | null) {
  const held = (region: World["provider"]) => region.negotiations.agreement(id ?? "");
  return { provider: mustSucceed(await held(world.provider)), consumer: mustSucceed(await held(world.consumer)) };
}

describe("an unconditional entry", () => {
  it("is agreed without anyone, in three commits of the consumer's and two of the provider's", async () => {
    const asked = await ask("cd-scjg-0004");
    const [c, p] = [await ours(asked.id), await theirs(asked.id)];
    expect([c.state, p.state, c.mode, p.mode]).toEqual(["FINALIZED", "FINALIZED", "auto", "auto"]);
    expect(c.agreementDigest).toBe(p.agreementDigest);
    expect(world.sent.map(({ kind }) => kind)).toEqual([
      "ContractRequestMessage",
      "ContractAgreementMessage",
      "ContractAgreementVerificationMessage",
      "ContractNegotiationEventMessage",
    ]);
    // Besides: one lease of the peer's outbox, and one removal for each message that was sent.
    const besides = 1 + 2;
    expect([world.consumer.commits.count - besides, world.provider.commits.count - besides]).toEqual([3, 2]);
  });

  it("leaves one document with both signatures, in force, and the same digest as number 1 in both logs", async () => {
    const asked = await ask("cd-scjg-0004");
    const { agreementId } = await ours(asked.id);
    const { provider, consumer } = await bothAgreements(agreementId);
    expect([provider.status, consumer.status]).toEqual(["in-force", "in-force"]);
    expect(provider.document).toBe(consumer.document);
    expect(provider.consumerSignature).toBe(consumer.consumerSignature);
    for (const { store } of [world.provider, world.consumer]) {
      const [index = "-1"] = await page(store, agreementLeaves, [provider.id], {});
      const leaf = JSON.parse(Buffer.from((await read(store, leafBytes.at(BigInt(index)))) ?? "").toString());
      expect([leaf.kind, leaf.digest, leaf.detail.agreementSeq]).toEqual(["agreement.signed", provider.digest, "1"]);
    }
  });

  it("can be verified by anyone with the file and a trust list, and not when a byte of it changes", async () => {
    const asked = await ask("cd-scjg-0004");
    const { consumer: file } = await bothAgreements((await ours(asked.id)).agreementId);
    expect(verifyAgreement(file, { list: trustList })).toMatchObject({
      ok: true,
      value: { signedBy: [PROVIDER, CONSUMER] },
    });
    const widened = { ...file, digest: undefined, document: file.document.replaceAll('"ent_name"', '"ent_namf"') };
    expect(verifyAgreement(widened, { list: trustList })).toMatchObject({ error: { code: "AGREEMENT_SIGNATURE" } });
    const others = { ...trustList, regions: trustList.regions.filter(({ id }) => id !== CONSUMER) };
    expect(verifyAgreement(file, others)).toMatchObject({ error: { code: "AGREEMENT_SIGNATURE" } });
    expect(verifyAgreement({ ...file, digest: `sha256:${"1".repeat(64)}` }, trustList)).toMatchObject({ ok: false });
  });

  it("is agreed on the outside channel where the provider has no source", async () => {
    world.provider.sources.clear();
    const asked = await ask("cd-scjg-0004");
    expect(await ours(asked.id)).toMatchObject({ state: "FINALIZED", terms: { channel: "outside:api" } });
  });

  it("is countered by the node itself when clear values are asked for, and agreed once that is accepted", async () => {
    const asked = await ask("cd-scjg-0004", {
      terms: { masks: { legal_rep: "partial" }, validTo: "2039-01-01T00:00:00.000Z" },
    });
    expect(await ours(asked.id)).toMatchObject({
      state: "OFFERED",
      reason: { code: "NARROWED_TO_OFFER", turn: { role: "requester" } },
    });
    mustSucceed(await world.consumer.negotiations.accept(li, asked.id));
    await world.settle();
    expect(await ours(asked.id)).toMatchObject({ state: "FINALIZED", mode: "countered" });
  });
});

describe("a conditional entry", () => {
  it("waits for the provider's approver, with the same reason and deadline at both ends", async () => {
    const asked = await ask("cd-scjg-0001");
    const [c, p] = [await ours(asked.id), await theirs(asked.id)];
    expect(p.reason).toMatchObject({
      code: "AWAITING_APPROVAL",
      turn: { region: PROVIDER, role: "approver" },
      verified: false,
    });
    expect(p.reason?.rule).toBe("agr-510100-500000@2025.11.0/share.replyDays");
    expect(p.reason?.until).toMatch(/^2026-10-/);
    expect(c.reason).toEqual(p.reason);
    expect((await world.provider.negotiations.waiting(zhang)).map(({ id }) => id)).toEqual([p.id]);
    expect(await world.provider.negotiations.waiting(zhao)).toEqual([]);
  });

  it("is agreed when an approver approves, and nobody else may", async () => {
    const asked = await ask("cd-scjg-0001");
    const { id, revision } = await theirs(asked.id);
    const { negotiations } = world.provider;
    expect(await negotiations.approve(zhao, id)).toMatchObject({ error: { code: "ROLE_REQUIRED" } });
    expect(await negotiations.approve(zhang, id, "同意", revision - 1)).toMatchObject({
      error: { code: "REVISION_CONFLICT" },
    });
    mustSucceed(await negotiations.approve(zhang, id, "同意", revision));
    await world.settle();
    expect(await ours(asked.id)).toMatchObject({ state: "FINALIZED", mode: "approved" });
    expect(await theirs(asked.id)).toMatchObject({
      state: "FINALIZED",
      mode: "approved",
      approvedBy: "zhang",
      reason: null,
    });
    expect(await negotiations.waiting(zhang)).toEqual([]);
    expect(await negotiations.approve(zhang, id)).toMatchObject({ error: { code: "ILLEGAL_TRANSITION" } });
  });

  it("is refused by a person with the basis at both ends, and evidence of it", async () => {
    const asked = await ask("cd-scjg-0001");
    const why = { code: "OUT_OF_SCOPE", comment: "与职责无关" };
    mustSucceed(await world.provider.negotiations.reject(zhang, (await theirs(asked.id)).id, why));
    await world.settle();
    const [c, p] = [await ours(asked.id), await theirs(asked.id)];
    expect([c.state, p.state, c.mode, p.mode]).toEqual(["TERMINATED", "TERMINATED", "refused", "refused"]);
    expect(c.reason).toEqual(p.reason);
    expect(c.reason).toMatchObject({ code: "OUT_OF_SCOPE", rule: "refusal.OUT_OF_SCOPE", turn: null });
    expect(c.reason?.text.zh).toContain("与职责无关");
    const stranger = mustSucceed(await world.consumer.negotiations.get(person(CONSUMER, "x", "finance"), asked.id));
    expect(stranger.reason?.text.zh).not.toContain("与职责无关");
    const listed = await world.consumer.negotiations.list({ limit: 1 }, person(CONSUMER, "x", "finance"));
    expect(listed.items[0]?.reason?.text).toEqual(listed.items[0]?.reason?.neutral);
  });

  it("is not ended by the provider's requesters, whose business other regions' requests are not", async () => {
    const asked = await ask("cd-scjg-0001");
    const { id } = await theirs(asked.id);
    const stranger = person(PROVIDER, "chen", "requester");
    const end = (actor: typeof stranger) => world.provider.negotiations.terminate(actor, id, { comment: "不办" });
    expect(await end(stranger)).toMatchObject({ error: { code: "ROLE_REQUIRED" } });
    expect(await end(zhang)).toMatchObject({ value: { state: "TERMINATED" } });
  });

  it("that was withdrawn while the request waited can no longer be approved", async () => {
    const asked = await ask("cd-scjg-0001");
    world.provider.entries.set("cd-scjg-0001", conditionalEntry({ status: "suspended" }));
    const approved = await world.provider.negotiations.approve(zhang, (await theirs(asked.id)).id);
    expect(approved).toMatchObject({ error: { code: "OBJECTION_FROZEN" } });
  });

  it("needs an approver's yes after the consumer took a publisher's offer", async () => {
    const asked = await ask("cd-scjg-0001");
    const { id } = await theirs(asked.id);
    const { negotiations } = world.provider;
    mustSucceed(await negotiations.counter(zhao, id, { fields: ["uscc"] }, "只给一项"));
    await world.settle();
    expect(await ours(asked.id)).toMatchObject({ state: "OFFERED", terms: { fields: ["uscc"], masks: {} } });
    mustSucceed(await world.consumer.negotiations.accept(li, asked.id));
    await world.settle();
    expect(await theirs(asked.id)).toMatchObject({ state: "ACCEPTED", reason: { turn: { role: "approver" } } });
    const zhaoToo = person(PROVIDER, "zhao", "publisher", "approver");
    expect(await negotiations.approve(zhaoToo, id)).toMatchObject({ error: { code: "SELF_APPROVAL" } });
    mustSucceed(await negotiations.approve(zhang, id));
    await world.settle();
    expect(await ours(asked.id)).toMatchObject({ state: "FINALIZED", mode: "countered" });
  });
});

describe("an entry that is not shared", () => {
  it("is refused at once, by rule, with the same reason at both ends", async () => {
    const asked = await ask("cd-scjg-0011");
    const [c, p] = [await ours(asked.id), await theirs(asked.id)];
    expect([c.state, p.state, c.mode, p.mode]).toEqual(["TERMINATED", "TERMINATED", "refused", "refused"]);
    expect(c.reason).toEqual(p.reason);
    expect(c.reason).toMatchObject({ code: "OUT_OF_SCOPE", rule: "policy.sharing", turn: null, until: null });
  });

  it.each([
    ["it is secret", openEntry({ securityClass: "state-secret" })],
    ["it was never public", openEntry({ status: "reviewing" })],
  ])("is not told from one that does not exist when %s", async (_why, entry) => {
    world.provider.entries.set("cd-scjg-0004", entry);
    const asked = await ask("cd-scjg-0004");
    expect(await ours(asked.id)).toMatchObject({ state: "TERMINATED", reason: { code: "OFFER_UNKNOWN" } });
    expect((await world.provider.negotiations.list({ limit: 5 })).items).toEqual([]);
  });
});

describe("a priced product", () => {
  const price = (agreementId: string) => ({
    agreementId,
    parties: [
      { partyId: "510100:provider", role: "provider" as const, regionId: PROVIDER },
      { partyId: "500000:service", role: "service" as const, regionId: CONSUMER },
    ],
    vatBp: "600",
    products: [{ productId: "cd-prod-0002", metric: "calls", unitPriceMicro: "400000", capPriceMicro: "500000" }],
    scheme: {
      kind: "fixed" as const,
      weights: [
        { partyId: "510100:provider", weight: "9" },
        { partyId: "500000:service", weight: "1" },
      ],
    },
  });

  async function counteredAndAccepted(): Promise<Negotiation> {
    const asked = await ask("cd-prod-0002", { purposes: ["industrial", "public-welfare"] }, both);
    const { id, agreementId } = await theirs(asked.id);
    const terms = {
      fields: ["reg_code", "registered_flag"],
      purposes: ["industrial" as const],
      price: price(agreementId ?? ""),
    };
    mustSucceed(await world.provider.negotiations.counter(zhang, id, terms, "按目录价"));
    await world.settle();
    expect(await ours(asked.id)).toMatchObject({
      state: "OFFERED",
      mode: "countered",
      terms: { purposes: ["industrial"] },
    });
    mustSucceed(await world.consumer.negotiations.accept(both, asked.id));
    await world.settle();
    return ours(asked.id);
  }

  it("is countered, accepted, agreed, and countersigned by somebody other than the requester", async () => {
    const agreed = await counteredAndAccepted();
    expect(agreed).toMatchObject({ state: "AGREED", reason: { turn: { region: CONSUMER, role: "approver" } } });
    const { negotiations } = world.consumer;
    expect(await negotiations.waiting(both)).toEqual([]);
    expect(await negotiations.approve(both, agreed.id)).toMatchObject({ error: { code: "SELF_APPROVAL" } });
    mustSucceed(await negotiations.approve(wang, agreed.id, "会签"));
    await world.settle();
    const c = await ours(agreed.id);
    expect([c.state, c.mode, c.approvedBy]).toEqual(["FINALIZED", "countered", "wang"]);
    const { provider } = await bothAgreements(c.agreementId);
    expect(JSON.parse(provider.document).terms).toEqual(price(c.agreementId ?? ""));
  });

  it("may still be turned down by the consumer's approver, and then nothing is in force", async () => {
    const agreed = await counteredAndAccepted();
    mustSucceed(await world.consumer.negotiations.reject(wang, agreed.id, { comment: "预算不足" }));
    await world.settle();
    const p = await theirs(agreed.id);
    expect([p.state, p.reason?.text.zh]).toEqual(["TERMINATED", "审批人拒绝:预算不足"]);
    const { provider, consumer } = await bothAgreements(agreed.agreementId);
    expect([provider.status, consumer.status]).toEqual(["terminated", "terminated"]);
  });

  it("does not come into force by a signature after its end", async () => {
    const agreed = await counteredAndAccepted();
    const { provider } = await bothAgreements(agreed.agreementId);
    const text = { zh: "不再需要", en: "No longer wanted." };
    const reason = { code: "ENDED", rule: "x", turn: null, until: null, verified: true, text, neutral: text };
    const end = { agreementId: provider.id, digest: provider.digest, endedAt: provider.signedAt, reason };
    const body = { "@type": "HeliuAgreementTermination", ...end };
    const about = { id: "m-end", peer: CONSUMER, binding: "grpc", topic: "negotiation", traceId: "t" } as const;
    mustSucceed(await world.provider.outbox.receive({ ...about, kind: "HeliuAgreementTermination", body }));
    mustSucceed(await world.consumer.negotiations.approve(wang, agreed.id, "会签"));
    await world.settle();
    const held = await bothAgreements(agreed.agreementId);
    expect([held.provider.status, held.consumer.status]).not.toContain("in-force");
  });

  it.each(["明年", "2027-02-30", "2027-02-30T16:00:00.000Z", "2027-13-01T00:00:00.000Z"])(
    "cannot be countered with an end that is none: %s",
    async (validTo) => {
      const { id } = await theirs((await ask("cd-prod-0002", { purposes: ["industrial"] })).id);
      const before = (await world.provider.negotiations.get(zhang, id)) as object;
      expect(await world.provider.negotiations.counter(zhang, id, { validTo })).toMatchObject({
        error: { code: "TERMS_MALFORMED", details: { place: "validTo" } },
      });
      expect(await world.provider.negotiations.get(zhang, id)).toEqual(before);
    },
  );

  it("cannot be countered above its cap, nor paid to a region that does not sign", async () => {
    const asked = await ask("cd-prod-0002", { purposes: ["industrial"] });
    const { id } = await theirs(asked.id);
    const dear = { ...price(""), products: [{ ...price("").products[0], unitPriceMicro: "500001" }] };
    const counter = (offered: object) => world.provider.negotiations.counter(zhang, id, { price: offered as never });
    expect(await counter(dear)).toMatchObject({ error: { code: "PRICE_ABOVE_CAP" } });
    const third = { ...price(""), parties: [{ partyId: "320100:x", role: "provider", regionId: "320100" }] };
    expect(await counter(third)).toMatchObject({
      error: { code: "OUT_OF_SCOPE", details: { rule: "policy.parties" } },
    });
    expect((await theirs(asked.id)).state).toBe("REQUESTED");
  });
});

describe("an agreement in force", () => {
  it("ends at both sides with one reason and one instant", async () => {
    const { agreementId } = await ours((await ask("cd-scjg-0004")).id);
    mustSucceed(await world.provider.negotiations.terminateAgreement(zhang, agreementId ?? "", "职责调整"));
    await world.settle();
    const { provider, consumer } = await bothAgreements(agreementId);
    expect([provider.status, consumer.status]).toEqual(["terminated", "terminated"]);
    expect([consumer.reason, consumer.updatedAt]).toEqual([provider.reason, provider.updatedAt]);
  });

  it.each([5, 0])("ends the same when both sides end it before hearing of the other, %i ms apart", async (apart) => {
    const { agreementId } = await ours((await ask("cd-scjg-0004")).id);
    world.isConnected = false;
    world.provider.clock.nowMs += apart;
    mustSucceed(await world.provider.negotiations.terminateAgreement(zhang, agreementId ?? "", "provider"));
    mustSucceed(await world.consumer.negotiations.terminateAgreement(wang, agreementId ?? "", "consumer"));
    await handAcross();
    const { provider, consumer } = await bothAgreements(agreementId);
    expect(provider.reason).toEqual(consumer.reason);
    expect(provider.reason?.text.en).toContain("consumer");
  });

  it("reads as expired from the instant its time is over, and is made so for good", async () => {
    const { agreementId } = await ours((await ask("cd-scjg-0004")).id);
    world.consumer.clock.nowMs = Date.UTC(2027, 9, 6);
    expect(await world.consumer.negotiations.agreement(agreementId ?? "")).toMatchObject({
      value: { status: "expired" },
    });
    expect(await world.consumer.negotiations.expireAgreements()).toBe(1);
    expect(await world.consumer.negotiations.expireAgreements()).toBe(0);
  });
});

/** Delivers what waits on both sides, past the channel that is cut. */
async function handAcross(): Promise<void> {
  const { outboxMessages } = await import("../outbox/store.ts");
  for (const [from, to] of [
    [world.provider, world.consumer],
    [world.consumer, world.provider],
  ] as const) {
    for (const message of await page(from.store, outboxMessages, [], {})) {
      mustSucceed(await to.outbox.receive({ ...message, peer: from.id }));
    }
  }
}
