import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createRegionCa } from "../../certs/ca.ts";
import { createFounder, signTrustList } from "../../certs/founder.ts";
import { recordsOf } from "../../test/fixtures/records-of.ts";
import { AGR_7, agreementOf } from "../../test/settlement/two-regions.ts";
import type { TrustedRegion } from "../identity/model.ts";
import { proposeList } from "../identity/propose-list.ts";
import { createTrust, type Trust } from "../identity/trust.ts";
import { trustListDigest } from "../identity/trust-list.ts";
import { canonicalText } from "../kernel/canonical-json.ts";
import { sha256Hex } from "../kernel/digest.ts";
import { type Signer, signerFromSeed } from "../kernel/ed25519.ts";
import { mustSucceed, ok } from "../kernel/exchange-error.ts";
import { instantOf, periodOf } from "../kernel/instant.ts";
import { silentLogger } from "../kernel/logger.ts";
import { type Runtime, systemRuntime } from "../kernel/runtime.ts";
import { createLedger } from "../ledger/service.ts";
import { createUsagePosting } from "../ledger/usage-posting.ts";
import { createMemoryDisk, type MemoryDisk, openMemoryStore } from "../storage/memory.ts";
import { list, read, transact } from "../storage/transact.ts";
import { checkOffers, offerRefs, takeOffers } from "../transfer/consumer-receipts.ts";
import type { TransferDeps } from "../transfer/deps.ts";
import type { Transfer } from "../transfer/model.ts";
import { beginBatch, keepBatch } from "../transfer/receive-batch.ts";
import { batches, transfers } from "../transfer/store.ts";
import type { Frame } from "../transfer/wire.ts";
import { acceptReceipt, acceptReceiptRefs } from "./accept.ts";
import type { ReceiptCore } from "./model.ts";
import { type PartyEnd, partyEnds } from "./party-end.ts";
import { receiptIdOf, signCore } from "./receipt.ts";
import { equivocations, receipts } from "./store.ts";
import { usages } from "./usage.ts";

const NOW_MS = Date.UTC(2026, 9, 20, 4);
const DAY_MS = 86_400_000;
const seeded = (n: number) => signerFromSeed(Buffer.alloc(32, n));
const [current, consumer, third, stranger] = [seeded(1), seeded(2), seeded(3), seeded(9)];
/** Replaced three weeks ago; in force from tomorrow; struck off the list. */
const [rotated, early, revoked] = [seeded(4), seeded(5), seeded(6)];

let trust: Trust;
beforeAll(async () => {
  const founder = createFounder("f");
  const ids = { "510100": [current, rotated, early, revoked], "500000": [consumer], "440100": [third] };
  const regions = await Promise.all(
    Object.entries(ids).map(async ([id, signers]): Promise<TrustedRegion> => {
      const about = { trustDomain: `r${id}.heliu`, endpoints: { rpc: ["127.0.0.1:1"], dsp: [] } };
      const ca = await createRegionCa({ regionId: id, name: id, ...about, nowMs: NOW_MS });
      return {
        ...{ id, name: id, ...about, caCertificates: [ca.certificatePem], statementKeys: signers.map(keyOf) },
        ...{ logKey: "", witnessKeys: [], capabilities: [], status: "active", since: "2026-01-01T00:00:00.000Z" },
      };
    }),
  );
  const sign = (list: ReturnType<typeof proposeList>) => ({
    list,
    signatures: [signTrustList(list, "f", founder.keyPem)],
  });
  trust = await createTrust({
    ...{ store: openMemoryStore(), runtime: { ...systemRuntime, nowMs: () => NOW_MS }, logger: silentLogger },
    ...{ region: "500000", scheduler: { after: () => () => {} } },
    leaves: { appendLeafRefs: () => [], appendLeaf: () => {} },
  });
  const first = sign(proposeList(undefined, { regions, founders: [founder.entry] }, NOW_MS));
  mustSucceed(await trust.accept(first, { firstDigest: trustListDigest(first.list) }));
  const without = regions.map((region) => ({
    ...region,
    statementKeys: region.statementKeys.filter(({ keyId }) => keyId !== revoked.keyId),
  }));
  mustSucceed(await trust.accept(sign(proposeList(first.list, { regions: without }, NOW_MS))));
});

