import { createHash } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { afterEach, describe, expect, it } from "vitest";
import { openEntry } from "../../test/fixtures/catalog-entries.ts";
import {
  createTransferPair,
  type PairOptions,
  publisher,
  requester,
  type TransferPair,
} from "../../test/fixtures/transfer-pair.ts";
import type { CatalogEntry } from "../catalog/model.ts";
import { canonicalText } from "../kernel/canonical-json.ts";
import { sha256Hex } from "../kernel/digest.ts";
import { mustSucceed, ok } from "../kernel/exchange-error.ts";
import { periodOf } from "../kernel/instant.ts";
import { NO_USAGE, usages } from "../metering/usage.ts";
import type { UsageTerms } from "../policy/model.ts";
import { transact } from "../storage/transact.ts";
import type { Transfer, TransferSelection } from "./model.ts";

const entry: CatalogEntry = openEntry({
  fields: [
    { name: "reg_code", label: "注册代码", type: "string", sensitivity: "S0", key: true },
    { name: "owner", label: "使用单位", type: "string", sensitivity: "S1" },
    { name: "phone", label: "电话", type: "string", sensitivity: "S2", masking: "partial" },
    { name: "days", label: "超期天数", type: "integer", sensitivity: "S0" },
  ],
});

const open: TransferPair[] = [];
afterEach(async () => {
  for (const pair of open.splice(0)) await pair.stop();
});

function lines(rows: number): string {
  const made = Array.from({ length: rows }, (_, i) => `R${i},"单位 ""${i % 7}"" 号",1380000${1000 + i},${i % 10}`);
  return `reg_code,owner,phone,days\n${made.join("\n")}\n`;
}

async function pairWith(rows: number, terms: Partial<UsageTerms> = {}, options: PairOptions = {}) {
  const pair = await createTransferPair(entry, options);
  open.push(pair);
  await pair.source({ kind: "csv", path: await pair.file("source.csv", lines(rows)) });
  await pair.agree(terms);
  return pair;
}

async function start(pair: TransferPair, selection: TransferSelection = {}, agreementId = "AGR-1"): Promise<Transfer> {
  return mustSucceed(await pair.consumer.transfers.start(requester, { agreementId, selection }));
}

const isOver = ({ state }: Transfer) => state === "COMPLETED" || state === "TERMINATED";

async function contentOf(pair: TransferPair, id: string): Promise<string> {
  return readFile(mustSucceed(await pair.consumer.transfers.content(id)).path, "utf8");
}

async function providerOf(pair: TransferPair, { peerPid }: Transfer): Promise<Transfer> {
  return mustSucceed(await pair.provider.transfers.get(peerPid ?? ""));
}

/** Core and both signatures of every receipt, as each side holds them. */
async function receiptsOf(pair: TransferPair, side: "provider" | "consumer", agreement = "AGR-1") {
  const { items } = await pair[side].metering.receipts({ agreement, limit: 500 });
  return items.map(({ core, providerSignature, consumerSignature }) => ({
    core,
    providerSignature,
    consumerSignature,
  }));
}

async function expectEqualBooks(pair: TransferPair, agreement = "AGR-1") {
  const ours = await receiptsOf(pair, "consumer", agreement);
  expect(await receiptsOf(pair, "provider", agreement)).toEqual(ours);
  expect(ours.map(({ core }) => core.seq)).toEqual(ours.map((_, i) => String(i + 1)));
  ours.forEach(({ core }, i) => {
    const before = ours[i - 1];
    expect(core.prev).toBe(before === undefined ? "0".repeat(64) : sha256Hex(canonicalText(before.core)));
  });
  expect(ours.every(({ consumerSignature }) => consumerSignature !== null)).toBe(true);
  const [theirs, own] = [
    await pair.provider.metering.totals(agreement),
    await pair.consumer.metering.totals(agreement),
  ];
  expect(own).toEqual(theirs);
  return ours;
}

