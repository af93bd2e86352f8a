import { afterEach, describe, expect, it } from "vitest";
import { openEntry } from "../../test/fixtures/catalog-entries.ts";
import { createTransferPair, requester, type TransferPair } from "../../test/fixtures/transfer-pair.ts";
import { CONSUMER, signerOf } from "../../test/fixtures/two-regions.ts";
import { agreementLeaves, leafBytes } from "../audit/store.ts";
import type { CatalogEntry } from "../catalog/model.ts";
import { entryRecords } from "../catalog/store.ts";
import { mustSucceed, ok } from "../kernel/exchange-error.ts";
import type { Purpose, UsageTerms } from "../policy/model.ts";
import { list, read, transact } from "../storage/transact.ts";
import { freezesOf, isFrozen } from "./freezes.ts";
import { callsOfReceipt } from "./read-calls.ts";
import { entryFreezes } from "./store.ts";

const entry: CatalogEntry = openEntry({
  kind: "product",
  fields: ["reg_code", "uscc", "registered_flag", "inspection_valid"].map((name) => ({
    name,
    label: name,
    type: "string",
    sensitivity: "S0",
  })),
});

const product: CatalogEntry["product"] = {
  productType: "data-verification",
  sources: ["cd-scjg-0001", "cd-scjg-0002"],
  crossRegion: false,
  unit: "次",
  capPrice: "1.0000",
  listPrice: "0.5000",
  freeQuota: null,
  purposes: ["industrial", "public-welfare"],
  authorization: "auth-1",
  rawDataDelivered: false,
  sourceConsents: [],
};

const REGISTER = `code,unit,next_inspection
A1,U1,2099-01-01
A2,U2,20200101
A3,U3,
`;

const open: TransferPair[] = [];
afterEach(async () => {
  for (const pair of open.splice(0)) await pair.stop();
});

async function pairWith(terms: Partial<UsageTerms> = {}, sold = entry): Promise<TransferPair> {
  const pair = await createTransferPair(sold);
  open.push(pair);
  await pair.source({
    kind: "verification",
    path: await pair.file("register.csv", REGISTER),
    match: { reg_code: "code", uscc: "unit" },
    answers: {
      registered_flag: { column: "code", op: "present" },
      inspection_valid: { column: "next_inspection", op: "gteq-today" },
    },
  });
  await pair.agree({ purposes: ["industrial", "public-welfare"], ...terms });
  return pair;
}

async function call(pair: TransferPair, inputs: Record<string, string>[], purpose: Purpose = "industrial") {
  return mustSucceed(await pair.consumer.transfers.call(requester, "AGR-1", inputs, { purpose }));
}

const many = (count: number) => Array.from({ length: count }, () => ({ reg_code: "A1", uscc: "U1" }));

async function receiptsOf(pair: TransferPair, side: "provider" | "consumer") {
  const { items } = await pair[side].metering.receipts({ agreement: "AGR-1", limit: 500 });
  return items.map(({ core, providerSignature, consumerSignature }) => ({
    core,
    providerSignature,
    consumerSignature,
  }));
}

async function expectEqualBooks(pair: TransferPair) {
  const ours = await receiptsOf(pair, "consumer");
  expect(await receiptsOf(pair, "provider")).toEqual(ours);
  expect(ours.every(({ consumerSignature }) => consumerSignature !== null)).toBe(true);
  const [theirs, own] = [await pair.provider.metering.totals("AGR-1"), await pair.consumer.metering.totals("AGR-1")];
  expect(own).toEqual(theirs);
  return ours;
}

