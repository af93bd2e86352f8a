import type { Agreement, NegotiationState } from "../../../node/negotiation/model.ts";
import type { TransferState } from "../../../node/transfer/model.ts";
import type { View } from "../view.ts";

const NEGOTIATION_TONES: { readonly [S in NegotiationState]: string } = {
  REQUESTED: "warn",
  OFFERED: "warn",
  ACCEPTED: "warn",
  AGREED: "warn",
  VERIFIED: "info",
  FINALIZED: "good",
  TERMINATED: "bad",
};

const TRANSFER_TONES: { readonly [S in TransferState]: string } = {
  REQUESTED: "info",
  STARTED: "info",
  SUSPENDED: "warn",
  COMPLETED: "good",
  TERMINATED: "bad",
};

type Props<S> = { view: View; state: S; isBig?: boolean };

export function NegotiationBadge({ view, state, isBig = false }: Props<NegotiationState>) {
  return (
    <span class={`marker ${isBig ? "big" : ""} ${NEGOTIATION_TONES[state]}`}>{view.t.negotiationStates[state]}</span>
  );
}

export function TransferBadge({ view, state, isBig = false }: Props<TransferState>) {
  return <span class={`marker ${isBig ? "big" : ""} ${TRANSFER_TONES[state]}`}>{view.t.transferStates[state]}</span>;
}

const AGREEMENT_TONES: { readonly [S in Agreement["status"]]: string } = {
  pending: "warn",
  "in-force": "good",
  superseded: "",
  suspended: "warn",
  terminated: "bad",
  expired: "",
};

export function AgreementBadge({
  view,
  status,
  isBig = false,
}: {
  view: View;
  status: Agreement["status"];
  isBig?: boolean;
}) {
  return (
    <span class={`marker ${isBig ? "big" : ""} ${AGREEMENT_TONES[status]}`}>{view.t.agreementStates[status]}</span>
  );
}
