import type { GossipChannel } from "../audit/gossip.ts";
import type { SignedChangeBatch } from "../catalog/model.ts";
import type { CrlFacts } from "../identity/crl.ts";
import type { Peer, TrustView } from "../identity/model.ts";
import { checkPeerCertificate } from "../identity/peer-check.ts";
import { type Failure, ok, type Result, refusals } from "../kernel/exchange-error.ts";
import { ExchangeFault } from "../kernel/exchange-fault.ts";
import { newUlid } from "../kernel/ids.ts";
import type { Logger } from "../kernel/logger.ts";
import type { Runtime } from "../kernel/runtime.ts";
import type { OutboxMessage, PeerChannel } from "../outbox/model.ts";
import type { DataChannel } from "../transfer/wire.ts";
import { toBatch } from "./catalog-codec.ts";
import { answerOf, messageOf } from "./deliver.ts";
import { createGossipClient } from "./gossip-client.ts";
import { fromInvokeRequest, toInvokeAnswer } from "./invoke-codec.ts";
import { type LinkTiming, type Method, PeerLink } from "./peer-link.ts";
import { protocol } from "./protocol.ts";
import { createSettlementChannel, type SettlementChannel } from "./settlement-client.ts";
import type { CheckChain, HandshakeOptions } from "./tls-handshake.ts";
import { createTrustChannel, type TrustChannel } from "./trust-client.ts";

export type PeerClientDeps = {
  readonly trust: TrustView;
  readonly crls: (region: string) => readonly CrlFacts[];
  /** The leaf in force; read at each new connection. */
  readonly credentials: HandshakeOptions["credentials"];
  readonly runtime: Runtime;
  readonly logger: Logger;
  /** A peer showed its trust list's version with an answer. */
  readonly sawListVersion: (region: string, version: bigint) => void;
  readonly timing?: LinkTiming;
};

/** Every way from this node to its peers, over one kept-open connection each. */
export type PeerClients = {
  readonly peer: PeerChannel;
  readonly catalog: {
    readonly subscribe: (region: string, fromSequence: string, signal: AbortSignal) => AsyncIterable<SignedChangeBatch>;
    readonly snapshot: (region: string, signal: AbortSignal) => AsyncIterable<SignedChangeBatch>;
    /** Gives up a link that went silent; the next call connects anew. */
    readonly reset: (region: string) => void;
  };
  readonly data: DataChannel;
  readonly witness: {
    readonly cosign: (region: string, body: string) => Promise<{ readonly status: number; readonly body: string }>;
  };
  readonly audit: {
    readonly checkpoint: (region: string) => Promise<Result<string>>;
    readonly proof: (region: string, index: string) => Promise<Result<{ proof: string; leaf: Uint8Array }>>;
  };
  readonly gossip: GossipChannel;
  /** What a peer holds of its dealings with this region: for a restore. */
  readonly holdings: (region: string) => AsyncIterable<{ readonly kind: string; readonly record: unknown }>;
  readonly settlement: SettlementChannel;
  readonly trust: TrustChannel;
  /** How a server of that region is judged; also for `checkPeer`. */
  readonly checkServer: (region: string) => CheckChain;
  /** The link to a region, or why there can be none. */
  readonly link: (region: string) => Result<PeerLink>;
  /** Ends the connections to peers that are no longer trusted; to be called when trust list or revocations change. */
  readonly recheck: (isStillTrusted: (peer: Peer) => Result<true>) => void;
  readonly close: () => void;
};

const refuse = refusals({ PEER_UNKNOWN: "not-found", PEER_SUSPENDED: "forbidden", PEER_NO_ENDPOINT: "unavailable" });

export function createPeerClients(deps: PeerClientDeps): PeerClients {
  const { runtime } = deps;
  const { link, reset, close, checkServer, recheck } = createLinks(deps);
  const messageId = () => newUlid(runtime);
  const { Catalog, Transfer, Audit } = protocol();

  const unary = async <Request, Response>(region: string, method: Method<Request, Response>, request: Request) => {
    const found = link(region);
    return found.ok ? found.value.unary(method, request) : found;
  };

  return {
    peer: { deliver: (message) => deliver(link(message.peer), message) },
    catalog: {
      reset,
      async *subscribe(region, fromSequence, signal) {
        const request = { messageId: messageId(), fromSequence };
        for await (const batch of mustLink(link(region)).serverStream(Catalog.Subscribe, request, signal)) {
          yield toBatch(batch);
        }
      },
      async *snapshot(region, signal) {
        const request = { messageId: messageId() };
        for await (const batch of mustLink(link(region)).serverStream(Catalog.Snapshot, request, signal)) {
          yield toBatch(batch);
        }
      },
    },
    data: {
      async *pull(region, controls) {
        yield* mustLink(link(region)).pull(Transfer.Pull, controls);
      },
      async invoke(region, request) {
        const answer = await unary(region, Transfer.Invoke, fromInvokeRequest(request));
        return answer.ok ? ok(toInvokeAnswer(answer.value)) : answer;
      },
    },
    witness: {
      async cosign(region, body) {
        const answer = await unary(region, Audit.Cosign, { messageId: messageId(), body });
        // 503 is what an HTTP witness that cannot be reached amounts to: asked again at the next checkpoint.
        return answer.ok ? answer.value : { status: 503, body: `${answer.error.code}: ${answer.error.text.en}` };
      },
    },
    audit: {
      async checkpoint(region) {
        const answer = await unary(region, Audit.Checkpoint, { messageId: messageId() });
        return answer.ok ? ok(answer.value.note) : answer;
      },
      async proof(region, index) {
        const answer = await unary(region, Audit.Proof, { messageId: messageId(), index });
        return answer.ok ? ok({ proof: answer.value.proof, leaf: answer.value.leaf }) : answer;
      },
    },
    gossip: createGossipClient(link, messageId),
    async *holdings(region) {
      const stream = mustLink(link(region)).serverStream(Audit.Holdings, { messageId: messageId() });
      for await (const { kind, json } of stream) yield { kind, record: JSON.parse(json.toString("utf8")) as unknown };
    },
    settlement: createSettlementChannel(link, messageId),
    trust: createTrustChannel(link, messageId),
    ...{ checkServer, link, recheck, close },
  };
}

