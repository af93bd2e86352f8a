import type { TLSSocket } from "node:tls";
import {
  type CallOptions,
  Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  connectivityState,
  type Metadata,
  type ServiceError,
} from "@grpc/grpc-js";
import type { Peer } from "../identity/model.ts";
import { type ExchangeError, err, ok, type Result } from "../kernel/exchange-error.ts";
import { ExchangeFault } from "../kernel/exchange-fault.ts";
import type { Runtime } from "../kernel/runtime.ts";
import { currentTraceId } from "../kernel/trace.ts";
import type { Frame, PullControl } from "../transfer/wire.ts";
import { callMetadata, listVersionOf, saidIn } from "./call-metadata.ts";
import { createDataClient, type DataClient } from "./data-client.ts";
import { KEEPALIVE, type Keepalive } from "./data-connection.ts";
import { errorOf } from "./grpc-status.ts";
import { PeerCredentials } from "./peer-credentials.ts";
import { protocol } from "./protocol.ts";
import { FLOW_CONTROL_WINDOW } from "./server.ts";
import type { CheckChain, HandshakeOptions } from "./tls-handshake.ts";

/** What both generated and hand-written method definitions have. */
export type Method<Request, Response> = {
  readonly path: string;
  readonly requestSerialize: (request: Request) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Response;
};

export type PeerLinkDeps = {
  readonly region: string;
  /** `host:port` as the trust list names it. */
  readonly endpoint: string;
  readonly handshake: Omit<HandshakeOptions, "host" | "timeoutMs">;
  readonly runtime: Runtime;
  readonly listVersion: () => string | undefined;
  /** The peer showed its trust list's version. */
  readonly sawListVersion: (region: string, version: bigint) => void;
  readonly timing?: LinkTiming;
};

export type LinkTiming = {
  readonly keepalive: Keepalive;
  readonly handshakeMs: number;
  readonly callMs: number;
  readonly reconnectMs: { readonly first: number; readonly longest: number };
};

/** The longest pause is short: a federation has tens of regions, and a healed link should be used at once. */
export const LINK_TIMING: LinkTiming = {
  keepalive: KEEPALIVE,
  handshakeMs: 5_000,
  callMs: 20_000,
  reconnectMs: { first: 100, longest: 2_000 },
};

/** A batch of changes with whole entries is the largest message a peer sends us; data frames are 1 MiB. */
const MAX_ANSWER_BYTES = 64 * 1_048_576;

/** One kept-open connection to a peer. grpc-js reconnects by itself; calls meanwhile fail at once as unavailable. */
export class PeerLink {
  readonly region: string;
  readonly endpoint: string;
  readonly #client: Client;
  readonly #deps: PeerLinkDeps;
  readonly #callMs: number;
  /** Why the last attempt to connect failed; undefined while connected. */
  #failure: { readonly reason: string; readonly error?: ExchangeError } | undefined;
  /** Who answered the handshake of the connection in use. */
  #peer: Peer | undefined;
  readonly #sockets = new Set<TLSSocket>();
  readonly #data: DataClient;

