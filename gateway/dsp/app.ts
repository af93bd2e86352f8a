import type { HttpBindings } from "@hono/node-server";
import { type Context, Hono } from "hono";
import type { Peer } from "../../node/identity/model.ts";
import { ok, type Result } from "../../node/kernel/exchange-error.ts";
import { newTraceId, traceIdOfParent, withTraceId } from "../../node/kernel/trace.ts";
import { regionUrn } from "../../node/negotiation/messages.ts";
import { catalogRoutes } from "./catalog.ts";
import type { DspDeps } from "./deps.ts";
import { negotiationError, refuse } from "./error.ts";
import { negotiationRoutes } from "./negotiations.ts";

type NodeDeps = Omit<DspDeps, "region"> & { readonly config: { readonly region: { readonly id: string } } };

const BASE = "/dsp/2025-1";

/** The Dataspace Protocol 2025-1 over HTTPS, provider side. Served behind mutual TLS: the caller is the channel's peer. */
export function createDspApp(node: NodeDeps): Hono {
  const deps: DspDeps = { ...node, region: node.config.region.id };
  const { logger, region, runtime, trust } = deps;
  const app = new Hono();

  const callerOf = (c: Context, capability: string): Result<Peer> => {
    const socket = (c.env as Partial<HttpBindings> | undefined)?.incoming?.socket;
    const peer = socket === undefined ? undefined : deps.peerOf(socket);
    if (peer === undefined) return noChannel();
    // The list in force now, not the one of the handshake: a suspended region is out at once.
    const listed = trust.region(peer.region);
    return listed?.status === "active" && listed.capabilities.includes(capability) ? ok(peer) : notAllowed();
  };

  app.use("*", (c, next) => withTraceId(traceIdOfParent(c.req.header("traceparent")) ?? newTraceId(runtime), next));
  app.get("/.well-known/dspace-version", (c) =>
    c.json({
      protocolVersions: [
        {
          version: "2025-1",
          path: BASE,
          binding: "HTTPS",
          serviceId: `urn:heliu:node:${region}`,
          identifierType: "urn:heliu:region",
        },
      ],
    }),
  );
  catalogRoutes(app, BASE, deps, callerOf);
  negotiationRoutes(app, BASE, deps, callerOf);
  const pids = () => ({ providerPid: regionUrn(region), consumerPid: regionUrn(region) });
  app.notFound((c) => negotiationError(c, unknownPath().error, pids()));
  app.onError((fault, c) => {
    logger.error({ err: fault, path: c.req.path, nowMs: runtime.nowMs() }, "unexpected fault in the DSP binding");
    // Ours, so it may heal; and nothing of what it was is told.
    return negotiationError(c, { kind: "unavailable", code: "INTERNAL", text: INTERNAL }, pids());
  });
  return app;
}

const INTERNAL = { zh: "本节点暂时无法处理;请稍后重试。", en: "This node cannot handle it just now; try again later." };

function noChannel(): Result<never> {
  return refuse("identity.no_channel", {
    zh: "此连接没有已核验的身份;请用信任列表登记的证书建立双向 TLS 连接。",
    en: "This connection has no verified identity; connect with a certificate of a region of the trust list.",
  });
}

function notAllowed(): Result<never> {
  return refuse("authz.capability", {
    zh: "信任列表未授予贵地区使用该接口的资格。",
    en: "The trust list does not allow your region to use this interface.",
  });
}

function unknownPath() {
  return refuse("DSP_UNKNOWN", {
    zh: "没有该地址;请从版本文档给出的路径开始。",
    en: "There is no such address; start from the path in the version document.",
  });
}
