import type { Context, Hono } from "hono";
import type { Peer } from "../../node/identity/model.ts";
import type { Canonical } from "../../node/kernel/canonical-json.ts";
import { sha256Hex } from "../../node/kernel/digest.ts";
import type { ExchangeError, Result } from "../../node/kernel/exchange-error.ts";
import { newUlid, newUrn } from "../../node/kernel/ids.ts";
import { newTraceId } from "../../node/kernel/trace.ts";
import { pidsOf } from "../../node/negotiation/messages.ts";
import type { InboundMessage } from "../../node/outbox/model.ts";
import { checkCallback } from "./callback.ts";
import type { DspDeps } from "./deps.ts";
import { CONTEXT, negotiationError, refuse } from "./error.ts";
import { type DspBody, readMessage } from "./message-body.ts";

type CallerOf = (c: Context, capability: "negotiation") => Result<Peer>;

/** Messages to a negotiation in which this node is the provider, by the last part of their path. Source: dsp.md §1.2. */
const PROVIDER_MESSAGES = [
  ["request", "ContractRequestMessage"],
  ["events", "ContractNegotiationEventMessage"],
  ["agreement/verification", "ContractAgreementVerificationMessage"],
  ["termination", "ContractNegotiationTerminationMessage"],
] as const;
/** Those only a consumer takes; this binding's node is never one, so they are of the wrong role. */
const CONSUMER_MESSAGES = ["offers", "agreement"] as const;

export function negotiationRoutes(app: Hono, base: string, deps: DspDeps, callerOf: CallerOf): void {
  const { runtime, negotiations } = deps;
  const failed = (c: Context, error: ExchangeError, body?: DspBody) =>
    negotiationError(c, error, {
      providerPid: c.req.param("pid") ?? newUrn(runtime),
      consumerPid: typeof body?.consumerPid === "string" ? body.consumerPid.slice(0, 256) : newUrn(runtime),
    });

  app.post(`${base}/negotiations/request`, async (c) => {
    const caller = callerOf(c, "negotiation");
    if (!caller.ok) return failed(c, caller.error);
    const body = await readMessage(c, "ContractRequestMessage");
    if (!body.ok) return failed(c, body.error);
    const { callbackAddress, providerPid } = body.value;
    if (providerPid !== undefined) return failed(c, notInitial().error, body.value);
    const callback = checkCallback(deps.trust, caller.value.region, String(callbackAddress ?? ""));
    if (!callback.ok) return failed(c, callback.error, body.value);
    const answer = await deps.outbox.receive(inboundOf(deps, caller.value, "ContractRequestMessage", body.value));
    if (!answer.ok) return failed(c, answer.error, body.value);
    // The protocol's answer is REQUESTED, whatever the policy has decided in the same commit; our next message says that.
    return c.json(processOf(answer.value, "REQUESTED"), 201);
  });

  app.get(`${base}/negotiations/:pid`, async (c) => {
    const caller = callerOf(c, "negotiation");
    if (!caller.ok) return failed(c, caller.error);
    const found = await negotiations.findForPeer(caller.value.region, c.req.param("pid"));
    if (!found.ok) return failed(c, found.error);
    return c.json(processOf({ ...pidsOf(found.value), state: found.value.state }));
  });

  for (const [path, kind] of PROVIDER_MESSAGES) {
    app.post(`${base}/negotiations/:pid/${path}`, async (c) => {
      const caller = callerOf(c, "negotiation");
      if (!caller.ok) return failed(c, caller.error);
      const pid = c.req.param("pid");
      const body = await readMessage(c, kind);
      if (!body.ok) return failed(c, body.error);
      const found = await negotiations.findForPeer(caller.value.region, pid);
      if (!found.ok) return failed(c, found.error, body.value);
      if (body.value.providerPid !== pid) return failed(c, otherPid().error, body.value);
      const answer = await deps.outbox.receive(inboundOf(deps, caller.value, kind, body.value, pid));
      return answer.ok ? c.json(processOf(answer.value)) : failed(c, answer.error, body.value);
    });
  }

  for (const path of CONSUMER_MESSAGES) {
    app.post(`${base}/negotiations/:pid/${path}`, async (c) => {
      const caller = callerOf(c, "negotiation");
      if (!caller.ok) return failed(c, caller.error);
      const found = await negotiations.findForPeer(caller.value.region, c.req.param("pid"));
      return failed(c, found.ok ? wrongRole().error : found.error);
    });
  }
}

/**
 * The protocol has no delivery id; connectors write one as root `@id` and repeat it when they repeat the message. Without
 * it a message is never a duplicate, but for the creating request, which its pid makes single. Source: dsp.md §2.4.
 */
function inboundOf({ runtime }: DspDeps, { region }: Peer, kind: string, body: DspBody, pid = ""): InboundMessage {
  const root = body["@id"];
  const id = typeof root === "string" ? `dsp:${sha256Hex(JSON.stringify([pid, kind, root]))}` : newUlid(runtime);
  return { id, peer: region, binding: "dsp", topic: "negotiation", kind, body, traceId: newTraceId(runtime) };
}

/** The process object of the protocol and nothing else: reasons are for regions, not for a connector's schema. */
function processOf(answer: Canonical, state?: string): object {
  const { providerPid, consumerPid, state: present } = answer as DspBody;
  return { "@context": [CONTEXT], "@type": "ContractNegotiation", providerPid, consumerPid, state: state ?? present };
}

function notInitial() {
  return refuse("DSP_BODY_MALFORMED", {
    zh: "首次申请不得带 providerPid;再次申请请发往该协商自己的地址。",
    en: "An initial request carries no providerPid; a further one goes to the negotiation's own address.",
  });
}

function otherPid() {
  return refuse("DSP_BODY_MALFORMED", {
    zh: "消息体中的 providerPid 与地址中的不同。",
    en: "The providerPid of the body is not that of the address.",
  });
}

function wrongRole() {
  return refuse("DSP_ROLE", {
    zh: "本节点在该协商中是提供方,不接受发给需求方的消息。",
    en: "This node is the provider of the negotiation and takes no message meant for a consumer.",
  });
}