describe("a transfer", () => {
  it("brings the agreed fields and rows, masked, and both ends hold the same digest and receipts", async () => {
    const pair = await pairWith(100, {
      fields: ["reg_code", "phone", "days"],
      rows: [{ field: "days", op: "gteq", value: "8" }],
      masks: { phone: "partial" },
    });
    const { id } = await start(pair);
    const done = await pair.until(id, isOver);
    await pair.settle();

    const content = await contentOf(pair, id);
    const [header, first] = content.split("\n");
    expect(header).toBe("reg_code,phone,days");
    expect(first).toBe("R8,13*******08,8");
    expect(content.split("\n")).toHaveLength(1 + 20 + 1);
    const sha256 = createHash("sha256").update(content).digest("hex");
    expect(done).toMatchObject({ state: "COMPLETED", rows: "20", bytes: String(Buffer.byteLength(content)), sha256 });
    expect(await providerOf(pair, done)).toMatchObject({ state: "COMPLETED", rows: "20", sha256, receipts: "1" });
    await expectEqualBooks(pair);
  });

  it("goes in batches, each with its own receipt, which also holds all that came before it", async () => {
    const pair = await pairWith(1_000, {}, { batchRows: 300 });
    const { id } = await start(pair);
    await pair.until(id, isOver);
    await pair.settle();

    const content = await contentOf(pair, id);
    expect(content).toBe(lines(1_000));
    const receipts = await expectEqualBooks(pair);
    expect(receipts.map(({ core }) => core.usage.rows)).toEqual(["300", "300", "300", "100"]);
    let at = 0;
    for (const { core } of receipts) {
      at += Number(core.usage.bytes);
      expect(core.contentSha256).toBe(sha256Hex(Buffer.from(content).subarray(0, at)));
    }
    // So the two signatures of the last one are over the digest of the file itself.
    const whole = mustSucceed(await pair.consumer.transfers.get(id));
    expect(receipts.at(-1)?.core.contentSha256).toBe(whole.sha256);
  });

  it("signs no receipt for a batch that is not what the receipt says, and ends", async () => {
    const pair = await pairWith(1_000, {}, { batchRows: 300 });
    pair.wire.frame = (frame) => {
      if (frame.kind === "data" && frame.bytes[0] !== undefined) frame.bytes[0] ^= 1;
    };
    const { id } = await start(pair);
    const over = await pair.until(id, isOver);
    expect(over).toMatchObject({ state: "TERMINATED", batches: "0", reason: { code: "CONTENT_MISMATCH" } });
  });

  it("takes no more rows than the agreement allows, not even by two transfers at once", async () => {
    const pair = await pairWith(1_000, { limits: limit({ maxRows: "500" }) }, { batchRows: 100 });
    const [one, other] = [await start(pair), await start(pair)];
    const ends = [await pair.until(one.id, isOver), await pair.until(other.id, isOver)];
    await pair.settle();

    for (const { state, reason } of ends) {
      expect(state).toBe("TERMINATED");
      expect(reason).toMatchObject({ code: "QUOTA_EXCEEDED", rule: "policy.maxRows" });
    }
    expect((await pair.provider.metering.totals("AGR-1")).rows).toBe("500");
    await expectEqualBooks(pair);
  });

  it.each(["rows", "bytes"] as const)(
    "stops charged use exactly where a budget ends, counted in %s",
    async (metric) => {
      const pair = await pairWith(1_000, { purposes: ["industrial"] }, { batchRows: 100 });
      const end = metric === "rows" ? 250n : BigInt(Buffer.byteLength(lines(250)));
      const stop = { month: periodOf(Date.now()), calls: null, rows: null, bytes: null, [metric]: String(end) };
      await transact(pair.provider.store, [], (tx) => {
        tx.put(usages.at("AGR-1"), { ...NO_USAGE, stop });
        return ok(true);
      });
      const over = await pair.until((await start(pair)).id, isOver);
      await pair.settle();
      expect(over).toMatchObject({ state: "TERMINATED", rows: "250", reason: { code: "BUDGET_SPENT" } });
      expect((await pair.provider.metering.totals("AGR-1"))[metric]).toBe(String(end));
    },
  );

  it("is refused by the provider, whatever the consumer's node lets through", async () => {
    const pair = await pairWith(10, { fields: ["reg_code"] });
    const body = {
      consumerPid: "urn:uuid:1",
      agreementId: "AGR-1",
      format: "Heliu-PULL",
      selection: { fields: ["owner"] },
    };
    const message = { id: "M1", peer: "500000", binding: "grpc", topic: "transfer", traceId: "" } as const;
    const refused = await pair.provider.outbox.receive({ ...message, kind: "TransferRequestMessage", body });
    expect(refused).toMatchObject({ error: { code: "OUT_OF_SCOPE", details: { rule: "policy.fields" } } });
    expect((await pair.provider.transfers.list({ limit: 10 })).items).toEqual([]);
  });

  it("ends with the provider's reason when its source is not there", async () => {
    const pair = await createTransferPair(entry);
    open.push(pair);
    await pair.agree({});
    const ended = await pair.until((await start(pair)).id, isOver);
    expect(ended).toMatchObject({ state: "TERMINATED", reason: { code: "SOURCE_NOT_CONNECTED" } });
  });

  it("converts a source in GB18030 and quotes only where it must", async () => {
    const pair = await createTransferPair(entry);
    open.push(pair);
    // 重庆市,区 in GB18030.
    const gb = Buffer.from([0xd6, 0xd8, 0xc7, 0xec, 0xca, 0xd0, 0x2c, 0xc7, 0xf8]);
    const text = Buffer.concat([Buffer.from('reg_code,owner,phone,days\nR1,"'), gb, Buffer.from('",138,3\n')]);
    await pair.source({ kind: "csv", path: await pair.file("gb.csv", text) });
    await pair.agree({});
    const { id } = await start(pair);
    await pair.until(id, isOver);
    expect(await contentOf(pair, id)).toBe('reg_code,owner,phone,days\nR1,"重庆市,区",138,3\n');
  });

  it("passes a raw file whole, and refuses to when the agreement hides anything", async () => {
    const pair = await createTransferPair(entry, { batchBytes: 64 * 1024 });
    open.push(pair);
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7) % 251));
    await pair.source({ kind: "raw", path: await pair.file("raw.bin", bytes) });
    await pair.agree({});
    await pair.agree({ masks: { phone: "partial" } }, "AGR-2");

    const whole = await pair.until((await start(pair)).id, isOver);
    expect(whole).toMatchObject({ state: "COMPLETED", bytes: "300000", sha256: sha256Hex(bytes), batches: "5" });
    const masked = await pair.until((await start(pair, {}, "AGR-2")).id, isOver);
    expect(masked).toMatchObject({ state: "TERMINATED", bytes: "0", reason: { code: "RAW_NOT_WHOLE" } });
  });
});

