import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { productEntry } from "../../test/fixtures/catalog-entries.ts";
import {
  CONSUMER,
  createWorld,
  PROVIDER,
  person,
  signerOf,
  THIRD,
  trustList,
  type World,
} from "../../test/fixtures/two-regions.ts";
import { agreementLeaves } from "../audit/store.ts";
import type { Canonical } from "../kernel/canonical-json.ts";
import { mustSucceed } from "../kernel/exchange-error.ts";
import type { InboundMessage, OutboxMessage } from "../outbox/model.ts";
import type { SettlementTerms } from "../policy/settlement-terms.ts";
import { page, read } from "../storage/transact.ts";
import { signDocument } from "./agreement.ts";
import { agreementFile } from "./agreement-file.ts";
import type { Agreement, Negotiation } from "./model.ts";
import { agreements } from "./store.ts";
import { verifyAgreement } from "./verify-agreement.ts";

const li = person(CONSUMER, "li", "requester");
const wang = person(CONSUMER, "wang", "approver");
const zhang = person(PROVIDER, "zhang", "approver");
const chen = person(THIRD, "chen", "approver");

let world: World;
beforeEach(() => {
  world = createWorld(productEntry());
});
afterEach(() => world.stop());

/** A tenth to a computing centre of a third region, and two per cent to a fund there that is no party. */
function price(agreementId: string): SettlementTerms {
  const weights = [
    { partyId: "510100:provider", weight: "9" },
    { partyId: "440100:compute", weight: "1" },
  ];
  return {
    agreementId,
    parties: [
      { partyId: "510100:provider", role: "provider", regionId: PROVIDER },
      { partyId: "440100:compute", role: "compute", regionId: THIRD },
    ],
    vatBp: "600",
    products: [{ productId: "cd-prod-0002", metric: "calls", unitPriceMicro: "400000", capPriceMicro: "500000" }],
    fund: { partyId: "440100:fund", rateBp: "200", capFen: null },
    scheme: { kind: "fixed", weights },
  };
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

async function held(region: World["provider"], id: string | null): Promise<Agreement> {
  return mustSucceed(await region.negotiations.agreement(id ?? ""));
}

const all = () => [world.provider, world.consumer, world.third];

/** Asked, offered with the third region's parties, accepted: from here the document is drawn up. */
async function accepted(): Promise<Negotiation> {
  const request = { region: PROVIDER, entryId: "cd-prod-0002", purposes: ["industrial" as const] };
  const asked = mustSucceed(await world.consumer.negotiations.request(li, request));
  await world.settle();
  const { id, agreementId } = await theirs(asked.id);
  const terms = { price: price(agreementId ?? "") };
  mustSucceed(await world.provider.negotiations.counter(zhang, id, terms, "含算力中心分成"));
  await world.settle();
  mustSucceed(await world.consumer.negotiations.accept(li, asked.id));
  await world.settle();
  return theirs(asked.id);
}

async function inForce(): Promise<Negotiation> {
  const waiting = await accepted();
  mustSucceed(await world.third.negotiations.signAgreement(chen, waiting.agreementId ?? ""));
  await world.settle();
  mustSucceed(await world.consumer.negotiations.approve(wang, waiting.peerPid ?? "", "会签"));
  await world.settle();
  return theirs(waiting.peerPid ?? "");
}

describe("an agreement that pays parties of a third region", () => {
  it("waits for that region's approver, and all three see whose turn it is and until when", async () => {
    const waiting = await accepted();
    expect(waiting.state).toBe("ACCEPTED");
    const turn = { code: "AWAITING_PARTY_SIGNATURE", turn: { region: THIRD, role: "approver" } };
    const asked = await held(world.third, waiting.agreementId);
    expect(asked).toMatchObject({ role: "witness-party", status: "pending", reason: turn });
    expect(asked.reason?.until).toMatch(/^2026-/);
    expect(waiting.reason).toEqual(asked.reason);
    expect((await ours(waiting.peerPid ?? "")).reason).toEqual(asked.reason);
    expect((await world.third.negotiations.waitingAgreements(chen)).map(({ id }) => id)).toEqual([asked.id]);
    expect(await world.third.negotiations.waitingAgreements(person(THIRD, "x", "requester"))).toEqual([]);
    // Neither side has anything to decide meanwhile, nor can the provider draw up another document.
    expect(await world.provider.negotiations.waiting(zhang)).toEqual([]);
    expect(await world.provider.negotiations.approve(zhang, waiting.id)).toMatchObject({
      error: { code: "AGREEMENT_AWAITS_SIGNATURES" },
    });
  });

  it("is in force with all signatures only: one digest, one list of signatures, one leaf in each of three logs", async () => {
    const waiting = await accepted();
    const { negotiations } = world.third;
    expect(await negotiations.signAgreement(person(THIRD, "x", "requester"), waiting.agreementId ?? "")).toMatchObject({
      ok: false,
    });
    mustSucceed(await negotiations.signAgreement(chen, waiting.agreementId ?? ""));
    await world.settle();
    expect((await theirs(waiting.peerPid ?? "")).state).toBe("AGREED");
    expect((await held(world.third, waiting.agreementId)).status).toBe("pending");
    mustSucceed(await world.consumer.negotiations.approve(wang, waiting.peerPid ?? "", "会签"));
    await world.settle();
    const three = await Promise.all(all().map((region) => held(region, waiting.agreementId)));
    expect(three.map(({ status }) => status)).toEqual(["in-force", "in-force", "in-force"]);
    expect(new Set(three.map((one) => JSON.stringify(agreementFile(one)))).size).toBe(1);
    for (const { store } of all()) {
      expect(await page(store, agreementLeaves, [waiting.agreementId ?? ""], {})).not.toEqual([]);
    }
    expect(await negotiations.signAgreement(chen, waiting.agreementId ?? "")).toMatchObject({
      error: { code: "AGREEMENT_ANSWERED" },
    });
  });

  it("verifies offline with every needed signature, and with none of them missing, doubled or another's", async () => {
    const { agreementId } = await inForce();
    const signed = await held(world.consumer, agreementId);
    const file = agreementFile(signed);
    expect(verifyAgreement(file, { list: trustList })).toMatchObject({
      ok: true,
      value: { signedBy: [PROVIDER, CONSUMER, THIRD] },
    });
    const [own] = signed.partySignatures ?? [];
    const forged = { ...own, ...signDocument(signerOf(CONSUMER), file.document) };
    for (const partySignatures of [[], undefined, [own, own], [forged], [{ ...forged, region: CONSUMER }]]) {
      expect(verifyAgreement({ ...file, partySignatures }, trustList)).toMatchObject({
        error: { code: "AGREEMENT_SIGNATURE" },
      });
    }
  });

  it("cannot be transferred under by the third region, nor ended by it, and ends there with the sides", async () => {
    const { agreementId } = await inForce();
    expect(await read(world.third.store, agreements.at(agreementId ?? ""))).toBeUndefined();
    expect((await world.third.negotiations.agreements({ limit: 5 })).items.map(({ role }) => role)).toEqual([
      "witness-party",
    ]);
    expect(await world.third.negotiations.terminateAgreement(chen, agreementId ?? "", "不要了")).toMatchObject({
      error: { code: "AGREEMENT_NOT_A_SIDE" },
    });
    mustSucceed(await world.consumer.negotiations.terminateAgreement(wang, agreementId ?? "", "项目结束"));
    await world.settle();
    const three = await Promise.all(all().map((region) => held(region, agreementId)));
    expect(three.map(({ status, reason }) => [status, reason?.text.zh])).toEqual(
      three.map(() => ["terminated", `地区 ${CONSUMER} 终止了协议:项目结束`]),
    );
  });

  it("expires at all three by its date", async () => {
    const { agreementId, terms } = await inForce();
    for (const { clock, negotiations } of all()) {
      clock.nowMs = Date.parse(terms.validTo) + 1;
      expect(await negotiations.expireAgreements()).toBe(1);
    }
    expect((await held(world.third, agreementId)).status).toBe("expired");
  });
});

describe("a third region that does not sign", () => {
  it("ends the negotiation for everybody, with its rule and its words at all ends", async () => {
    const waiting = await accepted();
    const why = { code: "SHARES_UNFAIR", comment: "分成低于成本" };
    mustSucceed(await world.third.negotiations.refuseAgreement(chen, waiting.agreementId ?? "", why));
    await world.settle();
    const [p, c] = [await theirs(waiting.peerPid ?? ""), await ours(waiting.peerPid ?? "")];
    for (const one of [p, c]) {
      expect(one).toMatchObject({ state: "TERMINATED", mode: "refused" });
      expect(one.reason).toMatchObject({ code: "SHARES_UNFAIR", rule: "refusal.SHARES_UNFAIR", turn: null });
      expect(one.reason?.text.zh).toContain("分成低于成本");
    }
    const two = await Promise.all([world.provider, world.third].map((region) => held(region, waiting.agreementId)));
    expect(two.map(({ status }) => status)).toEqual(["terminated", "terminated"]);
    expect(await world.third.negotiations.waitingAgreements(chen)).toEqual([]);
  });

  it("is asked again until it answers, and both sides see that its node is away", async () => {
    world.away.add(THIRD);
    const waiting = await accepted();
    const away = { code: "AWAITING_PARTY_SIGNATURE", turn: { region: THIRD, role: "node" } };
    expect(waiting.reason).toMatchObject(away);
    expect((await ours(waiting.peerPid ?? "")).reason).toMatchObject(away);
    expect((await world.provider.outbox.pending()).map(({ peer, kind }) => [peer, kind])).toEqual([
      [THIRD, "HeliuAgreementProposal"],
    ]);
    // The provider's process dies while it waits; what it owes is in its store, and a new outbox on it sends it.
    await world.provider.outbox.stop();
    world.away.delete(THIRD);
    world.provider.outbox.start();
    await world.settle();
    expect((await theirs(waiting.peerPid ?? "")).reason?.turn).toEqual({ region: THIRD, role: "approver" });
    mustSucceed(await world.third.negotiations.signAgreement(chen, waiting.agreementId ?? ""));
    await world.settle();
    expect((await theirs(waiting.peerPid ?? "")).state).toBe("AGREED");
  });

  it("hears of it when the consumer withdraws meanwhile, and a signature that crosses brings nothing back", async () => {
    const waiting = await accepted();
    world.away.add(PROVIDER);
    mustSucceed(await world.third.negotiations.signAgreement(chen, waiting.agreementId ?? ""));
    await world.third.outbox.idle();
    mustSucceed(await world.provider.negotiations.reject(zhang, waiting.id, { comment: "价格有误" }));
    world.away.delete(PROVIDER);
    await world.settle();
    const signature = world.sent.find(({ kind }) => kind === "HeliuAgreementSignature");
    const late = signature ?? fakeSignature(await held(world.third, waiting.agreementId));
    expect(await world.provider.negotiations.handler.receive(inbound(late, THIRD))).toMatchObject({
      error: { code: "ILLEGAL_TRANSITION" },
    });
    const two = await Promise.all([world.provider, world.third].map((region) => held(region, waiting.agreementId)));
    expect(two.map(({ status }) => status)).toEqual(["terminated", "terminated"]);
  });
});

describe("bad input about a third region's signature", () => {
  it("a signature by another key, over another document or from another region is refused and changes nothing", async () => {
    const waiting = await accepted();
    const document = await held(world.third, waiting.agreementId);
    const receive = (message: InboundMessage) => world.provider.negotiations.handler.receive(message);
    const forged = fakeSignature(document, signerOf(CONSUMER));
    expect(await receive(inbound(forged, THIRD))).toMatchObject({ error: { code: "AGREEMENT_SIGNATURE" } });
    expect(await receive(inbound(fakeSignature(document), CONSUMER))).toMatchObject({
      error: { code: "AGREEMENT_UNKNOWN" },
    });
    const other = { ...document, digest: `sha256:${"1".repeat(64)}` };
    expect(await receive(inbound(fakeSignature(other), THIRD))).toMatchObject({ error: { code: "AGREEMENT_UNKNOWN" } });
    expect((await theirs(waiting.peerPid ?? "")).state).toBe("ACCEPTED");
  });

  it("a provider that forges the third region's signature is not countersigned", async () => {
    world.tamper = (message) => {
      if (message.kind !== "ContractAgreementMessage") return message;
      const body = message.body as { document: string; partySignatures: object[] };
      const forged = [{ region: THIRD, ...signDocument(signerOf(PROVIDER), body.document) }];
      return { ...message, body: { ...body, partySignatures: forged } as Canonical };
    };
    const waiting = await accepted();
    mustSucceed(await world.third.negotiations.signAgreement(chen, waiting.agreementId ?? ""));
    await world.settle();
    const [p, c] = [await theirs(waiting.peerPid ?? ""), await ours(waiting.peerPid ?? "")];
    expect([p.state, p.reason?.code]).toEqual(["TERMINATED", "AGREEMENT_SIGNATURE"]);
    expect(c.state).toBe("TERMINATED");
    expect((await held(world.third, waiting.agreementId)).status).toBe("terminated");
  });

  it("a document that does not pay this region, or that another region drew up, is not taken in", async () => {
    const waiting = await accepted();
    const proposal = world.sent.find(({ kind }) => kind === "HeliuAgreementProposal") as OutboxMessage;
    const again = { ...inbound(proposal, CONSUMER), id: "m-other" };
    expect(await world.third.negotiations.handler.receive(again)).toMatchObject({
      error: { code: "AGREEMENT_MISMATCH", details: { place: "provider" } },
    });
    expect(await world.consumer.negotiations.handler.receive(inbound(proposal, PROVIDER))).toMatchObject({
      error: { code: "AGREEMENT_MISMATCH", details: { place: "terms.parties" } },
    });
    expect((await held(world.third, waiting.agreementId)).status).toBe("pending");
  });

  it("every message of the way that comes again gets its first answer and does nothing", async () => {
    const { agreementId } = await inForce();
    const before = JSON.stringify(await Promise.all(all().map((region) => held(region, agreementId))));
    for (const message of [...world.sent].reverse()) {
      if (!message.kind.startsWith("Heliu")) continue;
      const receiver = all().find(({ id }) => id === message.peer);
      const sender = message.kind.endsWith("Signature") ? THIRD : PROVIDER;
      expect(await receiver?.negotiations.handler.receive(inbound(message, sender))).toMatchObject({ ok: true });
    }
    expect(JSON.stringify(await Promise.all(all().map((region) => held(region, agreementId))))).toBe(before);
  });
});

function inbound({ binding, topic, kind, body, traceId, id }: OutboxMessage, from: string): InboundMessage {
  return { id, peer: from, binding, topic, kind, body, traceId };
}

function fakeSignature({ id: agreementId, digest, document }: Agreement, signer = signerOf(THIRD)): OutboxMessage {
  const kind = "HeliuAgreementSignature";
  const body = { "@type": kind, agreementId, digest, signature: signDocument(signer, document) };
  const about = { id: `m-${signer.keyId.slice(-4)}-${digest.slice(-4)}`, peer: PROVIDER, lane: "x" } as const;
  return { ...about, binding: "grpc", topic: "negotiation", kind, body, createdAt: "", traceId: "t" };
}
