import type { ErrorKind, Result } from "../kernel/exchange-error.ts";
import type { Text } from "../kernel/text.ts";

/**
 * What goes over the data plane between two regions, independent of the transport. Cores travel as their canonical text,
 * so that the bytes that were signed are the bytes that are checked. Counts are decimal strings, hashes lower-case hex,
 * signatures padded standard base64.
 */

/** Longest `data` frame. */
export const MAX_FRAME_BYTES = 1024 * 1024;

/** A receipt core with the provider's signature over it. */
export type OfferedReceipt = { readonly core: string; readonly providerSignature: string };

export type ConsumerSignature = { readonly receiptId: string; readonly signature: string };

/** Consumer → provider on a pull stream. The first one is `open`, exactly once. */
export type PullControl =
  | {
      readonly kind: "open";
      /** The provider's pid of the transfer. */
      readonly transferPid: string;
      /** Number of the first batch the consumer does not hold durably; `"1"` at the beginning. */
      readonly fromBatch: string;
      /** The statement key the consumer will sign with. */
      readonly consumerKeyId: string;
    }
  /** The bytes of the batch are durable at the consumer. */
  | { readonly kind: "receipt"; readonly batch: string; readonly receiptId: string; readonly signature: string }
  /** Send the cores from this number of the agreement's chain on again: the consumer's chain has a gap there. */
  | { readonly kind: "missing"; readonly fromSeq: string }
  | { readonly kind: "cancel" };

/**
 * Provider → consumer on a pull stream. A stream that ends (or throws at the reader) without `end` or `refused` was
 * interrupted: the consumer opens again from its last durable batch.
 */
export type Frame =
  /** `bytes` bytes in `data` frames follow; there is no frame that ends a batch. */
  | ({
      readonly kind: "batch-begin";
      readonly batch: string;
      readonly rows: string;
      readonly bytes: string;
    } & OfferedReceipt)
  /**
   * Between 1 and `MAX_FRAME_BYTES` bytes. The sender leaves them as they are until the batch is signed for; the receiver may
   * read them until it asks for the next frame, after which the transport uses their memory again.
   */
  | { readonly kind: "data"; readonly bytes: Uint8Array }
  /** A core of the agreement's chain without content: the answer to `missing`. */
  | ({ readonly kind: "receipt" } & OfferedReceipt)
  /** Everything was sent; totals over the whole transfer, of every stream it took. */
  | {
      readonly kind: "end";
      readonly rows: string;
      readonly bytes: string;
      readonly sha256: string;
      readonly batches: string;
    }
  /** The provider will send no more on this stream, and says why. The last frame. */
  | {
      readonly kind: "refused";
      readonly errorKind: ErrorKind;
      readonly code: string;
      readonly rule: string;
      readonly text: Text;
    };

/** Calls of a product, one request for many. Sent again under the same `messageId` when the answer is lost. */
export type InvokeRequest = {
  readonly messageId: string;
  readonly agreementId: string;
  /** Re-stated at each call; one of the agreement's purposes. */
  readonly purpose: string;
  /** At most `MAX_CALLS_PER_REQUEST`. `callId` is unique within the agreement: the same one again is answered, not metered. */
  readonly inputs: readonly { readonly callId: string; readonly input: { readonly [field: string]: string } }[];
  /** Signatures over windows that earlier answers brought. */
  readonly signatures: readonly ConsumerSignature[];
  readonly consumerKeyId: string;
  /** Close the open window now and answer with it. */
  readonly flush: boolean;
  /** Windows whose answers were lost at the consumer: send them again. Receipt ids. */
  readonly resend: readonly string[];
  /** As in `PullControl`: number from which cores of the chain are missing; null when none is. */
  readonly missingFrom: string | null;
};

export const MAX_CALLS_PER_REQUEST = 256;

export type AnsweredCall = {
  readonly callId: string;
  /** Answers by flag; `unknown` is an answer of its own and never means no. */
  readonly output: { readonly [flag: string]: string };
  /** Number of the window of this agreement that meters the call, and the call's place in it from 0. */
  readonly window: string;
  readonly index: number;
};

export type RefusedCall = {
  readonly callId: string;
  readonly refusal: {
    readonly errorKind: ErrorKind;
    readonly code: string;
    readonly rule: string;
    readonly text: Text;
  };
};

export type InvokeAnswer = {
  readonly answers: readonly (AnsweredCall | RefusedCall)[];
  /** Closed windows that the consumer has not signed yet, in the order of the chain. */
  readonly windows: readonly (OfferedReceipt & {
    readonly window: string;
    /** Only for receipts named in `resend`: every answer of the window, in its order. */
    readonly calls: readonly AnsweredCall[] | null;
  })[];
  /** The answer to `missingFrom`: every core from that number on, in order. */
  readonly receipts: readonly OfferedReceipt[];
  /** True while calls of this agreement lie in a window that is not closed yet. */
  readonly open: boolean;
};

/** The way to a provider's data, implemented by `rpc`. `pull` cancels the stream when its reader stops reading. */
export type DataChannel = {
  readonly pull: (region: string, controls: AsyncIterable<PullControl>) => AsyncIterable<Frame>;
  readonly invoke: (region: string, request: InvokeRequest) => Promise<Result<InvokeAnswer>>;
};
