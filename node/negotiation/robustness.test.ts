import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { conditionalEntry, openEntry, productEntry } from "../../test/fixtures/catalog-entries.ts";
import { CONSUMER, createWorld, PROVIDER, person, signerOf, type World } from "../../test/fixtures/two-regions.ts";
import { logHead } from "../audit/store.ts";
import { type Canonical, canonicalText } from "../kernel/canonical-json.ts";
import { mustSucceed } from "../kernel/exchange-error.ts";
import type { InboundMessage, OutboxMessage } from "../outbox/model.ts";
import { outboxMessages } from "../outbox/store.ts";
import { page, read } from "../storage/transact.ts";
import type { Negotiation } from "./model.ts";

const li = person(CONSUMER, "li", "requester");
const wang = person(CONSUMER, "wang", "approver");
const zhang = person(PROVIDER, "zhang", "approver");

let world: World;
beforeEach(() => {
  world = createWorld(openEntry(), conditionalEntry(), productEntry());
});
afterEach(() => world.stop());

async function ask(entryId: string): Promise<Negotiation> {
  const request = { region: PROVIDER, entryId, purposes: ["public-governance" as const] };
  const asked = mustSucceed(await world.consumer.negotiations.request(li, request));
  await world.settle();
  return asked;
}

const at = async (id: string) => mustSucceed(await world.consumer.negotiations.get(wang, id));
const onlyTheirs = async () => (await world.provider.negotiations.list({ limit: 5 })).items[0] as Negotiation;

/** Everything durable but the outbox's own bookkeeping, to see that nothing changed. */
async function stateOf({ negotiations, store }: World["provider"]) {
  const { items } = await negotiations.list({ limit: 10 });
  const agreements = await negotiations.agreements({ limit: 10 });
  const queued = await page(store, outboxMessages, [], {});
  return JSON.stringify([items, agreements.items, queued, await read(store, logHead)]);
}

function inbound(
  { peer, binding, topic, kind, body, traceId, id }: OutboxMessage,
  from: string,
): InboundMessage & { to: string } {
  return { id, peer: from, binding, topic, kind, body, traceId, to: peer };
}

function sentBack(): (InboundMessage & { to: string })[] {
  return world.sent.map((message) => inbound(message, message.peer === PROVIDER ? CONSUMER : PROVIDER));
}

const receiverOf = (to: string) => (to === PROVIDER ? world.provider : world.consumer);

describe("messages that come again", () => {
  it("get their first answer and change nothing, in whatever order they come", async () => {
    await ask("cd-scjg-0004");
    const before = await Promise.all([stateOf(world.provider), stateOf(world.consumer)]);
    for (const message of sentBack().reverse()) {
      // Past the outbox's own look at its inbox: what makes receiving single is the room's commit.
      expect(await receiverOf(message.to).negotiations.handler.receive(message)).toMatchObject({ ok: true });
    }
    expect(await Promise.all([stateOf(world.provider), stateOf(world.consumer)])).toEqual(before);
  });

  it("make no second negotiation when the same request comes under another message id", async () => {
    await ask("cd-scjg-0001");
    const [first] = sentBack();
    if (first === undefined) throw new Error("nothing was sent");
    const before = await stateOf(world.provider);
    const again = mustSucceed(await world.provider.outbox.receive({ ...first, id: "01AAAAAAAAAAAAAAAAAAAAAAAA" }));
    expect(again).toMatchObject({ providerPid: (await onlyTheirs()).id, state: "REQUESTED" });
    expect(await stateOf(world.provider)).toBe(before);
  });
});

it("goes on where it was when a peer was away, from what was committed", async () => {
  world.isConnected = false;
  const request = { region: PROVIDER, entryId: "cd-scjg-0004", purposes: ["public-governance" as const] };
  const { id } = mustSucceed(await world.consumer.negotiations.request(li, request));
  await world.settle();
  expect(await at(id)).toMatchObject({
    state: "REQUESTED",
    reason: { code: "AWAITING_PEER", turn: { region: PROVIDER } },
  });
  // The process dies here: what it had to send is in the store, and a new outbox on it sends it.
  await world.consumer.outbox.stop();
  world.isConnected = true;
  world.consumer.outbox.start();
  await world.settle();
  expect(await at(id)).toMatchObject({ state: "FINALIZED" });
});