describe("calls of a product", () => {
  it("answer yes, no or unknown, and unknown never turns into no", async () => {
    const pair = await pairWith();
    const { answers } = await call(pair, [
      { reg_code: "A1", uscc: "U1" },
      { reg_code: "A2", uscc: "U2" },
      { reg_code: "A3", uscc: "U3" },
      { reg_code: "A1", uscc: "other" },
      { reg_code: "A9", uscc: "U9" },
    ]);
    expect(answers.map((answer) => ("output" in answer ? answer.output : answer.refusal))).toEqual([
      { registered_flag: "yes", inspection_valid: "yes" },
      { registered_flag: "yes", inspection_valid: "no" },
      { registered_flag: "yes", inspection_valid: "unknown" },
      { registered_flag: "no", inspection_valid: "unknown" },
      { registered_flag: "unknown", inspection_valid: "unknown" },
    ]);
  });

  it("are metered in windows that both sign; of 1,001 the one outside the scope is refused and not metered", async () => {
    const pair = await pairWith();
    const inputs = [...many(1_000), { reg_code: "A1", uscc: "U1", id_no: "x" }];
    const done = await call(pair, inputs);
    expect(done).toMatchObject({ answered: 1_000, refused: 1 });
    expect(done.answers.at(-1)).toMatchObject({ refusal: { code: "OUT_OF_SCOPE", rule: "policy.fields" } });

    const receipts = await expectEqualBooks(pair);
    const metered = receipts.reduce((sum, { core }) => sum + BigInt(core.usage.calls ?? "0"), 0n);
    expect(metered).toBe(1_000n);
    expect(receipts.every(({ core }) => BigInt(core.usage.calls ?? "0") <= 256n)).toBe(true);
    expect(await refusedLeaves(pair)).toEqual([{ code: "OUT_OF_SCOPE", count: "1" }]);
  });

  it("stay evidence at both ends, one by one, and prove what both signed", async () => {
    const pair = await pairWith();
    await call(pair, many(300));
    const receipts = await expectEqualBooks(pair);
    for (const { core } of receipts) {
      const [theirs, ours] = [
        mustSucceed(await callsOfReceipt(pair.provider.store, core.receiptId)),
        mustSucceed(await callsOfReceipt(pair.consumer.store, core.receiptId)),
      ];
      expect([ours.isProven, theirs.isProven]).toEqual([true, true]);
      expect(String(ours.calls.length)).toBe(core.usage.calls);
      const facts = (one: typeof ours) => one.calls.map(({ callId, purpose, digest }) => [callId, purpose, digest]);
      expect(facts(ours)).toEqual(facts(theirs));
      expect(ours.calls[0]).toMatchObject({ purpose: "industrial", index: 0, at: expect.any(String) });
    }
    expect(await callsOfReceipt(pair.consumer.store, "0".repeat(64))).toMatchObject({
      error: { code: "WINDOW_UNKNOWN" },
    });
  });

  it("are billed by the purpose that each states, in windows of their own", async () => {
    const pair = await pairWith();
    await call(pair, many(3), "industrial");
    await call(pair, many(2), "public-welfare");
    const wrong = await call(pair, many(1), "internal-duty");
    expect(wrong.answers[0]).toMatchObject({ refusal: { code: "PURPOSE_NOT_ALLOWED", rule: "policy.purpose" } });
    const receipts = await expectEqualBooks(pair);
    expect(receipts.map(({ core }) => [core.purposeClass, core.usage.calls])).toEqual([
      ["commercial", "3"],
      ["public-interest", "2"],
    ]);
  });

  it("stop at the month's quota, within one request too", async () => {
    const pair = await pairWith({
      limits: { maxRows: null, maxBytes: null, maxCallsPerMonth: "100", rowsPerSecond: null },
    });
    const done = await call(pair, many(130));
    expect(done).toMatchObject({ answered: 100, refused: 30 });
    expect((await pair.provider.metering.totals("AGR-1")).calls).toBe("100");
    await expectEqualBooks(pair);
  });

  it("are metered once when the answer is lost and the request comes again", async () => {
    const pair = await pairWith();
    let lost = 0;
    pair.wire.answer = () => {
      lost += 1;
      return lost % 2 === 0;
    };
    expect(await call(pair, many(70))).toMatchObject({ answered: 70, refused: 0 });
    expect((await pair.provider.metering.totals("AGR-1")).calls).toBe("70");
    await expectEqualBooks(pair);
  });

  it("are metered once when a person makes them again under their own ids, and ids stand for one call only", async () => {
    const pair = await pairWith();
    const peer = { region: CONSUMER, spiffeId: "", leafSerial: "", issuerFingerprint: "", capabilities: [] };
    const about = { messageId: "M", agreementId: "AGR-1", purpose: "industrial", signatures: [], resend: [] };
    const invoke = (reg_code: string) =>
      pair.provider.transfers.invoke(peer, {
        ...{ ...about, consumerKeyId: signerOf(CONSUMER).keyId, flush: false, missingFrom: null },
        inputs: [{ callId: "call-1", input: { reg_code, uscc: "U1" } }],
      });
    const again = (...callIds: string[]) =>
      pair.consumer.transfers.call(requester, "AGR-1", many(1), { purpose: "industrial", callIds });

    // Metered, but the consumer crashed before anybody saw the answer.
    mustSucceed(await invoke("A1"));
    expect(mustSucceed(await invoke("A2")).answers[0]).toMatchObject({ refusal: { code: "CALL_ID_TAKEN" } });
    expect(mustSucceed(await again("call-1")).answers[0]).toMatchObject({ output: { registered_flag: "yes" } });
    expect(mustSucceed(await again("call-1")).answers[0]).toMatchObject({ refusal: { code: "CALL_SETTLED" } });
    expect(await again("call-2", "call-3")).toMatchObject({ error: { code: "CALL_IDS_INVALID" } });
    expect((await pair.provider.metering.totals("AGR-1")).calls).toBe("1");
    await expectEqualBooks(pair);
  });

  it("are signed for after a restart of the consumer that had lost the answers", async () => {
    const pair = await pairWith();
    // The calls of a consumer that crashed: answered and metered, but nothing of it is left there.
    const peer = { region: CONSUMER, spiffeId: "", leafSerial: "", issuerFingerprint: "", capabilities: [] };
    const inputs = many(5).map((input, i) => ({ callId: `C${i}`, input }));
    const request = { messageId: "M", agreementId: "AGR-1", purpose: "industrial", inputs, signatures: [], resend: [] };
    const { keyId } = signerOf(CONSUMER);
    const asked = { ...request, consumerKeyId: keyId, flush: true, missingFrom: null };
    mustSucceed(await pair.provider.transfers.invoke(peer, asked));

    await call(pair, many(1));
    const receipts = await expectEqualBooks(pair);
    expect(receipts.map(({ core }) => core.usage.calls)).toEqual(["5", "1"]);
  });

  it("are released no more while a window has waited five seconds for its signature", async () => {
    const pair = await pairWith();
    const peer = { region: CONSUMER, spiffeId: "", leafSerial: "", issuerFingerprint: "", capabilities: [] };
    const ask = (callId: string, flush: boolean) =>
      pair.provider.transfers.invoke(peer, {
        messageId: callId,
        agreementId: "AGR-1",
        purpose: "industrial",
        inputs: [{ callId, input: { reg_code: "A1", uscc: "U1" } }],
        signatures: [],
        consumerKeyId: signerOf(CONSUMER).keyId,
        flush,
        resend: [],
        missingFrom: null,
      });
    expect(mustSucceed(await ask("C1", true)).windows).toHaveLength(1);
    pair.clock.offsetMs += 5_001;
    expect(mustSucceed(await ask("C2", false)).answers[0]).toMatchObject({ refusal: { code: "WINDOW_UNSIGNED" } });
    // A consumer that signs is answered again.
    expect(await call(pair, many(1))).toMatchObject({ answered: 1 });
  });
});

