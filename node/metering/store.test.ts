import { describe, expect, it } from "vitest";
import { canonicalText } from "../kernel/canonical-json.ts";
import { sha256Hex } from "../kernel/digest.ts";
import { signerFromSeed } from "../kernel/ed25519.ts";
import { mustSucceed, ok } from "../kernel/exchange-error.ts";
import { msOf } from "../kernel/instant.ts";
import { openMemoryStore } from "../storage/memory.ts";
import type { Store } from "../storage/port.ts";
import { read, transact } from "../storage/transact.ts";
import {
  type Acceptance,
  acceptReceipt,
  acceptReceiptRefs,
  checkClock,
  completeReceipt,
  completeReceiptRefs,
} from "./accept.ts";
import type { HeldReceipt } from "./model.ts";
import { partyEnds } from "./party-end.ts";
import { checkReceipt, parseCore, signCore } from "./receipt.ts";
import { rowPages } from "./row-pages.ts";
import { createMetering } from "./service.ts";
import { appendReceipt, appendReceiptRefs, chainHeads, type MeteringParts, type ReceiptDraft } from "./store.ts";

const NOON_MS = Date.UTC(2026, 9, 5, 4, 0, 0);
const provider: MeteringParts = { region: "510100", signer: signerFromSeed(Buffer.alloc(32, 1)) };
const consumer: MeteringParts = { region: "500000", signer: signerFromSeed(Buffer.alloc(32, 2)) };
const publicKeys = new Map([provider, consumer].map(({ signer }) => [signer.keyId, signer.publicKey]));

function draft(rows: bigint, over: Partial<ReceiptDraft> = {}): ReceiptDraft {
  return {
    agreementId: "AGR-1",
    transferId: "urn:uuid:1",
    productId: "cd-scjg-0001",
    purposeClass: "public-interest",
    kind: "usage",
    corrects: null,
    usage: { rows, bytes: rows * 10n },
    contributions: [],
    contentSha256: sha256Hex(String(rows)),
    startedAtMs: NOON_MS,
    endedAtMs: NOON_MS,
    consumerRegion: "500000",
    consumerKeyId: consumer.signer.keyId,
    leaf: "receipt.batch",
    ...over,
  };
}

async function append(store: Store, what: ReceiptDraft): Promise<HeldReceipt> {
  const parties = { providerRegion: "510100", consumerRegion: "500000", metrics: ["rows", "bytes"] };
  const refs = appendReceiptRefs(what.agreementId, "forward", provider, parties);
  return mustSucceed(await transact(store, refs, (tx) => ok(appendReceipt(tx, provider, what))));
}

async function accept(store: Store, { core, providerSignature }: HeldReceipt): Promise<Acceptance | string> {
  const checked = mustSucceed(parseCore(canonicalText(core)));
  const done = await transact(store, acceptReceiptRefs(core, consumer), (tx) =>
    acceptReceipt(tx, consumer, checked, providerSignature, msOf(core.endedAt)),
  );
  return done.ok ? done.value : done.error.code;
}

describe("the receipts of an agreement", () => {
  it("are numbered without gap, and each names the one before", async () => {
    const store = openMemoryStore();
    const held = [await append(store, draft(1n)), await append(store, draft(2n)), await append(store, draft(3n))];
    expect(held.map(({ core }) => core.seq)).toEqual(["1", "2", "3"]);
    expect(held[2]?.core.prev).toBe(held[1]?.coreDigest);
  });

  it("settle only when both have signed", async () => {
    const store = openMemoryStore();
    const [first] = [await append(store, draft(1n)), await append(store, draft(2n))];
    const signature = signCore(consumer.signer, first.core);
    await transact(store, completeReceiptRefs(first.core), (tx) =>
      ok(completeReceipt(tx, provider, first.core, signature, NOON_MS)),
    );

    const settled: string[] = [];
    for await (const page of rowPages(store, { agreementId: "AGR-1", throughPeriod: "2026-10" })) {
      settled.push(...page.map(({ seq }) => seq));
    }
    expect(settled).toEqual(["1"]);
    const { core, providerSignature } = first;
    const whole = checkReceipt({ core, providerSignature, consumerSignature: signature }, (_region, keyId) =>
      publicKeys.get(keyId),
    );
    expect(whole.ok).toBe(true);
  });

  it("are paged by agreement and by period alike", async () => {
    const store = openMemoryStore();
    for (let rows = 1n; rows <= 5n; rows++) await append(store, draft(rows));
    const { receipts } = createMetering({ store });
    const first = await receipts({ agreement: "AGR-1", limit: 3 });
    const rest = await receipts({ agreement: "AGR-1", limit: 3, cursor: first.next ?? "" });
    const inPeriod = await receipts({ period: "2026-10", limit: 9 });
    expect([...first.items, ...rest.items].map(({ core }) => core.seq)).toEqual(["1", "2", "3", "4", "5"]);
    expect(rest.next).toBeNull();
    expect(inPeriod.items).toHaveLength(5);
    expect((await receipts({ period: "2026-11", limit: 9 })).items).toEqual([]);
  });
});

