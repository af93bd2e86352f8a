import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CONSUMER, openRegion, PROVIDER, person } from "../../test/fixtures/two-regions.ts";
import { mustSucceed, ok } from "../kernel/exchange-error.ts";
import type { Agreement } from "../negotiation/model.ts";
import type { PeerChannel } from "../outbox/model.ts";
import { bundledCalendar, bundledPacks } from "../rules/bundled.ts";
import { loadRules } from "../rules/service.ts";
import { transact } from "../storage/transact.ts";
import type { Objection } from "./model.ts";
import { type Act, createObjections } from "./service.ts";
import { objections as kept } from "./store.ts";

const DAY_MS = 86_400_000;
const requester = person(CONSUMER, "li", "requester");
const finance = person(CONSUMER, "qian", "finance");
const office = person(PROVIDER, "zhou", "finance");
const approver = person(PROVIDER, "zhang", "approver");

type Side = ReturnType<typeof openSide>;
let sides: { provider: Side; consumer: Side };
beforeEach(() => {
  sides = { provider: openSide(PROVIDER), consumer: openSide(CONSUMER) };
});
afterEach(async () => {
  for (const { outbox } of Object.values(sides)) await outbox.stop();
});

function openSide(id: string) {
  const channel: PeerChannel = {
    async deliver({ id: messageId, kind, body, topic, traceId }) {
      const { outbox } = id === PROVIDER ? sides.consumer : sides.provider;
      return outbox.receive({ id: messageId, peer: id, binding: "grpc", topic, kind, body, traceId });
    },
  };
  const region = openRegion({ id, entries: new Map(), mirrored: new Map(), channel });
  const agreement = {
    ...{ id: "AGR-1", provider: PROVIDER, consumer: CONSUMER },
    entry: { region: PROVIDER, id: "e-1", version: "1", name: "电梯" },
  } as Agreement;
  const { store, runtime } = region;
  const rules = loadRules(bundledPacks(id), bundledCalendar());
  const objections = createObjections({ store, runtime, rules, region: id, agreement: async () => ok(agreement) });
  region.outbox.register("objection", objections.handler);
  region.outbox.start();
  return { ...region, objections };
}

async function settle() {
  for (let quiet = 0; quiet < 3; quiet++) for (const { outbox } of Object.values(sides)) await outbox.idle();
}

async function raise(type: Objection["type"], by = requester): Promise<string> {
  const request = { type, agreementId: "AGR-1", about: { kind: "entry" as const }, text: "多计" };
  const { id } = mustSucceed(await sides.consumer.objections.raise(by, request));
  await settle();
  return id;
}

async function act(actor: typeof requester, id: string, event: Act["event"]) {
  const { objections } = actor.region === PROVIDER ? sides.provider : sides.consumer;
  const done = await objections.act(actor, id, { event, comment: "理由" });
  await settle();
  return done;
}

async function bothOf(id: string) {
  const get = async ({ objections }: Side) => mustSucceed(await objections.get(id));
  return { provider: await get(sides.provider), consumer: await get(sides.consumer) };
}

const pass = (ms: number) => {
  for (const { clock } of Object.values(sides)) clock.nowMs += ms;
};

describe("an objection that finance raised", () => {
  async function answered(by: typeof requester): Promise<string> {
    const id = await raise("billing", by);
    mustSucceed(await act(office, id, "accept"));
    mustSucceed(await act(office, id, "verify"));
    mustSucceed(await act(approver, id, "approve"));
    return id;
  }

  it("comes back to finance, at both sides, and to nobody else", async () => {
    const id = await answered(finance);
    const { provider, consumer } = await bothOf(id);
    expect(consumer).toMatchObject({ state: "handled", reason: { turn: { region: CONSUMER, role: "finance" } } });
    expect(provider.reason).toEqual(consumer.reason);
    const { objections } = sides.consumer;
    expect((await objections.waiting(finance)).map((one) => one.id)).toEqual([id]);
    expect(await objections.waiting(requester)).toEqual([]);
    expect(await act(requester, id, "confirm")).toMatchObject({ error: { code: "ROLE_REQUIRED" } });
    mustSucceed(await act(finance, id, "reopen"));
    mustSucceed(await act(office, id, "verify"));
    mustSucceed(await act(approver, id, "approve"));
    mustSucceed(await act(finance, id, "confirm"));
    expect((await bothOf(id)).provider.state).toBe("archived");
  });

  it("is given to finance also where it was kept as a requester's", async () => {
    const id = await answered(finance);
    const { store, objections } = sides.consumer;
    await transact(store, [kept.at(id)], (tx) => {
      const held = tx.get(kept.at(id));
      const reason = held?.reason && { ...held.reason, turn: { region: CONSUMER, role: "requester" } };
      if (held !== undefined) tx.put(kept.at(id), { ...held, reason: reason ?? null });
      return ok(true);
    });
    expect((await bothOf(id)).consumer.reason?.turn?.role).toBe("finance");
    expect((await objections.waiting(finance)).map((one) => one.id)).toEqual([id]);
    expect(await objections.waiting(requester)).toEqual([]);
  });

  it("is withdrawn by finance; a requester's stays the requester's", async () => {
    mustSucceed(await act(finance, await raise("billing", finance), "withdraw"));
    const id = await answered(requester);
    expect((await bothOf(id)).provider.reason?.turn).toEqual({ region: CONSUMER, role: "requester" });
    expect(await act(finance, id, "confirm")).toMatchObject({ error: { code: "ROLE_REQUIRED" } });
    mustSucceed(await act(requester, id, "confirm"));
  });
});

describe("the clock of verification", () => {
  it("begins when an objection is taken up, and no step of the provider's moves the day both sides show", async () => {
    const id = await raise("billing");
    mustSucceed(await act(office, id, "accept"));
    const { until, rule } = (await bothOf(id)).provider.reason ?? {};
    expect(until).toEqual(expect.any(String));
    for (const [actor, event] of [
      [office, "verify"],
      [approver, "return"],
      [office, "verify"],
    ] as const) {
      pass(3 * DAY_MS);
      mustSucceed(await act(actor, id, event));
      const { provider, consumer } = await bothOf(id);
      expect([provider.reason?.until, consumer.reason?.until]).toEqual([until, until]);
      expect([provider.reason?.rule, consumer.reason?.rule]).toEqual([rule, rule]);
    }
  });

  it("begins again only when the region that raised it sends the answer back", async () => {
    const id = await raise("billing");
    mustSucceed(await act(office, id, "accept"));
    const { until } = (await bothOf(id)).provider.reason ?? {};
    mustSucceed(await act(office, id, "verify"));
    mustSucceed(await act(approver, id, "approve"));
    pass(5 * DAY_MS);
    mustSucceed(await act(requester, id, "reopen"));
    const { provider, consumer } = await bothOf(id);
    expect(Date.parse(provider.reason?.until ?? "")).toBeGreaterThan(Date.parse(until ?? ""));
    expect(consumer.reason).toEqual(provider.reason);
  });

  it("is not moved by what the other region answers", async () => {
    const id = await raise("billing");
    const { handler } = sides.provider.objections;
    mustSucceed(await act(office, id, "accept"));
    const { reason } = (await bothOf(id)).provider;
    const answer = { objectionId: id, state: "marked", reason: { ...reason, until: "2099-01-01T00:00:00.000Z" } };
    const sent = { peer: CONSUMER, lane: `objection/${id}` } as Parameters<typeof handler.delivered>[0];
    await handler.delivered(sent, answer as Parameters<typeof handler.delivered>[1]);
    expect((await bothOf(id)).provider.reason).toEqual(reason);
  });
});
