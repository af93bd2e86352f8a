import { describe, expect, it } from "vitest";
import type { Frame, PullControl } from "../transfer/wire.ts";
import { protocol } from "./protocol.ts";

const { Pull } = protocol().Transfer;
const receipt = { core: '{"type":"heliu.receipt.v1"}', providerSignature: "c2ln" };

const frames: Frame[] = [
  { kind: "batch-begin", batch: "1", rows: "10", bytes: "200", ...receipt },
  { kind: "receipt", ...receipt },
  { kind: "end", rows: "10", bytes: "200", sha256: "ab", batches: "1" },
  {
    kind: "refused",
    errorKind: "policy-denied",
    code: "OUT_OF_SCOPE",
    rule: "policy.fields",
    text: { zh: "超出范围", en: "Out of scope" },
  },
];

const controls: PullControl[] = [
  { kind: "open", transferPid: "urn:uuid:1", fromBatch: "3", consumerKeyId: "ed25519:0" },
  { kind: "receipt", batch: "3", receiptId: "ff", signature: "c2ln" },
  { kind: "missing", fromSeq: "7" },
  { kind: "cancel" },
];

describe("the codec of the pull stream", () => {
  it.each(frames)("brings a $kind frame back as it was", (frame) => {
    expect(Pull.responseDeserialize(Pull.responseSerialize(frame))).toEqual(frame);
  });

  it.each(controls)("brings a $kind control back as it was", (control) => {
    expect(Pull.requestDeserialize(Pull.requestSerialize(control))).toEqual(control);
  });

  it.each([1, 127, 128, 16_383, 16_384, 1_048_576])("reads %i bytes without copying them", (size) => {
    const bytes = Buffer.alloc(size, 0xa5);
    const sent = Pull.responseSerialize({ kind: "data", bytes });
    const frame = Pull.responseDeserialize(sent);
    if (frame.kind !== "data") throw new Error(frame.kind);
    expect(Buffer.compare(frame.bytes, bytes)).toBe(0);
    expect((frame.bytes as Buffer).buffer).toBe(sent.buffer);
  });

  it("reads data frames of any protobuf writer, not only its own", () => {
    // The same field twice: the last one wins in protobuf, and only the generated reader knows that.
    const twice = Buffer.from([0x0a, 1, 0x61, 0x0a, 2, 0x62, 0x63]);
    expect(Pull.responseDeserialize(twice)).toEqual({ kind: "data", bytes: Buffer.from("bc") });
  });

  it("reads no control longer than any there is", () => {
    const long = Pull.requestSerialize({
      kind: "receipt",
      batch: "3",
      receiptId: "f".repeat(8_192),
      signature: "c2ln",
    });
    expect(() => Pull.requestDeserialize(long)).toThrow("longer");
  });

  it("refuses a frame of a kind it does not know", () => {
    expect(() => Pull.responseDeserialize(Buffer.from([0x7a, 1, 0x61]))).toThrow("unknown kind");
    expect(() => Pull.requestDeserialize(Buffer.alloc(0))).toThrow("unknown kind");
  });
});
