import type { Tidings } from "../audit/gossip.ts";
import type { SignedChangeBatch } from "../catalog/model.ts";
import type { Peer, SignedTrustList, TrustView } from "../identity/model.ts";
import type { Result } from "../kernel/exchange-error.ts";
import type { Receipt } from "../metering/model.ts";
import type { Answer, InboundMessage } from "../outbox/model.ts";
import type { TreeRequest, WireTreeNode } from "../settlement/tree-walk.ts";
import type { Unsubscribe } from "../storage/port.ts";
import type { Frame, InvokeAnswer, InvokeRequest, PullControl } from "../transfer/wire.ts";

/** What the gRPC services need of the domain services; `compose` hands them over. */
export type RpcServices = {
  readonly federation: {
    /** Batches after a number, then each later one; a batch without changes is a heartbeat. */
    readonly serve: (peer: Peer, fromSequence: string, signal: AbortSignal) => AsyncIterable<SignedChangeBatch>;
    /** From the first change to the present head. */
    readonly snapshot: (peer: Peer, signal: AbortSignal) => AsyncIterable<SignedChangeBatch>;
  };
  readonly outbox: { readonly receive: (message: InboundMessage) => Promise<Result<Answer>> };
  readonly transfers: {
    readonly pull: (peer: Peer, controls: AsyncIterable<PullControl>) => AsyncIterable<Frame>;
    readonly invoke: (peer: Peer, request: InvokeRequest) => Promise<Result<InvokeAnswer>>;
  };
  readonly settlements: {
    readonly treeNodes: (peer: Peer, request: TreeRequest) => Promise<Result<readonly WireTreeNode[]>>;
    readonly receipts: (peer: Peer, agreementId: string, receiptIds: readonly string[]) => AsyncIterable<Receipt>;
  };
  readonly audit: {
    readonly head: () => Promise<{ readonly note: string }>;
    /** Refused unless the peer is a party to the leaf's agreement. */
    readonly proofForPeer: (peer: Peer, index: string) => Promise<Result<string>>;
    readonly leaf: (index: string) => Promise<Result<{ readonly bytes: Uint8Array }>>;
    readonly addCheckpoint: (body: string) => Promise<{ readonly status: number; readonly body: string }>;
    readonly gossip: (peer: Peer, tidings: Tidings) => Promise<Tidings>;
    readonly consistency: (origin: string, first: bigint, second: bigint) => Promise<Result<readonly Uint8Array[]>>;
    readonly acceptSuccession: (peer: Peer, proof: string, leaf: Uint8Array) => Promise<Result<true>>;
  };
  /** What this region holds of its dealings with the peer that asks. */
  readonly holdings: {
    readonly of: (peer: Peer) => AsyncIterable<{ readonly kind: string; readonly record: unknown }>;
  };
  readonly trust: TrustView & TrustSource;
};

type TrustSource = {
  /** The list in force with its signatures. */
  readonly signed: () => SignedTrustList | undefined;
  readonly accept: (signed: SignedTrustList) => Promise<Result<{ readonly version: string; readonly digest: string }>>;
  /** This region's own revocation list in DER; undefined before the first one. */
  readonly ownCrl: () => Uint8Array | undefined;
  readonly onChange: (onChange: () => void) => Unsubscribe;
  /** A new leaf and its chain in DER for a node of this region that asks with a PKCS#10 in DER. */
  readonly renew: (peer: Peer, csr: Uint8Array) => Promise<Result<readonly Uint8Array[]>>;
};
