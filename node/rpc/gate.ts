import type { Metadata } from "@grpc/grpc-js";
import type { Peer, TrustView } from "../identity/model.ts";
import { type Failure, ok, type Result, refusals } from "../kernel/exchange-error.ts";
import { msOf } from "../kernel/instant.ts";
import type { Logger } from "../kernel/logger.ts";
import type { Metrics } from "../kernel/metrics.ts";
import type { Runtime } from "../kernel/runtime.ts";
import { callMetadata, listVersionOf, traceIdOf } from "./call-metadata.ts";

/** Services a region may be allowed to use, as its entry in the trust list names them. Trust itself needs none. */
export type Capability = "catalog" | "negotiation" | "transfer" | "settlement" | "audit";

/** Who calls and on whose trace; never taken from a message. */
export type CallContext = { readonly peer: Peer; readonly traceId: string };

export type IncomingCall = { getPeer(): string; readonly metadata: Metadata; sendMetadata(metadata: Metadata): void };

/** What every handler passes before it looks at its request. */
export type Gate = {
  readonly admit: (
    call: IncomingCall,
    capability: Capability | null,
    isStream: boolean,
  ) => Promise<Result<CallContext>>;
  readonly reportBug: (fault: unknown, method: string) => void;
  readonly observe: (method: string, code: string, startedMs: number) => void;
  readonly nowMs: () => number;
};

export type GateDeps = {
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly trust: TrustView;
  /** The peer of an accepted connection by `address:port`; undefined once it is closed. */
  readonly peerAt: (connection: string) => Peer | undefined;
  /** Fetches the trust list of a region that shows a higher version than ours; ok once ours is as high. */
  readonly follow: (region: string, version: bigint) => Promise<Result<unknown>>;
};

const refuse = refusals({
  "identity.no_channel": "unauthenticated",
  "authz.capability": "forbidden",
  "trust.expired": "unavailable",
});

export function createGate(deps: GateDeps): Gate {
  const { runtime, logger, metrics, trust } = deps;
  return {
    async admit(call, capability, isStream) {
      const peer = deps.peerAt(call.getPeer());
      if (peer === undefined) return noChannel();
      const allowed = checkList(deps, peer, capability);
      if (!allowed.ok) return allowed;
      const ours = trust.current()?.list.version;
      call.sendMetadata(callMetadata(ours));
      const theirs = listVersionOf(call.metadata);
      if (theirs !== undefined && theirs > BigInt(ours ?? "0")) {
        const followed = deps.follow(peer.region, theirs);
        // A short call may finish under the old list; a stream would live on under it.
        if (isStream) {
          const result = await followed;
          if (!result.ok) return result;
          if (deps.peerAt(call.getPeer()) === undefined) return noChannel();
          const still = checkList(deps, peer, capability);
          if (!still.ok) return still;
        }
      }
      return ok({ peer, traceId: traceIdOf(call.metadata, runtime) });
    },
    reportBug: (fault, method) => logger.error({ fault, method }, "unexpected fault in a call of a peer"),
    observe: (method, code, startedMs) =>
      metrics.observe("rpc_server_seconds", (runtime.nowMs() - startedMs) / 1_000, { method, code }),
    nowMs: runtime.nowMs,
  };
}

/** Connections are checked again when the list changes; that it runs out changes nothing, so it is looked at here. */
function checkList({ trust, runtime }: GateDeps, peer: Peer, capability: Capability | null): Result<true> {
  if (capability === null) return ok(true);
  const list = trust.current()?.list;
  if (list === undefined || runtime.nowMs() >= msOf(list.expiresAt)) return listExpired(list?.expiresAt ?? "-");
  if (!trust.region(peer.region)?.capabilities.includes(capability)) return notAllowed(peer.region, capability);
  return ok(true);
}

function listExpired(expiresAt: string): Failure {
  return refuse(
    "trust.expired",
    {
      zh: `信任列表已于 ${expiresAt} 过期,不再受理新的调用;请发起地区签署并发布新版本。`,
      en: `The trust list expired at ${expiresAt}, so no new call is taken; the founding regions have to sign and publish a new version.`,
    },
    { expiresAt },
  );
}

function noChannel(): Failure {
  return refuse("identity.no_channel", {
    zh: "此连接没有已核验的身份(可能刚被关闭);请重新连接。",
    en: "This connection has no verified identity (it may just have been closed); connect again.",
  });
}

function notAllowed(region: string, capability: Capability): Failure {
  return refuse(
    "authz.capability",
    {
      zh: `信任列表没有授予地区 ${region} 使用 ${capability} 的权限;请由发起地区更新信任列表。`,
      en: `The trust list does not grant region ${region} the use of ${capability}; the founding regions have to update it.`,
    },
    { region, capability },
  );
}