type Links = Pick<PeerClients, "link" | "close" | "checkServer" | "recheck"> & {
  readonly reset: (region: string) => void;
};

function createLinks(deps: PeerClientDeps): Links {
  const { trust, runtime } = deps;
  const links = new Map<string, PeerLink>();
  const checkServer: PeerClients["checkServer"] = (region) => (chainDer) =>
    checkPeerCertificate({
      chainDer,
      nowMs: runtime.nowMs(),
      trust,
      crls: deps.crls,
      use: "server",
      expectRegion: region,
    });
  const reset = (region: string) => {
    links.get(region)?.close();
    links.delete(region);
  };

  return {
    checkServer,
    reset,
    link(region) {
      const entry = trust.region(region);
      if (entry === undefined) return unknownPeer(region);
      if (entry.status === "suspended") {
        reset(region);
        return suspendedPeer(region);
      }
      const held = links.get(region);
      const endpoint = endpointFor(entry.endpoints.rpc, held);
      if (endpoint === undefined) return noEndpoint(region);
      if (held?.endpoint === endpoint) return ok(held);
      // Calls under way finish on the old link.
      held?.close();
      const link = new PeerLink({
        ...{ region, endpoint, runtime },
        handshake: { credentials: deps.credentials, check: checkServer(region) },
        listVersion: () => trust.current()?.list.version,
        sawListVersion: deps.sawListVersion,
        ...(deps.timing === undefined ? {} : { timing: deps.timing }),
      });
      links.set(region, link);
      return ok(link);
    },
    recheck(isStillTrusted) {
      for (const link of links.values()) link.recheck(isStillTrusted);
    },
    close() {
      for (const region of [...links.keys()]) reset(region);
    },
  };
}

/** The one in use while it works and is listed; after a failure the next one, so that any reachable one is found. */
function endpointFor(listed: readonly string[], held: PeerLink | undefined): string | undefined {
  const at = held === undefined ? -1 : listed.indexOf(held.endpoint);
  if (at === -1) return listed[0];
  return held?.isFailing ? listed[(at + 1) % listed.length] : listed[at];
}

async function deliver(link: Result<PeerLink>, message: OutboxMessage) {
  if (!link.ok) return link;
  const { Negotiation, Transfer, Settlement } = protocol();
  const method = {
    negotiation: () => Negotiation.Deliver,
    transfer: () => Transfer.Deliver,
    settlement: () => Settlement[message.kind as "Declare" | "Propose" | "Sign" | "Budget"],
    netting: () => Settlement.Net,
    objection: () => Negotiation.DeliverObjection,
  }[message.topic]();
  // A kind without a method is our own mistake; nothing was sent.
  if (method === undefined) throw new Error(`no method of ${message.topic} carries a message of kind ${message.kind}`);
  const ack = await link.value.unary(method, messageOf(message), { traceId: message.traceId });
  return ack.ok ? answerOf(ack.value, message.peer) : ack;
}

function mustLink(link: Result<PeerLink>): PeerLink {
  if (link.ok) return link.value;
  throw new ExchangeFault(link.error);
}

function unknownPeer(region: string): Failure {
  return refuse(
    "PEER_UNKNOWN",
    {
      zh: `现行信任列表中没有地区 ${region};请核对区划代码,或等待包含该地区的新版本生效。`,
      en: `The trust list in force has no region ${region}; check the division code, or wait for a version that includes it.`,
    },
    { region },
  );
}

function suspendedPeer(region: string): Failure {
  return refuse(
    "PEER_SUSPENDED",
    {
      zh: `地区 ${region} 已被信任列表暂停,不能与其通信;请联系发起地区。`,
      en: `Region ${region} is suspended in the trust list, so there is no way to it; ask the founding regions.`,
    },
    { region },
  );
}

function noEndpoint(region: string): Failure {
  return refuse(
    "PEER_NO_ENDPOINT",
    {
      zh: `信任列表没有写明地区 ${region} 的 gRPC 地址;请该地区在下一版本中补充。`,
      en: `The trust list names no gRPC address of region ${region}; it has to be added in the next version.`,
    },
    { region },
  );
}
