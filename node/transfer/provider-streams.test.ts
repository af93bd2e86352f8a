import { randomBytes } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { openEntry } from "../../test/fixtures/catalog-entries.ts";
import { createTransferPair, requester, type TransferPair } from "../../test/fixtures/transfer-pair.ts";
import { signerOf } from "../../test/fixtures/two-regions.ts";
import { sha256Hex } from "../kernel/digest.ts";
import { mustSucceed } from "../kernel/exchange-error.ts";
import { Mailbox } from "./mailbox.ts";
import type { PullControl } from "./wire.ts";

const MIB = 1024 * 1024;
const entry = openEntry({
  fields: [{ name: "reg_code", label: "注册代码", type: "string", sensitivity: "S0", key: true }],
});

let pair: TransferPair | undefined;
afterEach(async () => {
  await pair?.stop();
});

/** A transfer that the provider has begun and whose own consumer cannot reach it any more: the provider's number of it. */
async function begunAtProvider(made: TransferPair): Promise<string> {
  made.wire.frame = () => {
    made.wire.isConnected = false;
    throw new Error("cut");
  };
  const { id } = mustSucceed(await made.consumer.transfers.start(requester, { agreementId: "AGR-1", selection: {} }));
  await made.until(id, ({ state }) => state === "STARTED");
  await expect.poll(() => made.wire.isConnected).toBe(false);
  return mustSucceed(await made.consumer.transfers.get(id)).peerPid ?? "";
}

/** What the provider gives a consumer that says `open`, and later whatever it likes. */
function pullSaying({ provider, consumer }: TransferPair, transferPid: string, later: AsyncIterable<PullControl>) {
  async function* controls(): AsyncGenerator<PullControl> {
    yield { kind: "open", transferPid, fromBatch: "1", consumerKeyId: signerOf(consumer.id).keyId };
    yield* later;
  }
  const spiffeId = `spiffe://r${consumer.id}.heliu/node/main`;
  const certificate = { leafSerial: "01", issuerFingerprint: "", capabilities: ["transfer"] } as const;
  return provider.transfers.pull({ region: consumer.id, spiffeId, ...certificate }, controls());
}

describe("a provider's stream", () => {
  it("lends a batch's memory out until its own receipt is signed, whatever its consumer says it has signed", async () => {
    pair = await createTransferPair(entry, { batchBytes: 4 * MIB });
    const bytes = randomBytes(16 * MIB);
    await pair.source({ kind: "raw", path: await pair.file("raw.bin", bytes) });
    await pair.agree({});
    const receiptId = sha256Hex("no receipt of this transfer");
    const lies = new Mailbox<PullControl>();
    const begun: string[] = [];
    let at = 0;
    for await (const frame of pullSaying(pair, await begunAtProvider(pair), lies)) {
      if (frame.kind === "batch-begin") begun.push(frame.batch);
      if (frame.kind !== "data") continue;
      for (const batch of ["1", "2", "3"]) lies.put({ kind: "receipt", batch, receiptId, signature: "" });
      // Long enough for the batches behind it to be read, if there were room for them.
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(Buffer.compare(frame.bytes, bytes.subarray(at, at + frame.bytes.length))).toBe(0);
      at += frame.bytes.length;
      if (at === 8 * MIB) break;
    }
    expect(begun).toEqual(["1", "2"]);
  });
});