describe("a message that is not legal now", () => {
  it("changes nothing and is told so", async () => {
    await ask("cd-scjg-0001");
    const { id, peerPid } = await onlyTheirs();
    const before = await stateOf(world.provider);
    const pids = { providerPid: id, consumerPid: peerPid ?? "" };
    const send = (kind: string, fields: object, messageId = kind) =>
      world.provider.outbox.receive({
        id: messageId,
        peer: CONSUMER,
        binding: "grpc",
        topic: "negotiation",
        kind,
        traceId: "0".repeat(32),
        body: { "@type": kind, ...pids, ...fields } as Canonical,
      });
    const illegal = { error: { code: "ILLEGAL_TRANSITION" } };
    expect(await send("ContractNegotiationEventMessage", { eventType: "ACCEPTED" })).toMatchObject(illegal);
    expect(await send("ContractAgreementVerificationMessage", {})).toMatchObject(illegal);
    // Of the other role: here this node is the provider.
    expect(await send("ContractNegotiationEventMessage", { eventType: "FINALIZED" }, "f")).toMatchObject(illegal);
    const strange = { error: { code: "MESSAGE_PIDS" } };
    expect(await send("ContractNegotiationTerminationMessage", { consumerPid: "urn:uuid:other" })).toMatchObject(
      strange,
    );
    expect(await send("ContractAgreementVerificationMessage", { "@type": "Other" }, "t")).toMatchObject({
      error: { code: "MESSAGE_MALFORMED" },
    });
    expect(await send("Gossip", {})).toMatchObject({ error: { code: "MESSAGE_UNKNOWN" } });
    expect(await stateOf(world.provider)).toBe(before);
  });

  it("is unknown when it is about somebody else's negotiation, in the same words as when there is none", async () => {
    await ask("cd-scjg-0001");
    const { id, peerPid } = await onlyTheirs();
    const kind = "ContractNegotiationTerminationMessage";
    const end = (peer: string, providerPid: string) =>
      world.provider.outbox.receive({
        id: `${peer}${providerPid}`,
        peer,
        binding: "grpc",
        topic: "negotiation",
        kind,
        traceId: "0".repeat(32),
        body: { "@type": kind, providerPid, consumerPid: peerPid ?? "" },
      });
    const hijacked = await end("440100", id);
    expect(hijacked).toEqual(await end("440100", "urn:uuid:none"));
    expect(hijacked).toMatchObject({ error: { kind: "not-found", code: "NEGOTIATION_UNKNOWN" } });
    expect(await world.provider.negotiations.findForPeer("440100", id)).toEqual(hijacked);
    expect((await onlyTheirs()).state).toBe("REQUESTED");
  });
});

describe("an agreement that is not what was asked for", () => {
  type Body = { document: string; agreement: Canonical; providerSignature: { keyId: string; signature: string } };

  /** A provider that lies and signs its lie with its true key. */
  function resigned(change: (document: { [key: string]: Canonical }) => void, signer = signerOf(PROVIDER)) {
    world.tamper = (message) => {
      if (message.kind !== "ContractAgreementMessage") return message;
      const body = structuredClone(message.body) as unknown as Body;
      const document = JSON.parse(body.document);
      change(document);
      const text = canonicalText(document);
      const signature = Buffer.from(signer.sign(Buffer.from(`heliu.agreement.v1\n${text}`))).toString("base64");
      const signed = {
        ...body,
        document: text,
        agreement: document.policy,
        providerSignature: { keyId: signer.keyId, signature },
      };
      return { ...message, body: signed as unknown as Canonical };
    };
  }

  it.each<[string, (document: { [key: string]: Canonical }) => void, string]>([
    ["another entry", (d) => Object.assign(d.entry as object, { id: "cd-scjg-0001" }), "AGREEMENT_MISMATCH"],
    ["another consumer", (d) => Object.assign(d, { consumer: "440100" }), "AGREEMENT_MISMATCH"],
    [
      "a shorter time beside the policy",
      (d) => Object.assign(d, { validTo: "2026-12-01T00:00:00.000Z" }),
      "AGREEMENT_MISMATCH",
    ],
    ["a price that nobody asked for", addPrice, "AGREEMENT_MISMATCH"],
    ["fewer fields", dropField, "AGREEMENT_MISMATCH"],
    ["a key that does not belong there", (d) => Object.assign(d, { note: "x" }), "AGREEMENT_MISMATCH"],
  ])("is not signed: %s", async (_what, change, code) => {
    resigned(change);
    const { id } = await ask("cd-scjg-0004");
    const c = await at(id);
    expect([c.state, c.agreementId]).toEqual(["TERMINATED", null]);
    const p = await onlyTheirs();
    expect([p.state, p.reason?.code]).toEqual(["TERMINATED", code]);
    expect(await world.provider.negotiations.agreement(p.agreementId ?? "")).toMatchObject({
      value: { status: "terminated" },
    });
  });

  it("is not signed when another region's key signed it", async () => {
    resigned(() => {}, signerOf("440100"));
    const { id } = await ask("cd-scjg-0004");
    expect((await at(id)).reason?.code).toBe("AGREEMENT_SIGNATURE");
  });

  it("is not signed when its bytes are not canonical, even under a good signature", async () => {
    world.tamper = (message) => {
      if (message.kind !== "ContractAgreementMessage") return message;
      const body = message.body as unknown as Body;
      const text = ` ${body.document}`;
      const signature = Buffer.from(signerOf(PROVIDER).sign(Buffer.from(`heliu.agreement.v1\n${text}`))).toString(
        "base64",
      );
      const changed = { ...body, document: text, providerSignature: { ...body.providerSignature, signature } };
      return { ...message, body: changed as unknown as Canonical };
    };
    const { id } = await ask("cd-scjg-0004");
    expect((await at(id)).reason?.code).toBe("CANONICAL_NOT_CANONICAL");
  });

  it.each<[string, (text: string) => Canonical]>([
    ["without the consumer's signature", () => null],
    ["under another region's signature", (text) => signedBy("440100", text)],
    ["under a signature over something else", (text) => signedBy(CONSUMER, `${text} `)],
  ])("is not put into force %s", async (_what, signature) => {
    let text = "";
    world.tamper = (message) => {
      const body = message.body as { [key: string]: Canonical };
      if (message.kind === "ContractAgreementMessage") text = String(body.document);
      if (message.kind !== "ContractAgreementVerificationMessage") return message;
      const { consumerSignature: _true, ...rest } = body;
      const consumerSignature = signature(text);
      return { ...message, body: consumerSignature === null ? rest : { ...rest, consumerSignature } };
    };
    const { id } = await ask("cd-scjg-0004");
    expect((await at(id)).state).toBe("TERMINATED");
    const p = await onlyTheirs();
    expect(p.state).toBe("TERMINATED");
    expect(await world.provider.negotiations.agreement(p.agreementId ?? "")).toMatchObject({
      value: { status: "terminated" },
    });
  });
});