  constructor(deps: PeerLinkDeps) {
    const timing = deps.timing ?? LINK_TIMING;
    this.region = deps.region;
    this.endpoint = deps.endpoint;
    this.#deps = deps;
    this.#callMs = timing.callMs;
    const host = new URL(`tcp://${deps.endpoint}`).hostname.replace(/^\[|\]$/g, "");
    const credentials = new PeerCredentials(
      { ...deps.handshake, check: this.#checkPeer, host, timeoutMs: timing.handshakeMs },
      {
        connected: (socket) => {
          this.#failure = undefined;
          this.#sockets.add(socket);
          socket.once("close", () => this.#sockets.delete(socket));
        },
        failed: (reason, error) => {
          this.#failure = error === undefined ? { reason } : { reason, error };
        },
      },
    );
    this.#data = createDataClient({
      ...{ endpoint: deps.endpoint, handshake: deps.handshake, codec: protocol().data },
      ...{ handshakeMs: timing.handshakeMs, keepalive: timing.keepalive },
      said: () => saidIn(this.#metadata()),
      sawListVersion: (version) => deps.sawListVersion(deps.region, version),
    });
    this.#client = new Client(deps.endpoint, credentials, {
      "grpc.keepalive_time_ms": timing.keepalive.everyMs,
      "grpc.keepalive_timeout_ms": timing.keepalive.timeoutMs,
      "grpc.keepalive_permit_without_calls": 1,
      "grpc.initial_reconnect_backoff_ms": timing.reconnectMs.first,
      "grpc.max_reconnect_backoff_ms": timing.reconnectMs.longest,
      "grpc.max_receive_message_length": MAX_ANSWER_BYTES,
      "grpc-node.flow_control_window": FLOW_CONTROL_WINDOW,
      // Retrying is the outbox's; a copy of every sent message kept for grpc-js's own retries would only cost memory.
      "grpc.enable_retries": 0,
      "grpc.enable_http_proxy": 0,
      "grpc.service_config_disable_resolution": 1,
      "grpc.use_local_subchannel_pool": 1,
      "grpc.enable_channelz": 0,
    });
  }

  unary<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    options: { readonly traceId?: string } = {},
  ): Promise<Result<Response>> {
    return new Promise((resolve) => {
      const call = this.#client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        this.#metadata(options.traceId),
        // By the machine's own clock, which is the one the library compares it with.
        { deadline: Date.now() + this.#callMs },
        (fault, response) => {
          if (fault !== null) resolve(err(this.#errorOf(fault)));
          else if (response === undefined) resolve(err(this.#errorOf(noAnswer())));
          else resolve(ok(response));
        },
      );
      call.on("metadata", (metadata: Metadata) => this.#noteVersion(metadata));
    });
  }

  /** Ends when the peer ends or `signal` aborts; throws `ExchangeFault` otherwise. Stopping to read cancels the call. */
  serverStream<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    signal?: AbortSignal,
  ): AsyncGenerator<Response> {
    const call = this.#client.makeServerStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      this.#metadata(),
      NO_DEADLINE,
    );
    return this.#read(call, signal);
  }

  duplex<Request, Response>(
    method: Method<Request, Response>,
    requests: AsyncIterable<Request>,
  ): AsyncGenerator<Response> {
    const call = this.#client.makeBidiStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      this.#metadata(),
      NO_DEADLINE,
    );
    void pump(requests, call);
    return this.#read(call);
  }

  /** One pull: on a data connection of its own, or over gRPC to a peer that knows none. Errors as of `serverStream`. */
  async *pull(method: Method<PullControl, Frame>, controls: AsyncIterable<PullControl>): AsyncGenerator<Frame> {
    yield* (await this.#data.open(controls)) ?? this.duplex(method, controls);
  }

  /** The last attempt to connect failed and none has succeeded since. */
  get isFailing(): boolean {
    return this.#client.getChannel().getConnectivityState(false) === connectivityState.TRANSIENT_FAILURE;
  }

  /**
   * Ends the connection, with the streams on it, when its peer is no longer trusted. The next call makes a new one, whose
   * handshake then says why not. Source: trust.md §3, "closes live streams within a second".
   */
  recheck(isStillTrusted: (peer: Peer) => Result<true>): void {
    this.#data.recheck(isStillTrusted);
    if (this.#peer === undefined || isStillTrusted(this.#peer).ok) return;
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.#data.close();
    this.#client.close();
  }

  readonly #checkPeer: CheckChain = (chainDer) => {
    const checked = this.#deps.handshake.check(chainDer);
    if (checked.ok) this.#peer = checked.value;
    return checked;
  };

  #metadata(traceId?: string): Metadata {
    return callMetadata(this.#deps.listVersion(), traceId ?? currentTraceId(), this.#deps.runtime);
  }

  async *#read<Response>(call: ClientReadableStream<Response>, signal?: AbortSignal): AsyncGenerator<Response> {
    // The library reports the end of a cancelled call as an "error" after nobody listens any more.
    call.on("error", () => {});
    call.on("metadata", (metadata: Metadata) => this.#noteVersion(metadata));
    const cancel = () => call.cancel();
    signal?.addEventListener("abort", cancel);
    try {
      if (signal?.aborted) return;
      for await (const message of call) yield message as Response;
    } catch (fault) {
      if (signal?.aborted) return;
      throw isServiceError(fault) ? new ExchangeFault(this.#errorOf(fault)) : fault;
    } finally {
      signal?.removeEventListener("abort", cancel);
      call.cancel();
    }
  }

  #noteVersion(metadata: Metadata): void {
    const version = listVersionOf(metadata);
    if (version !== undefined) this.#deps.sawListVersion(this.region, version);
  }

  /** The peer's own refusal of a call stays; a call that found no connection says why there is none. */
  #errorOf(fault: ServiceError): ExchangeError {
    const error = errorOf(fault, this.region);
    if (error.code !== "PEER_UNAVAILABLE" || this.#failure === undefined) return error;
    const { reason, error: refusal } = this.#failure;
    const details = { ...error.details, reason: refusal?.code ?? reason };
    const { zh, en } = refusal?.text ?? { zh: reason, en: reason };
    const steps = `heliu peers check ${this.region}`;
    return {
      ...error,
      text: {
        zh: `连不上地区 ${this.region}:${zh}(${steps} 可查看是哪一步)`,
        en: `Region ${this.region} cannot be reached: ${en} (${steps} shows which step fails)`,
      },
      details,
    };
  }
}

const NO_DEADLINE: CallOptions = {};

function noAnswer(): ServiceError {
  return Object.assign(new Error("no answer"), { code: 13, details: "no answer", metadata: callMetadata(undefined) });
}

function isServiceError(fault: unknown): fault is ServiceError {
  return fault instanceof Error && "code" in fault && "metadata" in fault;
}

async function pump<Request>(
  requests: AsyncIterable<Request>,
  call: ClientDuplexStream<Request, unknown>,
): Promise<void> {
  const iterator = requests[Symbol.asyncIterator]();
  let closed = false;
  let wake = () => {};
  const over = () => {
    closed = true;
    wake();
    void iterator.return?.();
  };
  for (const event of ["error", "status", "close"]) call.on(event, over);
  call.on("drain", () => wake());
  try {
    for (;;) {
      const next = await iterator.next();
      if (closed) return;
      if (next.done) break;
      if (!call.write(next.value) && !closed) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
    call.end();
  } catch {
    // The controls come from our own transfer room; where they fail the stream must not look complete to the provider.
    call.cancel();
  }
}
