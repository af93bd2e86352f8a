import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { conditionalEntry } from "../../test/fixtures/catalog-entries.ts";
import { CONSUMER, createWorld, PROVIDER, person, type World } from "../../test/fixtures/two-regions.ts";
import { mustSucceed } from "../kernel/exchange-error.ts";
import type { Negotiation } from "./model.ts";

const li = person(CONSUMER, "li", "requester");
const zhang = person(PROVIDER, "zhang", "approver");
const zhao = person(PROVIDER, "zhao", "publisher");

let world: World;
beforeEach(() => {
  world = createWorld(conditionalEntry());
});
afterEach(() => world.stop());

async function ask(): Promise<Negotiation> {
  const request = { region: PROVIDER, entryId: "cd-scjg-0001", purposes: ["public-governance" as const] };
  const asked = mustSucceed(await world.consumer.negotiations.request(li, request));
  await world.settle();
  return asked;
}

const ours = async (id: string) => mustSucceed(await world.consumer.negotiations.get(li, id));

async function theirs(consumerPid: string): Promise<Negotiation> {
  const { items } = await world.provider.negotiations.list({ limit: 10 });
  const found = items.find(({ peerPid }) => peerPid === consumerPid);
  if (found === undefined) throw new Error("the provider does not know it");
  return found;
}

/** The document that both signed. */
async function documentOf(region: World["provider"], { agreementId }: Negotiation) {
  return JSON.parse(mustSucceed(await region.negotiations.agreement(agreementId ?? "")).document);
}

describe("an entry that is published again while it is negotiated", () => {
  /** The consumer's mirror has the new version as soon as the provider does. */
  async function offeredAt3(): Promise<Negotiation> {
    const asked = await ask();
    world.provider.entries.set("cd-scjg-0001", conditionalEntry({ version: 3 }));
    const { id } = await theirs(asked.id);
    mustSucceed(await world.provider.negotiations.counter(zhang, id, { fields: ["uscc"] }, "已更新"));
    await world.settle();
    return asked;
  }

  it("is negotiated at the version that is offered, which may be answered and is what both sign", async () => {
    const asked = await offeredAt3();
    for (const held of [await ours(asked.id), await theirs(asked.id)]) {
      expect(held).toMatchObject({ state: "OFFERED", entry: { version: "3" } });
      expect(held.offerId).toBe(`urn:heliu:offer:${PROVIDER}:cd-scjg-0001:3`);
    }
    mustSucceed(await world.consumer.negotiations.counter(li, asked.id, { fields: ["uscc", "ent_name"] }));
    await world.settle();
    const { id } = await theirs(asked.id);
    expect((await ours(asked.id)).reason).toMatchObject({ code: "AWAITING_APPROVAL", turn: { region: PROVIDER } });
    mustSucceed(await world.provider.negotiations.approve(zhang, id));
    await world.settle();
    const signed = await ours(asked.id);
    expect(signed.state).toBe("FINALIZED");
    expect((await documentOf(world.consumer, signed)).entry.version).toBe("3");
  });

  it("is answered at the version offered also when it is published once more meanwhile, and then offered at the new one", async () => {
    const asked = await offeredAt3();
    world.provider.entries.set("cd-scjg-0001", conditionalEntry({ version: 4 }));
    mustSucceed(await world.consumer.negotiations.counter(li, asked.id, { fields: ["ent_name"] }));
    await world.settle();
    expect(await ours(asked.id)).toMatchObject({ state: "REQUESTED", entry: { version: "3" } });
    mustSucceed(await world.provider.negotiations.counter(zhang, (await theirs(asked.id)).id, { fields: ["uscc"] }));
    await world.settle();
    expect(await ours(asked.id)).toMatchObject({ state: "OFFERED", entry: { version: "4" } });
  });

  it("is agreed at that version when the offer is accepted", async () => {
    const asked = await offeredAt3();
    mustSucceed(await world.consumer.negotiations.accept(li, asked.id));
    await world.settle();
    const signed = await ours(asked.id);
    expect(signed.state).toBe("FINALIZED");
    expect((await documentOf(world.provider, signed)).entry.version).toBe("3");
  });

  it("is refused at a version that is outdated, whether first asked for or answered with", async () => {
    const answered = await offeredAt3();
    world.tamper = (message) => {
      const { offer, ...body } = message.body as { readonly offer: object };
      const outdated = { ...offer, "@id": `urn:heliu:offer:${PROVIDER}:cd-scjg-0001:1` };
      return message.kind === "ContractRequestMessage" ? { ...message, body: { ...body, offer: outdated } } : message;
    };
    mustSucceed(await world.consumer.negotiations.counter(li, answered.id, { fields: ["ent_name"] }));
    const asked = await ask();
    for (const { id } of [answered, asked]) {
      expect(await ours(id)).toMatchObject({ state: "TERMINATED", reason: { code: "OFFER_OUTDATED" } });
    }
  });
});

describe("a publisher's offer that the consumer has taken", () => {
  async function taken(): Promise<Negotiation> {
    const asked = await ask();
    mustSucceed(await world.provider.negotiations.counter(zhao, (await theirs(asked.id)).id, { fields: ["uscc"] }));
    await world.settle();
    mustSucceed(await world.consumer.negotiations.accept(li, asked.id));
    await world.settle();
    return asked;
  }

  it("waits for the provider's approver until the same day at both ends", async () => {
    const asked = await taken();
    const [c, p] = [await ours(asked.id), await theirs(asked.id)];
    expect(p.reason).toMatchObject({ code: "AWAITING_APPROVAL", turn: { region: PROVIDER, role: "approver" } });
    expect(p.reason?.rule).toBe("agr-510100-500000@2025.11.0/share.replyDays");
    expect(p.reason?.until).toMatch(/^2026-10-/);
    expect([c.state, c.reason]).toEqual(["ACCEPTED", p.reason]);
    expect(c.timeline.at(-1)?.reason).toEqual(p.reason);
  });

  it("is a task of that approver, and agreed with the approver's yes", async () => {
    const asked = await taken();
    expect((await world.provider.negotiations.waiting(zhang)).length).toBe(1);
    mustSucceed(await world.provider.negotiations.approve(zhang, (await theirs(asked.id)).id));
    await world.settle();
    expect(await ours(asked.id)).toMatchObject({ state: "FINALIZED", reason: null });
  });
});