function keyOf(signer: Signer) {
  const publicKey = Buffer.from(signer.publicKey).toString("base64");
  const replacedAt = "2026-10-01T00:00:00.000Z";
  const validFrom = signer === early ? instantOf(NOW_MS + DAY_MS) : "2026-01-01T00:00:00.000Z";
  return { keyId: signer.keyId, publicKey, validFrom, validTo: signer === rotated ? replacedAt : null };
}

const weather = AGR_7.products.filter(({ productId }) => productId === "weather-2");
const agreement = agreementOf({ ...AGR_7, products: weather }, "consumer");
const ROWS = 100n;
const BYTES = 4_000n;

type BatchBegin = Extract<Frame, { kind: "batch-begin" }>;
type World = { readonly disk: MemoryDisk; readonly deps: TransferDeps; readonly cores: readonly ReceiptCore[] };
let world: World;

/** A consumer that has taken receipts 1 and 2 of a transfer, and waits for the third. */
beforeEach(async () => {
  const disk = createMemoryDisk();
  const store = openMemoryStore(disk);
  const runtime: Runtime = { ...systemRuntime, nowMs: () => NOW_MS, failPoint: () => {} };
  const posting = createUsagePosting(runtime);
  // All that taking in a receipt uses of the data plane.
  const deps = { store, runtime, region: "500000", trust, signer: consumer, posting } as unknown as TransferDeps;
  const at = instantOf(NOW_MS);
  const transfer: Transfer = {
    ...{ id: "T-1", peerPid: "P-1", role: "consumer", peer: "510100", agreementId: "AGR-7", entry: agreement.entry },
    ...{ selection: {}, state: "STARTED", rows: "0", bytes: "0", batches: "0", receipts: "0", sha256: null },
    ...{ reason: null, requestedBy: null, timeline: [], createdAt: at, updatedAt: at, revision: 1 },
  };
  mustSucceed(
    await transact(store, [], (tx) => {
      tx.put(transfers.at("T-1"), transfer);
      return ok(true);
    }),
  );
  const cores: ReceiptCore[] = [];
  world = { disk, deps, cores };
  for (let i = 0; i < 2; i++) {
    const core = coreOf({}, cores);
    expect(await arrive(batch(core, { batch: String(i + 1) }))).toBe(signCore(consumer, core));
    cores.push(core);
  }
});

/** The next core of the chain, with what a case says otherwise; its id follows from the rest. */
function coreOf(over: Partial<ReceiptCore> = {}, before: readonly ReceiptCore[] = world.cores): ReceiptCore {
  const last = before.at(-1);
  const { agreementId = "AGR-7", direction = "forward", seq = String(before.length + 1) } = over;
  const endedAt = over.endedAt ?? instantOf(NOW_MS);
  return {
    type: "heliu.receipt.v1",
    receiptId: receiptIdOf(agreementId, direction, seq),
    ...{ agreementId, direction, seq, kind: "usage", corrects: null, contributions: [] },
    prev: last === undefined ? "0".repeat(64) : sha256Hex(canonicalText(last)),
    ...{ transferId: "P-1", productId: "weather-2", purposeClass: "commercial" },
    periodId: periodOf(Date.parse(endedAt)),
    usage: { rows: String(ROWS), bytes: String(BYTES) },
    contentSha256: sha256Hex(seq),
    ...{ startedAt: endedAt, endedAt, providerRegion: "510100", consumerRegion: "500000" },
    ...{ providerKeyId: current.keyId, consumerKeyId: consumer.keyId },
    ...over,
  };
}

