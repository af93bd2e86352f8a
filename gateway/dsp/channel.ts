import { Agent, type ClientRequestArgs, request as httpRequest } from "node:http";
import { connect as connectTcp } from "node:net";
import type { Duplex } from "node:stream";
import type { CrlFacts } from "../../node/identity/crl.ts";
import type { TrustView } from "../../node/identity/model.ts";
import { checkPeerCertificate } from "../../node/identity/peer-check.ts";
import type { Canonical } from "../../node/kernel/canonical-json.ts";
import { ok, type Result, refusals } from "../../node/kernel/exchange-error.ts";
import { msOf } from "../../node/kernel/instant.ts";
import type { Runtime } from "../../node/kernel/runtime.ts";
import { traceParentOf } from "../../node/kernel/trace.ts";
import type { Answer, OutboxMessage, PeerChannel } from "../../node/outbox/model.ts";
import type { TlsCredentials } from "../../node/rpc/tls-front.ts";
import { shakeHands } from "../../node/rpc/tls-handshake.ts";
import { checkCallback } from "./callback.ts";

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 64 * 1024;
/** How long an answer of 404 or 409 may only mean that our message overtook the peer's own commit. Source: dsp.md §3.8. */
const GRACE_MS = 10_000;

type DspChannelDeps = {
  readonly trust: TrustView & { readonly crls: { readonly of: (region: string) => readonly CrlFacts[] } };
  readonly credentials: () => TlsCredentials;
  readonly runtime: Runtime;
};

const refuse = refusals({
  DSP_NOT_CONNECTED: "unavailable",
  DSP_UNREACHABLE: "unavailable",
  DSP_NOT_READY: "not-yet",
  DSP_REFUSED: "conflict",
  DSP_NO_ADDRESS: "invalid-input",
});

/** Where each message goes below the callback address. Source: dsp.md §1.2, N8–N12. */
const PATHS: { readonly [kind: string]: (pid: string) => string } = {
  ContractOfferMessage: (pid) => `/negotiations/${pid}/offers`,
  ContractAgreementMessage: (pid) => `/negotiations/${pid}/agreement`,
  ContractNegotiationEventMessage: (pid) => `/negotiations/${pid}/events`,
  ContractNegotiationTerminationMessage: (pid) => `/negotiations/${pid}/termination`,
};

export type DspChannel = {
  readonly channel: PeerChannel;
  /** The channel is made before the node whose trust list and leaf it uses; until this, deliveries wait. */
  readonly connect: (deps: DspChannelDeps) => void;
  /** Closes idle connections. */
  readonly close: () => void;
};

/** Our messages to connectors: POST to the address the peer asked to be called at, as far as the trust list names it. */
export function createDspChannel(): DspChannel {
  let connected: DspChannelDeps | undefined;
  const agents = new Map<string, Agent>();

  const agentOf = (deps: DspChannelDeps, region: string): Agent => {
    const agent = agents.get(region) ?? peerAgent(deps, region);
    agents.set(region, agent);
    return agent;
  };

  return {
    channel: {
      async deliver(message) {
        if (connected === undefined) return notConnected();
        const { peer, kind, callbackAddress, body } = message;
        const path = PATHS[kind];
        const pid = (body as { readonly consumerPid?: unknown }).consumerPid;
        if (path === undefined || callbackAddress === undefined || typeof pid !== "string") return noAddress(kind);
        // Asked again at each delivery: the list may have changed since the request was taken.
        const base = checkCallback(connected.trust, peer, callbackAddress);
        if (!base.ok) return base;
        const url = new URL(base.value.href.replace(/\/+$/, "") + path(encodeURIComponent(pid).replaceAll("%3A", ":")));
        return post(connected, agentOf(connected, peer), url, message);
      },
    },
    connect(deps) {
      connected = deps;
    },
    close() {
      for (const agent of agents.values()) agent.destroy();
      agents.clear();
    },
  };
}

/** Connections to one region, kept open between messages; each is checked to be that region's before a byte is written. */
function peerAgent({ trust, credentials, runtime }: DspChannelDeps, region: string): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 8, timeout: 30_000 });
  const check = (chainDer: readonly Uint8Array[]) =>
    checkPeerCertificate({
      chainDer,
      nowMs: runtime.nowMs(),
      trust,
      crls: trust.crls.of,
      use: "server",
      expectRegion: region,
    });
  const createConnection = (options: ClientRequestArgs, done: (fault: Error | null, stream?: Duplex) => void) => {
    const host = (options.host ?? "").replace(/^\[|\]$/g, "");
    const socket = connectTcp({ host, port: Number(options.port) });
    socket.once("error", (fault) => done(fault));
    socket.once("connect", () => {
      socket.removeAllListeners("error");
      shakeHands(socket, { host, credentials, check, timeoutMs: TIMEOUT_MS, protocol: "http/1.1" }).then(
        (tls) => done(null, tls),
        (fault: Error) => done(fault),
      );
    });
  };
  return Object.assign(agent, { createConnection });
}

