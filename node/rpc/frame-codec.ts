import type { ErrorKind } from "../kernel/exchange-error.ts";
import type { Frame, OfferedReceipt, PullControl } from "../transfer/wire.ts";
import type { Frame__Output as FrameOut } from "./generated/heliu/v1/Frame.ts";
import type { OfferedReceipt__Output as OfferedReceiptOut } from "./generated/heliu/v1/OfferedReceipt.ts";
import type {
  PullControl as PullControlIn,
  PullControl__Output as PullControlOut,
} from "./generated/heliu/v1/PullControl.ts";
import type { TransferDefinition } from "./generated/heliu/v1/Transfer.ts";
import { GRPC_STATUS } from "./grpc-status.ts";

/** `Pull` with the transfer room's frames in place of the generated ones. */
export type PullDefinition = Omit<
  TransferDefinition["Pull"],
  "requestSerialize" | "requestDeserialize" | "responseSerialize" | "responseDeserialize"
> & {
  readonly requestSerialize: (control: PullControl) => Buffer;
  readonly requestDeserialize: (bytes: Buffer) => PullControl;
  readonly responseSerialize: (frame: Frame) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Frame;
};

/**
 * Data frames are written and read by hand, everything else by the generated code. What travels is plain protobuf all
 * the same. The generated path copies each MiB three times and halves the throughput.
 */
export function pullDefinition(generated: TransferDefinition["Pull"]): PullDefinition {
  return {
    ...generated,
    requestSerialize: (control) => generated.requestSerialize(fromControl(control)),
    requestDeserialize: (bytes) => toControl(generated.requestDeserialize(notTooLong(bytes))),
    responseSerialize: (frame) =>
      frame.kind === "data" ? encodeData(frame.bytes) : generated.responseSerialize(fromFrame(frame)),
    responseDeserialize: (bytes) => decodeData(bytes) ?? toFrame(generated.responseDeserialize(bytes)),
  };
}

/** What a consumer says while it pulls is short; a stream may keep some dozens of them. */
export const MAX_CONTROL_BYTES = 8 * 1024;

function notTooLong(control: Buffer): Buffer {
  if (control.length > MAX_CONTROL_BYTES) throw new TypeError("a pull control longer than any there is");
  return control;
}

/** What opens a data connection, both ways; gRPC carries it as metadata. Empty strings where there is nothing to say. */
export type Said = { readonly listVersion: string; readonly traceparent: string };

/** The same messages on a data connection, where content is not wrapped at all. */
export type DataCodec = {
  /** `said` goes with `open`. */
  readonly encodeControl: (control: PullControl, said: Said) => Buffer;
  readonly decodeControl: (bytes: Buffer) => { readonly control: PullControl; readonly said: Said };
  readonly encodeFrame: (frame: Exclude<Frame, { kind: "data" }>) => Buffer;
  readonly encodeAccepted: (listVersion: string) => Buffer;
  readonly decodeFrame: (bytes: Buffer) => Frame | { readonly kind: "accepted"; readonly listVersion: string };
};

export function dataCodec(generated: TransferDefinition["Pull"]): DataCodec {
  return {
    encodeControl: (control, said) => {
      const sent = fromControl(control);
      return generated.requestSerialize(sent.open === undefined ? sent : { open: { ...sent.open, ...said } });
    },
    decodeControl: (bytes) => {
      const sent = generated.requestDeserialize(bytes);
      const { listVersion = "", traceparent = "" } = sent.open ?? {};
      return { control: toControl(sent), said: { listVersion, traceparent } };
    },
    encodeFrame: (frame) => generated.responseSerialize(fromFrame(frame)),
    encodeAccepted: (listVersion) => generated.responseSerialize({ accepted: { listVersion } }),
    decodeFrame: (bytes) => {
      const sent = generated.responseDeserialize(bytes);
      return sent.accepted ? { kind: "accepted", listVersion: sent.accepted.listVersion } : toFrame(sent);
    },
  };
}

/** Field 1, wire type 2 (length-delimited). */
const DATA_TAG = 0x0a;