function batch(core: ReceiptCore, over: Partial<BatchBegin> = {}, signer: Signer = current): BatchBegin {
  const numbers = { batch: "3", rows: String(ROWS), bytes: String(BYTES) };
  return {
    ...({ kind: "batch-begin", ...numbers, core: canonicalText(core) } as BatchBegin),
    ...{ providerSignature: signCore(signer, core), ...over },
  };
}

/** The way of a batch into the chain; answers our signature, or why there is none. */
async function arrive(frame: BatchBegin): Promise<string> {
  const { deps } = world;
  const transfer = (await read(deps.store, transfers.at("T-1"))) as Transfer;
  const ends: readonly PartyEnd[] | undefined = await read(deps.store, partyEnds.at("AGR-7"));
  const begun = beginBatch(deps, transfer, agreement, frame, undefined, ends);
  if (!begun.ok) return begun.error.code;
  const kept = await keepBatch(deps, "T-1", begun.value);
  return kept.ok ? kept.value : kept.error.code;
}

/** As after the loss of the content file: everything is fetched again under the same receipts. */
async function contentGone(): Promise<void> {
  await transact(world.deps.store, [transfers.at("T-1")], (tx) => {
    const none = { rows: "0", bytes: "0", batches: "0", receipts: "0" };
    tx.put(transfers.at("T-1"), { ...(tx.get(transfers.at("T-1")) as Transfer), ...none });
    for (let n = 1n; n <= 2n; n++) tx.remove(batches.at("T-1", n));
    return ok(true);
  });
}

/** The way of cores that come without content, after a connection broke. */
async function offered(...cores: readonly ReceiptCore[]) {
  const { deps } = world;
  const offers = cores.map((core) => ({ core: canonicalText(core), providerSignature: signCore(current, core) }));
  const checked = checkOffers(deps, "510100", "AGR-7", offers);
  if (!checked.ok) return checked.error.code;
  const refs = await offerRefs(deps, checked.value);
  const taken = await transact(deps.store, refs, (tx) => takeOffers(tx, deps, checked.value, NOW_MS));
  return taken.ok ? taken.value : taken.error.code;
}

const dump = (...prefixes: readonly string[]) => recordsOf(world.disk, ...prefixes);
const transfersPosted = async () => mustSucceed(await createLedger({ store: world.deps.store }).check()).transfers;
const later = (ms: number) => instantOf(NOW_MS + ms);
const next = (over: Partial<ReceiptCore> = {}) => batch(coreOf(over));
const says = (quantity: string) => next({ usage: { rows: quantity, bytes: String(BYTES) } });