type HttpAnswer = { readonly status: number; readonly text: string };

async function post(
  { runtime }: DspChannelDeps,
  agent: Agent,
  url: URL,
  message: OutboxMessage,
): Promise<Result<Answer>> {
  let answer: HttpAnswer;
  try {
    answer = await send(agent, url, JSON.stringify(onWire(message)), traceParentOf(message.traceId, runtime));
  } catch (fault) {
    return unreachable(message.peer, fault);
  }
  const { status } = answer;
  // The answer's body is not believed: our own state says where the process is.
  if (status >= 200 && status < 300) return ok({});
  if (status >= 500 || status === 408 || status === 429) return unreachable(message.peer, new Error(`HTTP ${status}`));
  const isFresh = runtime.nowMs() - msOf(message.createdAt) < GRACE_MS;
  if (isFresh && (status === 404 || status === 409)) return notReady(message.peer, status);
  return refusedByPeer(message.peer, answer);
}

function send(agent: Agent, url: URL, body: string, traceparent: string): Promise<HttpAnswer> {
  const { hostname: host, port, pathname: path } = url;
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        ...{ agent, host, path, method: "POST", port: port === "" ? 443 : Number(port), setHost: false },
        headers: {
          host: url.host,
          "content-type": "application/json",
          accept: "application/json",
          traceparent,
          "content-length": Buffer.byteLength(body),
        },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      },
      (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on("data", (chunk: Buffer) => {
          size += chunk.length;
          if (size > MAX_ANSWER_BYTES) request.destroy(new Error("the answer is too large"));
          else chunks.push(chunk);
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
        response.on("error", reject);
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}

/** The same `@id` on every retry; keys that only regions understand, and what is null, are left out. */
function onWire({ id, kind, body }: OutboxMessage): object {
  const { comment: _comment, mode: _mode, reason, ...rest } = body as { readonly [key: string]: Canonical };
  const words =
    kind === "ContractNegotiationTerminationMessage" && Array.isArray(reason) ? { reason: wordsOf(reason) } : {};
  return { "@id": `urn:heliu:message:${id}`, ...rest, ...words };
}

function wordsOf(reason: readonly Canonical[]): string[] {
  return reason.flatMap((item) => {
    const text = (item as { readonly text?: { readonly en?: unknown } } | null)?.text?.en;
    return typeof text === "string" ? [text] : [];
  });
}

function notConnected(): Result<never> {
  return refuse("DSP_NOT_CONNECTED", {
    zh: "节点正在启动,DSP 通道尚未就绪;消息稍后重发。",
    en: "The node is starting and its DSP channel is not ready; the message is sent again.",
  });
}

function unreachable(peer: string, fault: unknown): Result<never> {
  return refuse(
    "DSP_UNREACHABLE",
    {
      zh: `无法通过 DSP 送达地区 ${peer};消息保留并自动重发。`,
      en: `Region ${peer} could not be reached over DSP; the message is kept and sent again.`,
    },
    { cause: fault instanceof Error ? fault.message : String(fault) },
  );
}

function notReady(peer: string, status: number): Result<never> {
  return refuse("DSP_NOT_READY", {
    zh: `地区 ${peer} 的连接器尚未准备好接收(HTTP ${status});稍后重发。`,
    en: `The connector of region ${peer} is not yet ready for the message (HTTP ${status}); it is sent again.`,
  });
}

function refusedByPeer(peer: string, { status, text }: HttpAnswer): Result<never> {
  const said = text.slice(0, 500);
  return refuse(
    "DSP_REFUSED",
    {
      zh: `地区 ${peer} 的连接器拒绝了消息(HTTP ${status}):${said}`,
      en: `The connector of region ${peer} refused the message (HTTP ${status}): ${said}`,
    },
    { status: String(status) },
  );
}

function noAddress(kind: string): Result<never> {
  return refuse("DSP_NO_ADDRESS", {
    zh: `消息 ${kind} 没有可用的回调地址。`,
    en: `There is no callback address for ${kind}.`,
  });
}
