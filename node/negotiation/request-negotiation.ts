import type { CatalogEntry } from "../catalog/model.ts";
import { requireRole } from "../identity/authorise.ts";
import type { Principal } from "../identity/model.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { newUrn } from "../kernel/ids.ts";
import { chinaDateOf, chinaMidnight, instantOf, msOf } from "../kernel/instant.ts";
import type { Offer, Purpose } from "../policy/model.ts";
import { offerIdOf, offerOf, usualTerms } from "../policy/offer.ts";
import { commitAction } from "./commit-step.ts";
import type { NegotiationDeps } from "./deps.ts";
import { contractRequest } from "./messages.ts";
import type { Negotiation } from "./model.ts";
import { opened } from "./record.ts";
import { refuse, waitReason } from "./refusal.ts";
import { changedTerms, type TermsChange } from "./terms-input.ts";

export type NegotiationRequest = {
  readonly region: string;
  readonly entryId: string;
  readonly purposes: readonly Purpose[];
  readonly legalBasis?: string | undefined;
  readonly comment?: string | undefined;
  /** What differs from the published offer. */
  readonly terms?: TermsChange | undefined;
};

const YEAR_MS = 365 * 86_400_000;

/** A requester asks another region for an entry. */
export async function requestNegotiation(
  deps: NegotiationDeps,
  actor: Principal,
  request: NegotiationRequest,
): Promise<Result<Negotiation>> {
  const { runtime, region, trust, entries } = deps;
  const role = requireRole(actor, "requester");
  if (!role.ok) return role;
  if (request.region === region) return ownRegion();
  if (!trust.peers().some((peer) => peer.id === request.region)) return untrusted(request.region);
  const entry = await entries.mirrored(request.region, request.entryId);
  if (!entry.ok) return entry;

  const nowMs = runtime.nowMs();
  const offer = offerToAsk(entry.value, request.region, nowMs);
  const usual = usualTerms(offer, entry.value, request.purposes, nowMs);
  const basis = request.legalBasis === undefined ? {} : { legalBasis: request.legalBasis };
  const terms = changedTerms(usual, { ...basis, ...request.terms, purposes: [...request.purposes] }, entry.value);
  if (!terms.ok) return terms;

  const comment = request.comment ?? null;
  const id = newUrn(runtime);
  const place = { id, peer: request.region, agreementId: null };
  return commitAction(deps, place, ({ at }) => {
    const negotiation = opened({
      id,
      peerPid: null,
      role: "consumer",
      peer: request.region,
      binding: "grpc",
      callbackAddress: null,
      entry: entryOf(request.region, entry.value),
      offerId: offer.offerId,
      agreementId: null,
      terms: terms.value,
      at,
      actor: "requester",
      comment,
      requestedBy: actor.userId,
      reason: sentAndWaiting(request.region),
    });
    return ok({ negotiation, send: contractRequest(negotiation, comment, region) });
  });
}

/**
 * The published offer; or, where nothing is offered, the whole entry for a year. Whether something is shared is the
 * provider's to say, with its reason, and its answer is evidence at both ends; the mirror here may also be behind.
 */
function offerToAsk(entry: CatalogEntry, region: string, nowMs: number): Offer {
  const offer = offerOf(entry, region, nowMs);
  if (offer.ok) return offer.value;
  const from = chinaMidnight(chinaDateOf(nowMs));
  return {
    offerId: offerIdOf(region, entry.id, entry.version),
    terms: {
      purposes: [],
      legalBasis: null,
      fields: entry.fields.map((field) => field.name),
      rows: [],
      masks: {},
      limits: { maxRows: null, maxBytes: null, maxCallsPerMonth: null, rowsPerSecond: null },
      validFrom: from,
      validTo: instantOf(msOf(from) + YEAR_MS),
      channel: "heliu",
      price: null,
    },
  };
}

export function entryOf(region: string, { id, version, name }: CatalogEntry): Negotiation["entry"] {
  return { region, id, version: String(version), name };
}

/** Until the provider's node says more. */
export function sentAndWaiting(provider: string) {
  return waitReason(
    { code: "AWAITING_PEER", rule: "dsp.negotiation", region: provider, role: "node" },
    {
      zh: `已发送,等待地区 ${provider} 的节点答复;对方不在线时会自动重发。`,
      en: `Sent; waiting for the node of region ${provider}. It is sent again while that node is away.`,
    },
  );
}

function ownRegion(): Result<never> {
  return refuse("OWN_REGION", {
    zh: "本地区的条目无须跨区域协商;请按本地区的共享流程申请。",
    en: "An entry of your own region needs no negotiation between regions; use your region's own procedure.",
  });
}

function untrusted(region: string): Result<never> {
  return refuse(
    "PEER_UNTRUSTED",
    {
      zh: `地区 ${region} 不在现行信任列表中或已暂停;请联系管理员核对信任列表。`,
      en: `Region ${region} is not active in the trust list in force; ask an administrator to check the list.`,
    },
    { region },
  );
}
