import fc from "fast-check";
import { expect, it } from "vitest";
import { conditionalEntry, openEntry, productEntry } from "../../test/fixtures/catalog-entries.ts";
import { CONSUMER, openRegion, PROVIDER, person, type Region } from "../../test/fixtures/two-regions.ts";
import { ok } from "../kernel/exchange-error.ts";
import type { OutboxMessage } from "../outbox/model.ts";
import { outboxMessages } from "../outbox/store.ts";
import { page, transact } from "../storage/transact.ts";
import type { Negotiation } from "./model.ts";

/** Anybody does anything at any time, and messages come late, twice, and after the other side has moved on. */
const act = fc.constantFrom("approve", "counter", "accept", "reject", "terminate", "again", "end-agreement");
const step = fc.record({
  who: fc.constantFrom("consumer" as const, "provider" as const),
  /** A person acts, or the next message of that side is delivered, perhaps twice, perhaps without the sender learning it. */
  what: fc.oneof(act, fc.constantFrom("deliver", "deliver-twice", "deliver-unheard")),
});
const story = fc.record({
  entryId: fc.constantFrom("cd-scjg-0004", "cd-scjg-0001", "cd-prod-0002"),
  steps: fc.array(step, { maxLength: 30 }),
});

type Side = { readonly region: Region; readonly peer: Region };

async function deliverNext({ region, peer }: Side, times: 1 | 2, isHeard: boolean): Promise<boolean> {
  for await (const [key, bytes] of region.store.range(outboxMessages.under([], { limit: 1 }))) {
    const message: OutboxMessage = outboxMessages.codec.decode(bytes);
    const { id, kind, body, topic, binding, traceId } = message;
    let answer = await peer.negotiations.handler.receive({ id, kind, body, topic, binding, traceId, peer: region.id });
    if (times === 2)
      answer = await peer.negotiations.handler.receive({ id, kind, body, topic, binding, traceId, peer: region.id });
    if (!isHeard || (!answer.ok && answer.error.kind === "not-yet")) return true;
    if (answer.ok) await region.negotiations.handler.delivered(message, answer.value);
    else await region.negotiations.handler.refused(message, answer.error.code, answer.error.text);
    await transact(region.store, [], (tx) => ok(tx.remove({ key, codec: outboxMessages.codec })));
    return true;
  }
  return false;
}

async function actAs({ region }: Side, what: string): Promise<void> {
  const { negotiations } = region;
  const everyone = person(region.id, "one", "requester", "publisher");
  const approver = person(region.id, "two", "approver");
  const [found] = (await negotiations.list({ limit: 1 })).items;
  if (found === undefined) return;
  const { id, agreementId } = found;
  // Whether an act is allowed now is the machine's to say; here only that both sides end alike.
  if (what === "approve") await negotiations.approve(approver, id);
  if (what === "counter")
    await negotiations.counter(region.id === PROVIDER ? approver : everyone, id, {
      fields: found.terms.fields.slice(0, 2),
    });
  if (what === "accept") await negotiations.accept(everyone, id);
  if (what === "reject") await negotiations.reject(approver, id, { comment: "no" });
  if (what === "terminate")
    await negotiations.terminate(region.id === PROVIDER ? approver : everyone, id, { comment: "stop" });
  if (what === "again") await negotiations.counter(everyone, id, {});
  if (what === "end-agreement" && agreementId !== null)
    await negotiations.terminateAgreement(approver, agreementId, `by ${region.id}`);
}

async function play({
  entryId,
  steps,
}: {
  entryId: string;
  steps: readonly { who: "consumer" | "provider"; what: string }[];
}) {
  const entries = new Map([openEntry(), conditionalEntry(), productEntry()].map((entry) => [entry.id, entry]));
  const channel = { deliver: async () => ok({}) };
  const provider = openRegion({ id: PROVIDER, entries, mirrored: entries, channel });
  const consumer = openRegion({ id: CONSUMER, entries: new Map(), mirrored: entries, channel });
  const sides = { consumer: { region: consumer, peer: provider }, provider: { region: provider, peer: consumer } };
  const purposes = entryId === "cd-prod-0002" ? ["industrial" as const] : ["public-governance" as const];
  await consumer.negotiations.request(person(CONSUMER, "one", "requester"), { region: PROVIDER, entryId, purposes });
  for (const { who, what } of steps) {
    consumer.clock.nowMs += 7;
    provider.clock.nowMs += 11;
    if (what === "deliver") await deliverNext(sides[who], 1, true);
    else if (what === "deliver-twice") await deliverNext(sides[who], 2, true);
    else if (what === "deliver-unheard") await deliverNext(sides[who], 1, false);
    else await actAs(sides[who], what);
  }
  for (let turn = 0; turn < 200; turn++) {
    const moved = [await deliverNext(sides.consumer, 1, true), await deliverNext(sides.provider, 1, true)];
    if (!moved.includes(true)) return sides;
  }
  throw new Error("the two sides never come to rest");
}

const only = async ({ negotiations }: Region): Promise<Negotiation | undefined> =>
  (await negotiations.list({ limit: 2 })).items[0];

it("brings both sides to the same state, terms and agreement, whoever does what in whatever order", async () => {
  await fc.assert(
    fc.asyncProperty(story, async (told) => {
      const { consumer, provider } = await play(told);
      const [c, p] = [await only(consumer.region), await only(provider.region)];
      // A request that was withdrawn before it was ever sent leaves nothing at the provider but its own end.
      expect(p?.state).toBe(c?.state);
      if (c?.state !== "TERMINATED") expect(p?.mode).toBe(c?.mode);
      // Crossing is no reason; what crossed is.
      expect([c?.reason?.code, p?.reason?.code]).not.toContain("ILLEGAL_TRANSITION");
      expect(p?.agreementDigest ?? null).toEqual(
        c?.state === "TERMINATED" ? (p?.agreementDigest ?? null) : (c?.agreementDigest ?? null),
      );
      if (c?.state === "TERMINATED") expect([c.reason?.turn, p?.reason?.turn]).toEqual([null, null]);
      else expect(p?.terms).toEqual(c?.terms);
      const held = async ({ store }: Region) =>
        (await page(store, (await import("./store.ts")).agreements, [], {})).map(ended);
      const [ours, theirs] = [await held(consumer.region), await held(provider.region)];
      if (c?.state === "FINALIZED") expect(theirs).toEqual(ours);
      else
        expect([...ours, ...theirs].every(({ status }) => status === "terminated" || status === "pending")).toBe(true);
    }),
    { numRuns: 120 },
  );
});

/** What must be the same at both ends of an agreement. */
function ended({
  id,
  digest,
  document,
  status,
  reason,
  providerSignature,
  consumerSignature,
}: {
  [key: string]: unknown;
}) {
  return { id, digest, document, status, reason, providerSignature, consumerSignature };
}