describe("a transfer that is interrupted", () => {
  it("goes on after a suspension without sending again what arrived", async () => {
    const pair = await pairWith(1_000, {}, { batchRows: 100 });
    const begun: string[] = [];
    pair.wire.frame = (frame) => {
      if (frame.kind === "batch-begin") begun.push(frame.batch);
    };
    const { id } = await start(pair);
    const running = await pair.until(id, ({ batches }) => Number(batches) >= 3);
    mustSucceed(await pair.consumer.transfers.suspend(requester, id, "夜间窗口"));
    await pair.settle();
    const suspended = await pair.until(id, ({ state }) => state === "SUSPENDED");
    expect(await providerOf(pair, running)).toMatchObject({ state: "SUSPENDED" });

    mustSucceed(await pair.consumer.transfers.resume(requester, id));
    await pair.until(id, isOver);
    await pair.settle();
    expect(await contentOf(pair, id)).toBe(lines(1_000));
    await expectEqualBooks(pair);
    // Of what was durable when it was suspended, nothing came a second time.
    const seen = new Set<string>();
    const twice = begun.filter((batch) => seen.size === seen.add(batch).size);
    expect(twice.filter((batch) => Number(batch) <= Number(suspended.batches))).toEqual([]);
  });

  it("can be suspended by the provider and resumed by it", async () => {
    const pair = await pairWith(600, {}, { batchRows: 100 });
    const { id } = await start(pair);
    const running = await pair.until(id, ({ batches }) => Number(batches) >= 2);
    mustSucceed(await pair.provider.transfers.suspend(publisher, running.peerPid ?? ""));
    await pair.until(id, ({ state }) => state === "SUSPENDED" || state === "COMPLETED");
    await pair.settle();
    await pair.provider.transfers.resume(publisher, running.peerPid ?? "");
    expect(await pair.until(id, isOver)).toMatchObject({ state: "COMPLETED", rows: "600" });
    await pair.settle();
    await expectEqualBooks(pair);
  });

  it.each(["frame", "control"] as const)("ends the same when the connection breaks at every %s", async (where) => {
    const pair = await pairWith(500, {}, { batchRows: 100 });
    let until = 1;
    let count = 0;
    const cut = () => {
      count += 1;
      if (count < until) return;
      count = 0;
      until += 1;
      throw new Error("cut");
    };
    if (where === "frame") pair.wire.frame = cut;
    else pair.wire.control = cutControl(cut);
    const { id } = await start(pair);
    expect(await pair.until(id, isOver)).toMatchObject({ state: "COMPLETED" });
    await pair.settle();
    expect(await contentOf(pair, id)).toBe(lines(500));
    expect(await expectEqualBooks(pair)).toHaveLength(5);
  });

  it.each(["provider", "consumer"] as const)("goes on when the %s starts again in the middle", async (which) => {
    const pair = await pairWith(1_000, {}, { batchRows: 100 });
    const { id } = await start(pair);
    for (const batches of [2, 5]) {
      await pair.until(id, (transfer) => Number(transfer.batches) >= batches);
      await pair.restart(which);
    }
    expect(await pair.until(id, isOver)).toMatchObject({ state: "COMPLETED", rows: "1000", receipts: "10" });
    await pair.settle();
    expect(await contentOf(pair, id)).toBe(lines(1_000));
    await expectEqualBooks(pair);
  });

  it("comes again whole, under the same receipts, when the file with its first half is gone", async () => {
    const pair = await pairWith(2_000, {}, { batchRows: 100 });
    pair.wire.frame = (frame) => {
      if (frame.kind !== "batch-begin" || frame.batch !== "15") return;
      pair.wire.isConnected = false;
      throw new Error("cut");
    };
    const { id } = await start(pair);
    await pair.until(id, ({ batches }) => batches === "14");
    await rm(mustSucceed(await pair.consumer.transfers.content(id)).path);
    pair.wire.frame = () => {};
    pair.wire.isConnected = true;
    expect(await pair.until(id, isOver)).toMatchObject({ state: "COMPLETED", rows: "2000" });
    await pair.settle();
    expect(await contentOf(pair, id)).toBe(lines(2_000));
    expect(await expectEqualBooks(pair)).toHaveLength(20);
  });

  it("gets the consumer's signature later when it was lost with the connection", async () => {
    const pair = await pairWith(400, {}, { batchRows: 100 });
    let lost = 0;
    pair.wire.control = ({ kind }) => {
      if (kind !== "receipt" || lost >= 2) return true;
      lost += 1;
      if (lost === 2) pair.wire.cut();
      return false;
    };
    const { id } = await start(pair);
    await pair.until(id, isOver);
    await pair.settle();
    expect(lost).toBe(2);
    expect(await expectEqualBooks(pair)).toHaveLength(4);
  });

  it.each([
    { end: "completes", rows: 400 },
    { end: "terminates", rows: 600 },
  ])("gets the consumer's last two signatures with the message that $end it", async ({ end, rows }) => {
    const pair = await pairWith(rows, {}, { batchRows: 100 });
    // The provider waits for at most two: batches 3 and 4 arrive, their signatures do not.
    let signed = 0;
    pair.wire.control = ({ kind }) => kind !== "receipt" || ++signed <= 2;
    const { id } = await start(pair);
    await pair.until(id, ({ batches }) => batches === "4");
    if (end === "terminates") mustSucceed(await pair.consumer.transfers.terminate(requester, id, "不再需要"));
    const over = await pair.until(id, isOver);
    await pair.settle();
    expect(await providerOf(pair, over)).toMatchObject({ state: over.state, receipts: "4" });
    const receipts = await expectEqualBooks(pair);
    expect(receipts.map(({ core }) => core.kind)).toEqual(["usage", "usage", "usage", "usage"]);
  });

  it("ends when the source changed, and what never arrived is taken back by a correction", async () => {
    const pair = await pairWith(400, {}, { batchRows: 100 });
    pair.wire.frame = (frame) => {
      if (frame.kind !== "data" || !pair.wire.isConnected) return;
      pair.wire.isConnected = false;
      pair.wire.cut();
      throw new Error("cut");
    };
    const { id } = await start(pair);
    await pair.until(id, ({ state }) => state === "STARTED");
    await pair.consumer.transfers.idle();
    await pair.file("source.csv", lines(300));
    pair.wire.frame = () => {};
    pair.wire.isConnected = true;
    const ended = await pair.until(id, isOver);
    await pair.settle();

    expect(ended).toMatchObject({ state: "TERMINATED", bytes: "0", reason: { code: "SOURCE_CHANGED" } });
    const receipts = await expectEqualBooks(pair);
    expect(receipts.some(({ core }) => core.kind === "correction")).toBe(true);
    expect(await pair.provider.metering.totals("AGR-1")).toMatchObject({ rows: "0", bytes: "0" });
  });

  it("stops when its agreement ends, and says so at both sides", async () => {
    const pair = await pairWith(1_000, {}, { batchRows: 100 });
    const { id } = await start(pair);
    const running = await pair.until(id, ({ batches }) => Number(batches) >= 2);
    await pair.agree({ validTo: "2020-06-01T00:00:00.000Z" });
    const ended = await pair.until(id, isOver);
    await pair.settle();
    expect(ended).toMatchObject({ state: "TERMINATED", reason: { code: "AUTH_EXPIRED" } });
    expect(Number(ended.rows)).toBeLessThan(1_000);
    expect(await providerOf(pair, running)).toMatchObject({ state: "TERMINATED", reason: { code: "AUTH_EXPIRED" } });
    await expectEqualBooks(pair);
  });
});

function limit(over: Partial<UsageTerms["limits"]>): UsageTerms["limits"] {
  return { maxRows: null, maxBytes: null, maxCallsPerMonth: null, rowsPerSecond: null, ...over };
}

/** A control that is cut is lost with the stream; the first one always arrives, or nothing would ever begin. */
function cutControl(cut: () => void): (control: { readonly kind: string }) => boolean {
  return ({ kind }) => {
    if (kind !== "open") cut();
    return true;
  };
}
