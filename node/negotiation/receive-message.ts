import type { Result } from "../kernel/exchange-error.ts";
import type { Answer, InboundMessage } from "../outbox/model.ts";
import type { NegotiationDeps } from "./deps.ts";
import { receiveAgreementEnd } from "./end-agreement.ts";
import { receiveAgreement, receiveFinalized, receiveVerification } from "./receive-agreement.ts";
import { receiveAccepted, receiveOffer } from "./receive-offer.ts";
import { receiveRequest } from "./receive-request.ts";
import { receiveTermination } from "./receive-termination.ts";
import { refuse } from "./refusal.ts";
import { receiveCosignature, receiveNotice, receivePartyRefusal } from "./third-region-answers.ts";
import { receiveInForce, receiveProposal } from "./witness-party.ts";

/** One commit inside each: inbox mark, decision, queued answer. What is illegal changes nothing. */
export async function receiveMessage(deps: NegotiationDeps, inbound: InboundMessage): Promise<Result<Answer>> {
  switch (inbound.kind) {
    case "ContractRequestMessage":
      return receiveRequest(deps, inbound);
    case "ContractOfferMessage":
      return receiveOffer(deps, inbound);
    case "ContractAgreementMessage":
      return receiveAgreement(deps, inbound);
    case "ContractAgreementVerificationMessage":
      return receiveVerification(deps, inbound);
    case "ContractNegotiationEventMessage":
      return isFinalized(inbound) ? receiveFinalized(deps, inbound) : receiveAccepted(deps, inbound);
    case "ContractNegotiationTerminationMessage":
      return receiveTermination(deps, inbound);
    case "HeliuNegotiationNotice":
      return receiveNotice(deps, inbound);
    case "HeliuAgreementProposal":
      return receiveProposal(deps, inbound);
    case "HeliuAgreementSignature":
      return receiveCosignature(deps, inbound);
    case "HeliuAgreementRefusal":
      return receivePartyRefusal(deps, inbound);
    case "HeliuAgreementInForce":
      return receiveInForce(deps, inbound);
    case "HeliuAgreementTermination":
      return receiveAgreementEnd(deps, inbound);
    default:
      return unknownKind(inbound.kind);
  }
}

/** The schema of either handler refuses any other event. */
function isFinalized({ body }: InboundMessage): boolean {
  return (body as { readonly eventType?: unknown } | null)?.eventType === "FINALIZED";
}

function unknownKind(kind: string): Result<never> {
  return refuse(
    "MESSAGE_UNKNOWN",
    {
      zh: `本节点不认识消息类型 ${kind.slice(0, 100)};请核对协议版本。`,
      en: `This node knows no message of the type ${kind.slice(0, 100)}; compare protocol versions.`,
    },
    { kind: kind.slice(0, 100) },
  );
}