describe("calls of a product whose source is disputed", () => {
  const mark = async ({ provider }: TransferPair, id: string, objections: readonly string[]) =>
    mustSucceed(await transact(provider.store, [], (tx) => ok(tx.put(entryFreezes.at(id), objections))));

  it("are refused while an objection to the source is verified, each purpose, and answered once it is closed", async () => {
    const pair = await pairWith({}, { ...entry, product });
    expect(await call(pair, many(1))).toMatchObject({ answered: 1 });
    await mark(pair, "cd-scjg-0002", ["OBJ-1"]);
    for (const purpose of ["industrial", "public-welfare"] as const) {
      const { answers } = await call(pair, many(1), purpose);
      expect(answers).toMatchObject([{ refusal: { code: "OBJECTION_FROZEN" } }]);
    }
    await mark(pair, "cd-scjg-0002", []);
    expect(await call(pair, many(1))).toMatchObject({ answered: 1 });
  });

  it("are refused as well when the product has been withdrawn and its agreement goes on", async () => {
    const pair = await pairWith();
    const { store } = pair.provider;
    const current: CatalogEntry = { ...entry, id: "cd-gone", product, status: "withdrawn" };
    const record = { id: "cd-gone", state: "withdrawn", current, pending: null, revision: 2 } as const;
    mustSucceed(await transact(store, [], (tx) => ok(tx.put(entryRecords.at("cd-gone"), record))));
    await mark(pair, "cd-scjg-0001", ["OBJ-1"]);
    const freezes = await freezesOf({ store, entry: async () => undefined }, "cd-gone");
    expect(mustSucceed(await transact(store, freezes, (tx) => ok(isFrozen(tx, freezes))))).toBe(true);
  });

  it("go on while the objection is to an entry that the product is not made of", async () => {
    const pair = await pairWith({}, { ...entry, product });
    await mark(pair, "cd-scjg-0009", ["OBJ-1"]);
    expect(await call(pair, many(1))).toMatchObject({ answered: 1 });
  });
});

async function refusedLeaves(pair: TransferPair): Promise<unknown[]> {
  const refused: unknown[] = [];
  for await (const index of list(pair.provider.store, agreementLeaves, ["AGR-1"])) {
    const bytes = await read(pair.provider.store, leafBytes.at(BigInt(index)));
    const leaf = JSON.parse(Buffer.from(bytes ?? []).toString("utf8"));
    if (leaf.kind === "policy.refused") refused.push({ code: leaf.detail.code, count: leaf.detail.count });
  }
  return refused;
}

it("are answered for the agreement's own consumer only", async () => {
  const pair = await pairWith();
  const stranger = { region: "440100", spiffeId: "", leafSerial: "", issuerFingerprint: "", capabilities: [] };
  const request = {
    messageId: "M",
    agreementId: "AGR-1",
    purpose: "industrial",
    inputs: [],
    signatures: [],
    resend: [],
  };
  const asked = { ...request, consumerKeyId: signerOf("440100").keyId, flush: true, missingFrom: null };
  expect(await pair.provider.transfers.invoke(stranger, asked)).toMatchObject({ error: { code: "AGREEMENT_UNKNOWN" } });
});