function signedBy(region: string, text: string): Canonical {
  const { keyId, sign } = signerOf(region);
  return { keyId, signature: Buffer.from(sign(Buffer.from(`heliu.agreement.v1\n${text}`))).toString("base64") };
}

describe("ends that cross", () => {
  it("leave both sides ended with the reason of the one who ended first", async () => {
    const { id } = await ask("cd-scjg-0001");
    world.isConnected = false;
    mustSucceed(await world.consumer.negotiations.terminate(li, id, { comment: "不再需要" }));
    mustSucceed(await world.provider.negotiations.approve(zhang, (await onlyTheirs()).id));
    await reconnect();
    expect([(await at(id)).state, (await onlyTheirs()).state]).toEqual(["TERMINATED", "TERMINATED"]);
    expect((await onlyTheirs()).reason?.text.zh).toContain("不再需要");
    const { agreementId } = await onlyTheirs();
    expect(await world.provider.negotiations.agreement(agreementId ?? "")).toMatchObject({
      value: { status: "terminated" },
    });
  });

  it("find the negotiation though the consumer had not yet learnt the provider's pid", async () => {
    const kind = "ContractNegotiationTerminationMessage";
    const { id } = await ask("cd-scjg-0001");
    const answer = await world.provider.outbox.receive({
      id: "early",
      peer: CONSUMER,
      binding: "grpc",
      topic: "negotiation",
      kind,
      traceId: "0".repeat(32),
      body: { "@type": kind, consumerPid: id, code: "WITHDRAWN", reason: ["changed our mind"] },
    });
    expect(answer).toMatchObject({ ok: true, value: { state: "TERMINATED" } });
    expect((await onlyTheirs()).reason?.text.en).toContain("changed our mind");
  });

  async function reconnect() {
    world.isConnected = true;
    await Promise.all([world.provider.outbox.stop(), world.consumer.outbox.stop()]);
    world.provider.outbox.start();
    world.consumer.outbox.start();
    await world.settle();
  }
});

describe("a request by an offer that is no longer so", () => {
  it("is refused when the entry has a newer version, and says which", async () => {
    world.provider.entries.set("cd-scjg-0004", openEntry({ version: 2 }));
    // The mirror still shows version 1.
    world.tamper = (message) => ({ ...message, body: JSON.parse(JSON.stringify(message.body).replace(':2"', ':1"')) });
    const { id } = await ask("cd-scjg-0004");
    expect(await at(id)).toMatchObject({ state: "TERMINATED", mode: "refused", reason: { code: "OFFER_OUTDATED" } });
    expect((await world.provider.negotiations.list({ limit: 5 })).items).toEqual([]);
  });
});

function addPrice(document: { [key: string]: Canonical }): void {
  document.terms = {
    agreementId: document.agreementId ?? "",
    parties: [],
    products: [],
    scheme: { kind: "fixed", weights: [] },
  };
}

function dropField(document: { [key: string]: Canonical }): void {
  const policy = document.policy as unknown as {
    permission: { constraint: { leftOperand: string; rightOperand: string[] }[] }[];
  };
  const fields = policy.permission[0]?.constraint.find(({ leftOperand }) => leftOperand.endsWith("/fields"));
  fields?.rightOperand.pop();
}
