import { describe, expect, it } from "vitest";
import type { Canonical } from "../../node/kernel/canonical-json.ts";
import { err, mustSucceed } from "../../node/kernel/exchange-error.ts";
import { statementEquivocations } from "../../node/settlement/store.ts";
import { list } from "../../node/storage/transact.ts";
import { booksOf, figures, leavesOf, statementOf, storage } from "./settled-world.ts";
import {
  CONSUMER,
  finance,
  holdBoth,
  OCTOBER,
  PROVIDER,
  type Region,
  receiptChain,
  signerOf,
  twoRegions,
  type World,
} from "./two-regions.ts";

const notYet = err({ kind: "not-yet", code: "WAIT", text: { zh: "稍候", en: "Wait." } });
const OTHER = `sha256:${"e".repeat(64)}`;
const about = { agreementId: "AGR-7", periodId: "2026-10" };

/** What can move without time passing. */
async function rounds({ regions }: World): Promise<void> {
  for (let i = 0; i < 8; i++) {
    for (const { outbox, settlements } of regions.values()) {
      await outbox.idle();
      await settlements.idle();
    }
  }
}

let messages = 0;
/** A message of a provider that does not keep to the rules. */
function fromProvider({ outbox }: Region, kind: string, body: { readonly [key: string]: unknown }) {
  const envelope = { binding: "grpc", topic: "settlement", traceId: "t", peer: PROVIDER } as const;
  return outbox.receive({ ...envelope, id: `lie-${messages++}`, kind, body: { ...about, ...body } as Canonical });
}

const signature = (text: string) => ({
  keyId: signerOf(PROVIDER).keyId,
  signature: Buffer.from(signerOf(PROVIDER).sign(Buffer.from(`heliu.statement.v1\n${text}`))).toString("base64"),
});

/** Both have closed; the consumer has signed, and `held` says which of the signatures have not arrived. */
async function signedByConsumer(held: (peer: string, kind: string) => boolean) {
  const world = await twoRegions();
  await holdBoth(world, receiptChain("AGR-7", OCTOBER));
  const sent: { readonly digest: string; readonly round: string; readonly signature: string }[] = [];
  world.wire.intercept = async ({ kind, body, peer }, pass) => {
    if (kind === "Sign" && peer === PROVIDER) sent.push(body as (typeof sent)[number]);
    return held(peer, kind) ? notYet : pass();
  };
  const { provider, consumer } = world;
  await provider().settlements.close(finance(PROVIDER), "2026-10", { declarations: figures });
  await consumer().settlements.close(finance(CONSUMER), "2026-10", { declarations: storage });
  await rounds(world);
  return { world, sent };
}

async function evidenceOf({ store }: Region) {
  const found = [];
  for await (const evidence of list(store, statementEquivocations)) found.push(evidence);
  return found;
}

describe("after this region's signature", () => {
  it("signs nothing else for the same agreement and period, whatever round the peer begins", async () => {
    const { world, sent } = await signedByConsumer((_peer, kind) => kind === "Sign");
    const consumer = world.consumer();
    const before = await statementOf(consumer);
    expect(sent.map(({ digest }) => digest)).toEqual([before.digest]);
    const other = { resources: [], costs: [], maxRevenueFen: "1", caps: [], activeDays: [] };
    for (const round of ["2", "3"]) {
      const through = { forward: "1", reverse: "0" };
      const answer = await fromProvider(consumer, "Declare", {
        ...{ round, step: "figures", figures: other, through, disputedReceiptIds: [], resolutions: [] },
      });
      expect(answer).toMatchObject({ ok: true, value: { reason: { code: "STATEMENT_SIGNED_BY_PEER" } } });
      await rounds(world);
    }
    expect(await statementOf(consumer)).toMatchObject({ digest: before.digest, round: "1" });
    expect(new Set(sent.map(({ digest, signature }) => `${digest} ${signature}`)).size).toBe(1);
    world.wire.intercept = async (_message, pass) => pass();
    world.passTime();
    await world.quiet();
    for (const region of world.regions.values()) {
      expect(await statementOf(region)).toMatchObject({ matched: true, digest: before.digest });
      expect((await booksOf(region)).net["500000:payer/receivable/CNY"]).toBe("206036");
    }
  });

  it("stops a peer that began anew before it knew of the signature, until it withdraws what it changed", async () => {
    const chain = receiptChain("AGR-7", OCTOBER);
    const held = new Set(["Propose", "Sign"]);
    const { world } = await signedByConsumer((peer, kind) => peer === PROVIDER && held.has(kind));
    const provider = world.provider();
    const { digest } = await statementOf(world.consumer());
    const dispute = {
      agreementId: "AGR-7",
      periodId: "2026-10",
      receiptIds: [chain[1]?.core.receiptId ?? ""],
      reason: "x",
    };
    const opened = mustSucceed(await provider.settlements.openDispute(finance(PROVIDER), dispute));
    held.clear();
    world.passTime();
    await world.quiet();
    expect(await statementOf(provider)).toMatchObject({
      ...{ state: "differs", round: "2" },
      reason: { code: "STATEMENT_SIGNED_BY_PEER", turn: { region: PROVIDER, role: "finance" } },
    });
    mustSucceed(await provider.settlements.resolveDispute(finance(PROVIDER), opened.id, "withdrawn"));
    await world.quiet();
    for (const region of world.regions.values()) {
      expect(await statementOf(region)).toMatchObject({ matched: true, digest });
      expect((await booksOf(region)).net["500000:payer/receivable/CNY"]).toBe("206036");
    }
  });
});