describe("a consumer", () => {
  it("refuses receipts of a party after its last day in China, and takes those of before and what takes them back", async () => {
    const [ours, theirs] = [openMemoryStore(), openMemoryStore()];
    const contributions = [{ partyId: "510100:provider", metric: "rows", quantity: 1n }];
    // NOON_MS is October 5 in China; sixteen hours UTC is midnight there.
    const midnightMs = Date.UTC(2026, 9, 5, 16);
    const on = await append(theirs, draft(1n, { contributions, endedAtMs: midnightMs - 1 }));
    const after = await append(theirs, draft(2n, { contributions, endedAtMs: midnightMs }));
    await transact(ours, [], (tx) => {
      const end = { partyId: "510100:provider", lastDay: "2026-10-05", keyId: "", signature: "" };
      tx.put(partyEnds.at("AGR-1"), [end]);
      return ok(true);
    });
    expect([await accept(ours, on), await accept(ours, after)]).toEqual(["next", "PARTY_NOT_ACTIVE"]);
    // Nothing of it was stored: the number is free for a receipt that names who did contribute.
    expect((await read(ours, chainHeads.at("AGR-1", "forward")))?.seq).toBe("1");
    const again = openMemoryStore();
    await append(again, draft(1n, { contributions, endedAtMs: midnightMs - 1 }));
    const back = [{ partyId: "510100:provider", metric: "rows", quantity: -1n }];
    const negative = { kind: "correction", usage: { rows: -1n, bytes: -10n }, contributions: back } as const;
    const correction = await append(
      again,
      draft(1n, { ...negative, corrects: on.core.receiptId, endedAtMs: midnightMs }),
    );
    expect(await accept(ours, correction)).toBe("next");
  });

  it("takes receipts in their order only, and the same one twice without effect", async () => {
    const [ours, theirs] = [openMemoryStore(), openMemoryStore()];
    const first = await append(theirs, draft(1n));
    const second = await append(theirs, draft(2n));
    const outcomes = [
      await accept(ours, second),
      await accept(ours, first),
      await accept(ours, second),
      await accept(ours, first),
    ];
    expect(outcomes).toEqual(["RECEIPT_GAP", "next", "next", "repeat"]);
  });

  it("keeps both versions of an equivocation, and the same one stands whichever came first", async () => {
    const [one, other] = [await append(openMemoryStore(), draft(1n)), await append(openMemoryStore(), draft(7n))];
    const heads: unknown[] = [];
    for (const order of [
      [one, other],
      [other, one],
    ]) {
      const store = openMemoryStore();
      for (const version of order) await accept(store, version);
      const proofs: string[] = [];
      for await (const { versions } of createMetering({ store }).equivocations("AGR-1")) {
        proofs.push(...versions.map(({ coreDigest }) => coreDigest));
      }
      expect(proofs.sort()).toEqual([one.coreDigest, other.coreDigest].sort());
      heads.push(await read(store, chainHeads.at("AGR-1", "forward")));
    }
    expect(heads[0]).toEqual(heads[1]);
  });

  it("follows the version of an equivocation that the next number names", async () => {
    const [storeA, storeB] = [openMemoryStore(), openMemoryStore()];
    const versions = [await append(storeA, draft(1n)), await append(storeB, draft(7n))];
    const [smaller] = versions.map(({ coreDigest }) => coreDigest).sort();
    const larger = versions[0]?.coreDigest === smaller ? storeB : storeA;
    const next = await append(larger, draft(9n));

    const store = openMemoryStore();
    for (const version of versions) await accept(store, version);
    expect(await accept(store, next)).toBe("next");
  });

  it("refuses a receipt that is more than a minute away from its clock, unless it was released while it was away", async () => {
    const { core } = await append(openMemoryStore(), draft(1n));
    expect(checkClock(core, NOON_MS + 60_000).ok).toBe(true);
    expect(checkClock(core, NOON_MS + 60_001)).toMatchObject({ error: { code: "RECEIPT_CLOCK" } });
    expect(checkClock(core, NOON_MS - 60_001)).toMatchObject({ error: { code: "RECEIPT_CLOCK" } });
    expect(checkClock(core, NOON_MS + 3_600_000, NOON_MS).ok).toBe(true);
  });
});