const refused: readonly (readonly [what: string, code: string, frame: () => BatchBegin])[] = [
  // Forged.
  ["a stranger's signature under the provider's key id", "RECEIPT_SIGNATURE", () => batch(coreOf(), {}, stranger)],
  ["a quantity altered after signing", "RECEIPT_SIGNATURE", altered],
  ["a signature with white space in it", "RECEIPT_SIGNATURE", () => respelt((text) => ` ${text}`)],
  ["a signature cut short", "RECEIPT_SIGNATURE", () => respelt((text) => text.slice(0, 40))],
  ["an id that is not the one of its number", "RECEIPT_ID", () => next({ receiptId: "0".repeat(64) })],
  // Keys.
  ["a key that nobody knows", "RECEIPT_UNKNOWN_KEY", () => signedBy(stranger)],
  ["the consumer's own key as the provider's", "RECEIPT_UNKNOWN_KEY", () => signedBy(consumer)],
  ["a key that was replaced", "RECEIPT_UNKNOWN_KEY", () => signedBy(rotated)],
  ["a key that is not valid yet", "RECEIPT_UNKNOWN_KEY", () => signedBy(early)],
  ["a key that was struck off the trust list", "RECEIPT_UNKNOWN_KEY", () => signedBy(revoked)],
  // Place in the chain.
  ["the next number but one", "RECEIPT_GAP", () => next({ seq: "4" })],
  ["another predecessor", "RECEIPT_CHAIN", () => next({ prev: "a".repeat(64) })],
  ["the number zero", "RECEIPT_MALFORMED", () => next({ seq: "0" })],
  ["a batch that was received before", "STREAM_MALFORMED", () => batch(coreOf(), { batch: "2" })],
  ["the receipt of the batch before", "STREAM_MALFORMED", () => batch(taken(1))],
  ["the receipt of the first batch", "STREAM_MALFORMED", () => batch(taken(0))],
  // Of something else.
  ["another agreement", "STREAM_MALFORMED", () => next({ agreementId: "AGR-8" })],
  ["the other direction", "STREAM_MALFORMED", () => next({ direction: "reverse" })],
  ["another provider, by its own key", "STREAM_MALFORMED", ofThird],
  ["another consumer", "STREAM_MALFORMED", () => next({ consumerRegion: "440100" })],
  ["another key than ours to sign with", "STREAM_MALFORMED", () => next({ consumerKeyId: third.keyId })],
  ["another transfer", "STREAM_MALFORMED", () => next({ transferId: "P-2" })],
  ["a product that is not agreed", "STREAM_MALFORMED", () => next({ productId: "weather-3" })],
  ["another class of purpose", "STREAM_MALFORMED", () => next({ purposeClass: "public-interest" })],
  ["a contribution that does not follow from the agreement", "STREAM_MALFORMED", contributed],
  // Time.
  ["an end 61 s ahead", "RECEIPT_CLOCK", () => next({ endedAt: later(60_001) })],
  ["an end 61 s ago", "RECEIPT_CLOCK", () => next({ endedAt: later(-60_001) })],
  ["an end a year ahead", "RECEIPT_CLOCK", () => next({ endedAt: later(365 * DAY_MS) })],
  ["the next period", "RECEIPT_PERIOD", () => next({ periodId: "2026-11" })],
  ["a day that is none", "RECEIPT_MALFORMED", () => next({ startedAt: "2026-02-30T00:00:00.000Z" })],
  ["an end before its beginning", "RECEIPT_MALFORMED", () => next({ startedAt: later(1) })],
  // Quantities.
  ["fewer than none", "RECEIPT_QUANTITY", () => says("-1")],
  ["minus zero", "RECEIPT_QUANTITY", () => says("-0")],
  ["a fraction", "RECEIPT_QUANTITY", () => says("1.5")],
  ["an exponent", "RECEIPT_QUANTITY", () => says("1e3")],
  ["a leading zero", "RECEIPT_QUANTITY", () => says("0100")],
  ["forty-two digits", "RECEIPT_QUANTITY", () => says("9".repeat(42))],
  ["10^15 rows where a hundred came", "STREAM_MALFORMED", () => says("1000000000000000")],
  ["a metric that nobody counted", "STREAM_MALFORMED", () => next({ usage: { ...coreOf().usage, calls: "1" } })],
  ["a batch of more bytes than fit into memory", "STREAM_MALFORMED", () => batch(coreOf(), { bytes: "99999999999" })],
  ["a correction with content", "STREAM_MALFORMED", correction],
  // Form.
  ["no JSON", "CANONICAL_NOT_JSON", () => batch(coreOf(), { core: "{" })],
  ["other bytes of the same JSON", "CANONICAL_NOT_CANONICAL", () => batch(coreOf(), { core: spaced() })],
  ["a JSON number", "CANONICAL_NUMBER", () => batch(coreOf(), { core: spaced(0).replace('"3"', "3") })],
  ["a field more", "RECEIPT_MALFORMED", () => batch({ ...coreOf(), note: "x" } as ReceiptCore)],
];