describe("a peer that signs one statement and shows another", () => {
  it("is named, kept as evidence and alarmed after the end; what both signed stands", async () => {
    const { world } = await signedByConsumer(() => false);
    const consumer = world.consumer();
    await world.quiet();
    const { digest, statement } = await statementOf(consumer);
    const before = (await booksOf(consumer)).net;
    const lie = signature("another statement");
    for (const round of ["1", "2"]) {
      const answer = await fromProvider(consumer, "Sign", { round, digest: OTHER, ...lie });
      expect(answer).toMatchObject({ value: { reason: { code: "STATEMENT_EQUIVOCATION" } } });
    }
    expect(await evidenceOf(consumer)).toMatchObject([
      { peer: PROVIDER, signature: { digest }, shown: [{ kind: "Sign" }] },
    ]);
    expect(await leavesOf(consumer, "statement.equivocation")).toMatchObject([
      { actor: `peer:${PROVIDER}`, detail: { periodId: "2026-10", signed: digest, shown: OTHER } },
    ]);
    expect(await statementOf(consumer)).toMatchObject({ matched: true, digest, statement });
    expect((await booksOf(consumer)).net).toEqual(before);
  });

  it("cannot fill the disk with lies: sixteen are kept, and it is named at every one", async () => {
    const { world } = await signedByConsumer(() => false);
    const consumer = world.consumer();
    await world.quiet();
    for (let i = 0; i < 20; i++) {
      const digest = `sha256:${String(i).padStart(64, "0")}`;
      const answer = await fromProvider(consumer, "Sign", { round: "1", digest, ...signature("another statement") });
      expect(answer).toMatchObject({ value: { reason: { code: "STATEMENT_EQUIVOCATION" } } });
    }
    const [evidence] = await evidenceOf(consumer);
    expect(evidence?.shown).toHaveLength(16);
    expect(await leavesOf(consumer, "statement.equivocation")).toHaveLength(16);
  });

  it("is named when it proposes one and signs another; what it proposed can still be settled, once", async () => {
    const { world } = await signedByConsumer((_peer, kind) => kind === "Sign");
    const consumer = world.consumer();
    const { digest } = await statementOf(consumer);
    const lie = signature("another statement");
    await fromProvider(consumer, "Sign", { round: "1", digest: OTHER, ...lie });
    await rounds(world);
    expect(await statementOf(consumer)).toMatchObject({
      state: "differs",
      reason: { code: "STATEMENT_EQUIVOCATION", turn: { region: PROVIDER, role: "finance" } },
    });
    expect(await evidenceOf(consumer)).toHaveLength(1);
    world.wire.intercept = async (_message, pass) => pass();
    world.passTime();
    await world.quiet();
    expect(await statementOf(consumer)).toMatchObject({ matched: true, digest });
    for (const region of world.regions.values()) {
      expect((await booksOf(region)).net["500000:payer/receivable/CNY"]).toBe("206036");
    }
  });
});

describe("two nodes of a region on one store", () => {
  it("close at once, and settle once", async () => {
    const world = await twoRegions();
    await holdBoth(world, receiptChain("AGR-7", OCTOBER));
    const first = world.provider();
    const second = await world.open(PROVIDER, first.disk);
    const closings = [first, second].map(({ settlements }) =>
      settlements.close(finance(PROVIDER), "2026-10", { declarations: figures }),
    );
    for (const closed of await Promise.all(closings)) mustSucceed(closed);
    mustSucceed(await world.consumer().settlements.close(finance(CONSUMER), "2026-10", { declarations: storage }));
    await world.quiet();
    expect(await statementOf(second)).toMatchObject({ matched: true, round: "1" });
    expect((await booksOf(second)).net["500000:payer/receivable/CNY"]).toBe("206036");
    expect(await leavesOf(second, "statement.signed")).toHaveLength(1);
    expect(await leavesOf(second, "period.closed")).toHaveLength(1);
  });
});