function encodeData(data: Uint8Array): Buffer {
  const header = [DATA_TAG];
  for (let rest = data.length; ; rest >>>= 7) {
    if (rest < 0x80) {
      header.push(rest);
      break;
    }
    header.push((rest & 0x7f) | 0x80);
  }
  return Buffer.concat([Buffer.from(header), data]);
}

/** Undefined for a frame that is not exactly one data field; the generated code then judges it. */
function decodeData(bytes: Buffer): Frame | undefined {
  if (bytes[0] !== DATA_TAG) return undefined;
  let length = 0;
  // Five bytes hold 35 bits; a longer varint cannot be a length that fits a frame.
  for (let at = 1; at <= 5; at++) {
    const byte = bytes[at];
    if (byte === undefined) return undefined;
    length += (byte & 0x7f) * 2 ** (7 * (at - 1));
    if (byte < 0x80)
      return bytes.length === at + 1 + length ? { kind: "data", bytes: bytes.subarray(at + 1) } : undefined;
  }
  return undefined;
}

function fromControl(control: PullControl): PullControlIn {
  switch (control.kind) {
    case "open": {
      const { transferPid, fromBatch, consumerKeyId } = control;
      return { open: { transferPid, fromBatch, consumerKeyId } };
    }
    case "receipt": {
      const { batch, receiptId, signature } = control;
      return { receipt: { batch, receiptId, signature } };
    }
    case "missing":
      return { missing: { fromSeq: control.fromSeq } };
    case "cancel":
      return { cancel: {} };
  }
}

/** Throws on what it does not know: the stream then ends with an error, and nothing is guessed. */
function toControl(sent: PullControlOut): PullControl {
  if (sent.open) {
    const { transferPid, fromBatch, consumerKeyId } = sent.open;
    return { kind: "open", transferPid, fromBatch, consumerKeyId };
  }
  if (sent.receipt) return { kind: "receipt", ...sent.receipt };
  if (sent.missing) return { kind: "missing", fromSeq: sent.missing.fromSeq };
  if (sent.cancel) return { kind: "cancel" };
  throw new TypeError("a pull control of an unknown kind");
}

function fromFrame(frame: Exclude<Frame, { kind: "data" }>) {
  switch (frame.kind) {
    case "batch-begin": {
      const { batch, rows, bytes, core, providerSignature } = frame;
      return { batchBegin: { batch, rows, bytes, receipt: { core, providerSignature } } };
    }
    case "receipt":
      return { receipt: { core: frame.core, providerSignature: frame.providerSignature } };
    case "end": {
      const { rows, bytes, sha256, batches } = frame;
      return { end: { rows, bytes, sha256, batches } };
    }
    case "refused": {
      const { errorKind, code, rule, text } = frame;
      return { refused: { errorKind, code, rule, text } };
    }
  }
}

function toFrame(sent: FrameOut): Frame {
  if (sent.data !== undefined && sent.frame === "data") return { kind: "data", bytes: sent.data };
  if (sent.batchBegin) {
    const { batch, rows, bytes, receipt } = sent.batchBegin;
    return { kind: "batch-begin", batch, rows, bytes, ...offered(receipt) };
  }
  if (sent.receipt) return { kind: "receipt", ...offered(sent.receipt) };
  if (sent.end) return { kind: "end", ...sent.end };
  if (sent.refused) {
    const { errorKind, code, rule, text } = sent.refused;
    return { kind: "refused", errorKind: knownKind(errorKind), code, rule, text: text ?? { zh: "", en: "" } };
  }
  throw new TypeError("a frame of an unknown kind");
}

export function offered(receipt: OfferedReceiptOut | null | undefined): OfferedReceipt {
  if (receipt == null) throw new TypeError("a message without the receipt it must carry");
  return { core: receipt.core, providerSignature: receipt.providerSignature };
}

export function knownKind(kind: string): ErrorKind {
  if (Object.hasOwn(GRPC_STATUS, kind)) return kind as ErrorKind;
  throw new TypeError(`a refusal of unknown kind ${JSON.stringify(kind)}`);
}