function taken(index: number): ReceiptCore {
  const core = world.cores[index];
  if (core === undefined) throw new Error("two were taken");
  return core;
}
function spaced(indent = 1): string {
  return JSON.stringify(coreOf(), Object.keys(coreOf()).concat("rows", "bytes").sort(), indent);
}
function altered(): BatchBegin {
  const { providerSignature } = next();
  return batch(coreOf({ usage: { rows: "101", bytes: String(BYTES) } }), { rows: "101", providerSignature });
}
function respelt(spell: (text: string) => string): BatchBegin {
  const frame = next();
  return { ...frame, providerSignature: spell(frame.providerSignature) };
}
function signedBy(signer: Signer): BatchBegin {
  return batch(coreOf({ providerKeyId: signer.keyId }), {}, signer);
}
function ofThird(): BatchBegin {
  return batch(coreOf({ providerRegion: "440100", providerKeyId: third.keyId }), {}, third);
}
function contributed(): BatchBegin {
  return next({ contributions: [{ partyId: "510100:provider", metric: "rows", quantity: "100" }] });
}
function correction(): BatchBegin {
  return next(takingBack(coreOf(), world.cores[0]?.receiptId ?? ""));
}
function takingBack({ usage }: ReceiptCore, corrects: string): Partial<ReceiptCore> {
  const negated = Object.fromEntries(Object.entries(usage).map(([metric, n]) => [metric, `-${n}`]));
  return { kind: "correction", corrects, usage: negated };
}

describe("a receipt that comes in", () => {
  it.each(refused)("with %s is refused as %s, and nothing is stored", async (_what, code, frame) => {
    const before = dump();
    expect(await arrive(frame())).toBe(code);
    expect(dump()).toEqual(before);
    // The number is still free for the right one, which is posted once.
    const core = coreOf();
    expect(await arrive(batch(core))).toBe(signCore(consumer, core));
    expect(await transfersPosted()).toBe(6);
  });

  it("of a party that has left is refused, and nothing is stored", async () => {
    const scheme = {
      kind: "contribution",
      parties: ["510100:provider"],
      components: [{ metric: "rows", weight: "1" }],
    };
    Object.assign(agreement.terms, { price: { ...agreement.terms.price, scheme } });
    const gone = { partyId: "510100:provider", lastDay: "2026-10-19", keyId: "", signature: "" };
    await transact(world.deps.store, [], (tx) => {
      tx.put(partyEnds.at("AGR-7"), [gone]);
      return ok(true);
    });
    const before = dump();
    expect(await arrive(contributed())).toBe("PARTY_NOT_ACTIVE");
    expect(dump()).toEqual(before);
    Object.assign(agreement.terms, { price: { ...AGR_7, products: weather } });
  });

  it("a second time gets the same signature, and changes neither books nor evidence", async () => {
    const books = ["receipt", "ledger", "usage", "audit"];
    const before = dump(...books);
    expect(before.length).toBeGreaterThan(10);
    expect(await offered(taken(1))).toMatchObject({ signatures: [{ signature: signCore(consumer, taken(1)) }] });
    await contentGone();
    for (const [i, core] of world.cores.entries()) {
      expect(await arrive(batch(core, { batch: String(i + 1) }))).toBe(signCore(consumer, core));
    }
    expect(dump(...books)).toEqual(before);
    const counted = { rows: String(2n * ROWS), bytes: String(2n * BYTES), batches: "2", receipts: "2" };
    expect(await read(world.deps.store, transfers.at("T-1"))).toMatchObject(counted);
  });

  it("under a taken number is kept beside the first as proof, and posts nothing", async () => {
    const books = ["ledger", "usage", "audit"];
    const before = dump(...books);
    const other = coreOf({ contentSha256: "f".repeat(64) }, world.cores.slice(0, 1));
    expect(await arrive(batch(other))).toBe("RECEIPT_EQUIVOCATION");
    const proofs = [];
    for await (const { core } of list(world.deps.store, equivocations)) proofs.push(core.contentSha256);
    expect(proofs.sort()).toEqual([sha256Hex("2"), "f".repeat(64)].sort());
    expect(dump(...books)).toEqual(before);
  });

  it("over nothing at all is signed, and posts nothing", async () => {
    const before = await transfersPosted();
    const empty = coreOf({ usage: { bytes: "0" } });
    expect(await arrive(batch(empty, { rows: "0", bytes: "0" }))).toBe(signCore(consumer, empty));
    expect(await transfersPosted()).toBe(before);
  });
});

