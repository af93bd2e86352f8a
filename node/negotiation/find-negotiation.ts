import { ok, type Result } from "../kernel/exchange-error.ts";
import type { InboundMessage } from "../outbox/model.ts";
import { read } from "../storage/transact.ts";
import type { NegotiationDeps } from "./deps.ts";
import type { Negotiation } from "./model.ts";
import { refuse, unknownNegotiation } from "./refusal.ts";
import { negotiations, negotiationsByPeer } from "./store.ts";

/** By this node's own pid. A negotiation with somebody else is as unknown as one that never was. */
export async function findForPeer(
  { store }: Pick<NegotiationDeps, "store">,
  peer: string,
  pid: string,
): Promise<Result<Negotiation>> {
  const found = await read(store, negotiations.at(pid));
  return found === undefined || found.peer !== peer ? unknownNegotiation() : ok(found);
}

type Pids = { readonly providerPid?: string | undefined; readonly consumerPid: string };

/** The negotiation a message is about: ours by its pid, the peer's by who sent it, and both pids as they were exchanged. */
export async function findForMessage(
  deps: Pick<NegotiationDeps, "store">,
  { peer }: Pick<InboundMessage, "peer">,
  pids: Pids,
  role: "consumer" | "provider" | "either",
): Promise<Result<Negotiation>> {
  for (const own of [pids.providerPid, pids.consumerPid]) {
    const found = own === undefined ? undefined : await findForPeer(deps, peer, own);
    if (!found?.ok) continue;
    return role === "either" || found.value.role === role ? withMatchingPids(found.value, pids) : otherRole(role);
  }
  if (role === "consumer" || pids.providerPid !== undefined) return unknownNegotiation();
  // A consumer that ends a negotiation before it has learnt our pid names only its own.
  const id = await read(deps.store, negotiationsByPeer.at(peer, pids.consumerPid));
  return id === undefined ? unknownNegotiation() : findForPeer(deps, peer, id);
}

function otherRole(role: string): Result<never> {
  return refuse("ILLEGAL_TRANSITION", {
    zh: `该消息只能发给协商中的 ${role} 一方,而本节点是另一方。`,
    en: `The message is for the ${role} of a negotiation, and this node is the other side.`,
  });
}

function withMatchingPids(found: Negotiation, { providerPid, consumerPid }: Pids): Result<Negotiation> {
  const [own, theirs] = found.role === "provider" ? [providerPid, consumerPid] : [consumerPid, providerPid];
  if (own !== found.id || (found.peerPid !== null && theirs !== undefined && theirs !== found.peerPid)) {
    return refuse("MESSAGE_PIDS", {
      zh: "消息中的一对进程编号与本节点记录的不符;请对方核对后重新发送。",
      en: "The two process ids of the message are not the pair recorded here; check them and send again.",
    });
  }
  // The consumer learns the provider's pid from the first message that carries it.
  return ok(found.peerPid === null && theirs !== undefined ? { ...found, peerPid: theirs } : found);
}

/** The same learning inside a commit, on the record as the commit found it. */
export function learnPid(found: Negotiation, peerPid: string): Negotiation {
  return found.peerPid === null ? { ...found, peerPid } : found;
}

/** For a person of this node, who may see all of its negotiations. */
export async function findOwn({ store }: Pick<NegotiationDeps, "store">, id: string): Promise<Result<Negotiation>> {
  const found = await read(store, negotiations.at(id));
  return found === undefined ? unknownNegotiation() : ok(found);
}
