import type { Principal } from "../identity/model.ts";
import type { Result } from "../kernel/exchange-error.ts";
import type { TopicHandler } from "../outbox/model.ts";
import { acceptOffer } from "./accept-offer.ts";
import { approveNegotiation } from "./approve-negotiation.ts";
import { counterOffer } from "./counter-offer.ts";
import { noteDelivered, noteRefused } from "./delivery.ts";
import type { NegotiationDeps } from "./deps.ts";
import { expireAgreements, terminateAgreement } from "./end-agreement.ts";
import { rejectNegotiation, terminateNegotiation } from "./end-negotiation.ts";
import { findForPeer } from "./find-negotiation.ts";
import type { Agreement, Negotiation } from "./model.ts";
import {
  getAgreement,
  getAgreementForPeer,
  type ListAgreements,
  listAgreements,
  maskKeyOf,
} from "./read-agreements.ts";
import {
  getNegotiation,
  type ListNegotiations,
  listNegotiations,
  type Page,
  waitingNegotiations,
} from "./read-negotiations.ts";
import { receiveMessage } from "./receive-message.ts";
import { type NegotiationRequest, requestNegotiation } from "./request-negotiation.ts";
import type { TermsChange } from "./terms-input.ts";
import { refuseAgreement, signAgreement, waitingAgreements } from "./witness-party.ts";

type Refusal = { readonly code?: string | undefined; readonly comment: string };
type Said = string | undefined;
type Revision = number | undefined;

/** Agreements in the making and agreements made. `revision` is what the person saw (If-Match). */
export type Negotiations = {
  readonly request: (actor: Principal, request: NegotiationRequest) => Promise<Result<Negotiation>>;
  readonly counter: (
    actor: Principal,
    id: string,
    terms: TermsChange,
    comment?: Said,
    revision?: Revision,
  ) => Promise<Result<Negotiation>>;
  readonly accept: (actor: Principal, id: string, comment?: Said, revision?: Revision) => Promise<Result<Negotiation>>;
  readonly approve: (actor: Principal, id: string, comment?: Said, revision?: Revision) => Promise<Result<Negotiation>>;
  readonly reject: (actor: Principal, id: string, why: Refusal, revision?: Revision) => Promise<Result<Negotiation>>;
  readonly terminate: (actor: Principal, id: string, why: Refusal, revision?: Revision) => Promise<Result<Negotiation>>;
  readonly get: (actor: Principal, id: string) => Promise<Result<Negotiation>>;
  /** `reader`: whoever it is shown to; without one, for this node itself. */
  readonly list: (query: ListNegotiations, reader?: Principal) => Promise<Page<Negotiation>>;
  readonly timeline: (actor: Principal, id: string) => Promise<Result<Negotiation["timeline"]>>;
  readonly waiting: (principal: Principal) => Promise<Negotiation[]>;
  /** By this node's own pid; a pid of somebody else's negotiation is unknown. */
  readonly findForPeer: (peer: string, pid: string) => Promise<Result<Negotiation>>;

  readonly agreement: (id: string) => Promise<Result<Agreement>>;
  readonly agreements: (query: ListAgreements) => Promise<Page<Agreement>>;
  readonly agreementForPeer: (peer: string, id: string) => Promise<Result<Agreement>>;
  readonly terminateAgreement: (actor: Principal, id: string, comment: string) => Promise<Result<Agreement>>;
  /** For a third region that the terms pay: its approver's yes and no, and what waits for one. */
  readonly signAgreement: (actor: Principal, id: string) => Promise<Result<Agreement>>;
  readonly refuseAgreement: (actor: Principal, id: string, why: Refusal) => Promise<Result<Agreement>>;
  readonly waitingAgreements: (principal: Principal) => Promise<Agreement[]>;
  /** Makes ends by date durable, with evidence; reading shows them expired before that. Answers how many. */
  readonly expireAgreements: () => Promise<number>;
  /** The provider's key for `hash` masks under an agreement; undefined where this node is not its provider. */
  readonly maskKey: (agreementId: string) => Promise<Uint8Array | undefined>;

  readonly handler: TopicHandler;
};

export function createNegotiations(deps: NegotiationDeps): Negotiations {
  return {
    request: (actor, request) => requestNegotiation(deps, actor, request),
    counter: (actor, id, terms, comment, revision) => counterOffer(deps, { actor, id, terms, comment, revision }),
    accept: (actor, id, comment, revision) => acceptOffer(deps, { actor, id, comment, revision }),
    approve: (actor, id, comment, revision) => approveNegotiation(deps, { actor, id, comment, revision }),
    reject: (actor, id, why, revision) => rejectNegotiation(deps, { actor, id, ...why, revision }),
    terminate: (actor, id, why, revision) => terminateNegotiation(deps, { actor, id, ...why, revision }),
    get: (actor, id) => getNegotiation(deps, actor, id),
    list: (query, reader) => listNegotiations(deps, query, reader),
    timeline: async (actor, id) => {
      const found = await getNegotiation(deps, actor, id);
      return found.ok ? { ok: true, value: found.value.timeline } : found;
    },
    waiting: (principal) => waitingNegotiations(deps, principal),
    findForPeer: (peer, pid) => findForPeer(deps, peer, pid),

    agreement: (id) => getAgreement(deps, id),
    agreements: (query) => listAgreements(deps, query),
    agreementForPeer: (peer, id) => getAgreementForPeer(deps, peer, id),
    terminateAgreement: (actor, id, comment) => terminateAgreement(deps, actor, id, comment),
    signAgreement: (actor, id) => signAgreement(deps, actor, id),
    refuseAgreement: (actor, id, why) => refuseAgreement(deps, actor, id, why),
    waitingAgreements: (principal) => waitingAgreements(deps, principal),
    expireAgreements: () => expireAgreements(deps),
    maskKey: (agreementId) => maskKeyOf(deps, agreementId),

    handler: {
      receive: (message) => receiveMessage(deps, message),
      delivered: (message, answer) => noteDelivered(deps, message, answer),
      refused: (message, code, text) => noteRefused(deps, message, code, text),
    },
  };
}