describe("a receipt that is offered without content", () => {
  const usage = () => coreOf();
  const undoing = (over: Partial<ReceiptCore> = {}) => {
    const used = usage();
    return [used, coreOf({ ...takingBack(used, used.receiptId), ...over }, [...world.cores, used])] as const;
  };

  it.each([
    ["of another agreement", "STREAM_MALFORMED", () => [coreOf({ agreementId: "AGR-8" })]],
    ["to another region", "STREAM_MALFORMED", () => [coreOf({ consumerRegion: "440100" })]],
    ["which takes back what was never given", "RECEIPT_UNKNOWN_CORRECTED", () => [lone("e".repeat(64))]],
    ["from the future", "RECEIPT_CLOCK", () => [coreOf({ endedAt: later(60_001) })]],
    ["with a correction from the future", "RECEIPT_CLOCK", () => undoing({ endedAt: later(365 * DAY_MS) })],
  ] as const)("%s is refused as %s, and nothing is stored", async (_what, code, cores) => {
    const before = dump();
    expect(await offered(...cores())).toBe(code);
    expect(dump()).toEqual(before);
  });
  const lone = (corrects: string) => coreOf(takingBack(coreOf(), corrects));

  it.each<readonly [what: string, other: Partial<ReceiptCore>]>([
    ["another agreement used", { agreementId: "AGR-8" }],
    ["was used in the other direction", { direction: "reverse" }],
  ])("may not take back what %s", async (_what, other) => {
    const { store } = world.deps;
    const foreign = coreOf(other, []);
    const parts = { region: "500000", signer: consumer };
    const checked = { core: foreign, text: canonicalText(foreign), coreDigest: sha256Hex(canonicalText(foreign)) };
    const refs = acceptReceiptRefs(foreign, parts);
    mustSucceed(await transact(store, refs, (tx) => acceptReceipt(tx, parts, checked, "", NOW_MS)));
    const before = dump();
    expect(await offered(lone(foreign.receiptId))).toBe("RECEIPT_UNKNOWN_CORRECTED");
    expect(dump()).toEqual(before);
  });

  it("is signed together with the correction that takes all of it back, and the books are where they were", async () => {
    const totals = await read(world.deps.store, usages.at("AGR-7"));
    expect(await offered(...undoing())).toMatchObject({ signatures: [{}, {}] });
    expect(await read(world.deps.store, usages.at("AGR-7"))).toEqual(totals);
  });

  it.each<readonly [what: string, over: Partial<ReceiptCore>]>([
    ["less", { usage: { rows: "-99", bytes: String(-BYTES) } }],
    ["another metric", { usage: { calls: String(-ROWS), bytes: String(-BYTES) } }],
    ["free use", { purposeClass: "public-interest" }],
    ["another product", { productId: "elevator-1" }],
    ["another transfer's", { transferId: "P-2" }],
    ["an earlier month's", { startedAt: later(-30 * DAY_MS), endedAt: later(-30 * DAY_MS), periodId: "2026-09" }],
  ])("is not signed with a correction that takes back %s", async (_what, over) => {
    expect(await offered(...undoing(over))).toMatchObject({ signatures: [] });
    for await (const { core, consumerSignature } of list(world.deps.store, receipts)) {
      expect([core.seq, consumerSignature !== null]).toEqual([core.seq, Number(core.seq) <= 2]);
    }
  });
});
